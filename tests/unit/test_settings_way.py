"""PLEXSEND_PROXY_URL, PLEXSEND_CA_FILE and PLEXSEND_IDLE_S, and the environment's own that are not used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.errors import SettingsError
from plexsend.gateway.environment import read_settings
from plexsend.settings.foreign import unused
from plexsend.settings.origins import ignored
from plexsend.settings.proxy_urls import proxy_address

if TYPE_CHECKING:
    from pathlib import Path

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("text", "url", "shown"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128", "http://proxy.example:3128"),
        ("HTTP://Proxy.example/", "http://proxy.example", "http://proxy.example"),
        ("https://kim:p%40ss@[::1]:8443", "https://kim:p%40ss@[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_a_proxy_is_shown_without_its_login(text: str, url: str, shown: str) -> None:
    found = proxy_address("PLEXSEND_PROXY_URL", text)
    assert (found.url, str(found)) == (url, shown)
    assert "kim" not in repr(found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("proxy.example:3128", "known scheme"),
        ("socks5://proxy.example:1080", "known scheme"),
        ("http://proxy.example:3128/path", "goes on after the host"),
        ("http://proxy.example:3128?x=1", "goes on after the host"),
        ("http://a.example,b.example", "exactly one host"),
        ("http://kim@proxy.example", "without the other"),
        ("http://:pw9@proxy.example", "without the other"),
        ("http://kim:%ED%95%9C@proxy.example", "not ASCII"),
    ],
)
def test_what_is_no_proxy_is_refused_without_repeating_it(text: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        proxy_address("PLEXSEND_PROXY_URL", text)
    assert reason in str(caught.value)
    assert "pw9" not in str(caught.value)


def test_they_are_settings_that_may_be_left_out(tmp_path: Path) -> None:
    found = read_settings({})
    assert (found.proxy, found.ca_file, found.idle_s) == (None, None, 20.0)
    file, url = tmp_path / "ca.pem", tmp_path / "proxy.url"
    file.write_text(PEM, "utf-8")
    url.write_text("http://kim:pw9@proxy.example:3128\n", "utf-8")
    found = read_settings(
        {
            "PLEXSEND_PROXY_URL_FILE": str(url),
            "PLEXSEND_CA_FILE": str(file),
            "PLEXSEND_IDLE_S": "4.5",
        }
    )
    assert (str(found.proxy), found.ca_file, found.idle_s) == (
        "http://proxy.example:3128",
        str(file),
        4.5,
    )
    assert "pw9" not in repr(found)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "does not name a file"), (b"0\x82\x03", "without a certificate in PEM")]
)
def test_a_file_without_authorities_is_refused(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=reason):
        read_settings({"PLEXSEND_CA_FILE": str(file)})


@pytest.mark.parametrize("idle", ["0", "301", "soon"])
def test_rest_that_makes_no_sense_is_refused(idle: str) -> None:
    with pytest.raises(SettingsError, match="PLEXSEND_IDLE_S"):
        read_settings({"PLEXSEND_IDLE_S": idle})


def test_variables_of_other_programs_are_named_with_the_setting_to_use() -> None:
    environ = {"HTTPS_PROXY": "http://proxy.example:3128", "SSL_CERT_FILE": "/ca.pem", "http_proxy": ""}
    assert {problem.field: problem.remedy.split(",")[0] for problem in unused(environ)} == {
        "HTTPS_PROXY": "Set PLEXSEND_PROXY_URL",
        "SSL_CERT_FILE": "Set PLEXSEND_CA_FILE",
    }
    assert [problem.field for problem in ignored(environ)] == ["HTTPS_PROXY", "SSL_CERT_FILE"]


@pytest.mark.parametrize("own", ["PLEXSEND_PROXY_URL", "PLEXSEND_PROXY_URL_FILE"])
def test_they_are_not_doubtful_where_our_own_is_set(own: str) -> None:
    assert unused({own: "x", "HTTPS_PROXY": "y", "all_proxy": "z"}) == []
