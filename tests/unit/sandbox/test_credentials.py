"""Who may send, as far as requests do not show it."""

from __future__ import annotations

import pytest

from plexsend.sandbox.credentials import Credentials, parse_accounts


def test_accounts_of_a_command_line() -> None:
    assert parse_accounts(["a;1", "b;2"]) == {"a": "1", "b": "2"}
    assert parse_accounts([]) is None


def test_malformed_account_is_named_by_its_place_and_not_shown() -> None:
    with pytest.raises(ValueError) as caught:
        parse_accounts(["a;1", "hush"])
    assert "account 2" in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("account", "secret"), [("a b", "x"), ("a;b", None), ("a", "x;y"), ("", "x"), ("a", "")]
)
def test_credentials_that_no_header_could_carry_are_refused(account: str, secret: str | None) -> None:
    with pytest.raises(ValueError):
        Credentials(None).set(account, secret)


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(Credentials({"a": "hush"}))
    assert Credentials({"b": "hush", "a": "hush"}).list_accounts() == ["a", "b"]


def test_first_credentials_close_an_open_door() -> None:
    credentials = Credentials(None)
    assert credentials.judge("b;x") is None
    credentials.set("a", "x")
    assert credentials.judge("b;x") == "C401_3"
    assert credentials.judge("a;x") is None
