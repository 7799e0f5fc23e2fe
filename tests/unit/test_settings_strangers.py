"""What containers put into the environment: service links, and quotes that no shell took away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.errors import Problem, SettingsError
from plexsend.gateway.environment import read_settings
from plexsend.settings import VARIABLES
from plexsend.settings.origins import Source, origins
from plexsend.settings.service_links import is_service_link

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "user;s3cr3t-of-nobody"


def links(service: str, host: str = "10.96.7.1", port: int = 6379, scheme: str = "tcp") -> dict[str, str]:
    """Return the variables that Kubernetes makes of a service."""
    word = service.upper().replace("-", "_")
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    url = f"{scheme}://{place}"
    at = f"{word}_PORT_{port}_{scheme.upper()}"
    return {
        f"{word}_SERVICE_HOST": host,
        f"{word}_SERVICE_PORT": str(port),
        f"{word}_SERVICE_PORT_CLIENT": str(port),
        f"{word}_PORT": url,
        at: url,
        f"{at}_PROTO": scheme,
        f"{at}_PORT": str(port),
        f"{at}_ADDR": host,
    }


@pytest.mark.parametrize(
    "found",
    [
        links("plexsend-redis"),
        links("plexsend"),
        links("plexsend-account-main"),
        links("plexsend-account-redis", "fd00::7:1"),
        links("plexsend-mms-url", scheme="udp"),
    ],
)
def test_service_links_are_neither_warned_of_nor_read_as_accounts(found: dict[str, str]) -> None:
    settings = read_settings(found)
    assert (settings.warnings, dict(settings.accounts)) == ((), {})
    assert {origin.source for origin in origins(list(settings.services), found)} == {Source.DEFAULT}


@pytest.mark.parametrize("variable", ["X_PORT", "X_SERVICE_HOST", "X_PORT_80_TCP", "X_PORT_80_TCP_PROTO"])
def test_account_that_is_named_like_a_service_link_is_read(variable: str) -> None:
    settings = read_settings({f"PLEXSEND_ACCOUNT_{variable}": SECRET})
    assert [account.source for account in settings.accounts.values()] == [f"PLEXSEND_ACCOUNT_{variable}"]


def test_misspelt_setting_beside_a_link_is_still_warned_of() -> None:
    found = links("plexsend-redis") | {"PLEXSEND_REDIS_PORTS": "6379"}
    assert [problem.field for problem in read_settings(found).warnings] == ["PLEXSEND_REDIS_PORTS"]


@pytest.mark.parametrize("value", ["6379", "tcp://10.1.2.3:6379", "10.1.2.3", "tcp"])
def test_no_setting_is_taken_for_a_service_link(value: str) -> None:
    assert not any(is_service_link(variable.name, value) for variable in VARIABLES)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PLEXSEND_ACCOUNT_MAIN", f'"{SECRET}"'),
        ("PLEXSEND_ACCOUNT_MAIN", f"'{SECRET}'"),
        ("PLEXSEND_ACCOUNT_MAIN", f'  "{SECRET}"  '),
        ("PLEXSEND_ACCOUNT_MAIN", 'user;"s3cr3t"'),
        ("PLEXSEND_ACCOUNT_MAIN", "'user';s3cr3t"),
        ("PLEXSEND_REDIS_URL", '"redis://127.0.0.1/0"'),
        ("PLEXSEND_NUMBER_KEY", f'"{"k" * 40}"'),
        ("PLEXSEND_RATE", '"20"'),
        ("PLEXSEND_RATE_MMS_BULK", "'20'"),
        ("PLEXSEND_ACCOUNT_MAIN_FILE", '"/run/secrets/main"'),
        ("PLEXSEND_MMS_URL", "'https://h.example'"),
    ],
)
def test_quotes_around_a_value_are_refused_by_name(variable: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({variable: text})
    (problem,) = caught.value.problems
    assert problem == Problem(
        variable,
        "is in quotes, which are part of the value here",
        "Write it without them (Docker's --env-file keeps quotes).",
    )


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PLEXSEND_ACCOUNT_MAIN_FILE", f'"{SECRET}"\n'),
        ("PLEXSEND_REDIS_URL_FILE", "'redis://127.0.0.1/0'"),
        ("PLEXSEND_NUMBER_KEY_FILE", f'"{"k" * 40}"'),
    ],
)
def test_quotes_in_a_secrets_file_are_refused_by_name(variable: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_settings({variable: str(file)})
    assert [problem.reason for problem in caught.value.problems] == [
        "is in quotes, which are part of the value here"
    ]


def test_quote_inside_a_secret_is_part_of_it() -> None:
    settings = read_settings({"PLEXSEND_ACCOUNT_MAIN": 'us"er;\'sec"ret'})
    assert settings.accounts["main"].read_credentials().header == 'us"er;\'sec"ret'
