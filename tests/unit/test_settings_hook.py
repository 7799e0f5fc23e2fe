"""PLEXSEND_NOTIFY_URL: https or this machine itself, and shown without its token."""

from __future__ import annotations

import pytest

from plexsend.errors import SettingsError
from plexsend.gateway.environment import read_settings
from plexsend.settings.hook_urls import hook_address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://hooks.example/services/T0/token?wait=true", "https://hooks.example/***"),
        ("http://127.0.0.1:8065/hooks/token", "http://127.0.0.1:8065/***"),
    ],
)
def test_an_address_is_kept_as_it_is_and_shown_without_its_token(text: str, shown: str) -> None:
    found = hook_address("PLEXSEND_NOTIFY_URL", text)
    assert (found.url, str(found)) == (text, shown)
    assert "token" not in repr(found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://hooks.example/token", "unencrypted"),
        ("ftp://hooks.example/token", "known scheme"),
        ("https://user:pw@hooks.example/token", "user or password"),
        ("https:///token", "exactly one host"),
        ("https://a.example,b.example/token", "exactly one host"),
        ("https://hooks.example/to ken", "spaces"),
    ],
)
def test_what_would_show_the_token_is_refused_without_repeating_it(text: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        hook_address("PLEXSEND_NOTIFY_URL", text)
    assert reason in str(caught.value)
    assert "hooks.example/to" not in str(caught.value)


def test_it_is_a_setting_that_may_be_left_out() -> None:
    assert read_settings({}).notify is None
    found = read_settings({"PLEXSEND_NOTIFY_URL": "https://hooks.example/token"})
    assert str(found.notify) == "https://hooks.example/***"
    assert "token" not in repr(found)
