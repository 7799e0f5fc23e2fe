"""Settings of receipts: the secrets of their paths, who may post them, which proxies are believed."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from plexsend import settings
from plexsend.errors import Problem, SettingsError
from plexsend.settings.networks import read_address

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.settings import Settings

FIRST, SECOND = "first-secret_0123456789", "second-secret_012345678"


def read(**given: str) -> Settings:
    environ = {f"PLEXSEND_{name}": text for name, text in given.items()}
    return settings.read(services={"mms-bulk": "mms"}, default_urls={}, environ=environ)


def problem(**given: str) -> Problem:
    with pytest.raises(SettingsError) as caught:
        read(**given)
    (found,) = caught.value.problems
    return found


def test_secrets_belong_to_the_account_that_the_variable_names() -> None:
    found = read(RECEIPT_SECRET_MAIN=FIRST, RECEIPT_SECRET_MY_SHOP=f"{FIRST}, {SECOND}").receipt_secrets
    assert {name: each.read() for name, each in found.items()} == {
        "main": (FIRST,),
        "my-shop": (FIRST, SECOND),
    }


def test_no_secret_is_needed_where_no_receipts_are_taken() -> None:
    found = read()
    assert (dict(found.receipt_secrets), found.receipt_allow, found.trusted_proxies) == ({}, None, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("short-secret", "the secret has 12 characters, fewer than 16: it could be guessed"),
        ("x" * 129, "the secret has 129 characters, more than 128"),
        (f"{FIRST},short", "secret 2 of 2 has 5 characters, fewer than 16: it could be guessed"),
        ("with/a slash/0123456789", "the secret has characters that a path would change"),
        ("비밀비밀비밀비밀비밀비밀비밀비밀", "the secret has characters that a path would change"),
        (",,", "holds no secret"),
        (",".join(f"{FIRST}{n}" for n in range(9)), "holds more than 8 secrets"),
    ],
)
def test_secret_that_protects_nothing_is_refused_at_the_start_and_not_repeated(
    text: str, reason: str
) -> None:
    found = problem(RECEIPT_SECRET_MAIN=text)
    assert (found.field, found.reason) == ("PLEXSEND_RECEIPT_SECRET_MAIN", reason)
    assert found.remedy
    assert text not in str(found)


def test_file_has_a_secret_a_line_and_is_read_again_once_it_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text(f"{FIRST}\n{SECOND}\n", "utf-8")
    found = read(RECEIPT_SECRET_MAIN_FILE=str(file)).receipt_secrets["main"]
    before = found.version()
    assert (found.read(), found.version()) == ((FIRST, SECOND), before)
    file.write_text(f"{SECOND}\n", "utf-8")
    assert found.version() != before
    assert found.read() == (SECOND,)
    file.unlink()
    assert found.version() == (-1,)
    with pytest.raises(SettingsError, match="PLEXSEND_RECEIPT_SECRET_MAIN_FILE: names a file that does not"):
        found.read()


def test_file_with_a_short_secret_is_refused_by_the_name_of_its_variable(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text(f"{FIRST}\nshort\n", "utf-8")
    found = problem(RECEIPT_SECRET_MAIN_FILE=str(file))
    assert (found.field, found.reason[:13]) == ("PLEXSEND_RECEIPT_SECRET_MAIN_FILE", "secret 2 of 2")


def test_secret_is_given_once() -> None:
    found = problem(RECEIPT_SECRET_MAIN=FIRST, RECEIPT_SECRET_MAIN_FILE="/nowhere")
    assert found.reason == "is set, and PLEXSEND_RECEIPT_SECRET_MAIN_FILE too"


@pytest.mark.parametrize("name", ["FILE", "", "Main", "MMS_BULK"])
def test_variable_must_name_an_account(name: str) -> None:
    assert "account" in problem(**{f"RECEIPT_SECRET_{name}": FIRST}).reason


def test_secrets_are_not_shown() -> None:
    found = read(RECEIPT_SECRET_MAIN=FIRST)
    assert FIRST not in repr(found) + str(found.receipt_secrets["main"])


def test_addresses_and_networks_of_both_kinds() -> None:
    found = read(RECEIPT_ALLOW="43.202.205.42, 10.0.0.0/8,2001:db8::/32").receipt_allow
    assert found is not None
    inside = ["43.202.205.42", "10.255.0.1", "2001:db8::7"]
    outside = ["43.202.205.43", "11.0.0.1", "2001:db9::7", "::1"]
    assert [text for text in [*inside, *outside] if ip_address(text) in found] == inside
    assert str(found) == "43.202.205.42, 10.0.0.0/8, 2001:db8::/32"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("gateway.example", "entry 1 is not an address or a network"),
        ("10.0.0.1,,10.0.0.2", "entry 2 is not an address or a network"),
        ("10.0.0.1, 10.1.2.3/8", "entry 2 is a network with bits of a host in it"),
        ("10.0.0.0/33", "entry 1 is not an address or a network"),
        (",".join(["10.0.0.1"] * 101), "has more than 100 entries"),
    ],
)
def test_what_is_not_an_address_is_named_by_its_place(text: str, reason: str) -> None:
    for name in ("RECEIPT_ALLOW", "TRUSTED_PROXIES"):
        found = problem(**{name: text})
        assert found.reason.startswith(reason)
        assert "gateway" not in str(found)


def test_address_of_a_socket_for_both_kinds_is_the_one_of_its_kind() -> None:
    assert read_address("::ffff:192.0.2.7") == ip_address("192.0.2.7")
    assert read_address("192.0.2.7:8080") is None
