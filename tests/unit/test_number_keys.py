"""The key for hashes of receivers' numbers: what is one, and what its hashes give away."""

from __future__ import annotations

import pytest

from plexsend.errors import SettingsError
from plexsend.settings.number_keys import NumberKey, number_key

NAME = "PLEXSEND_NUMBER_KEY"
TEXT = "an-example-of-a-key-that-is-long"


def test_the_same_number_has_the_same_hash_of_eight_bytes_under_the_same_key_alone() -> None:
    key = number_key(NAME, TEXT)
    assert key.hash_of("01023456789") == key.hash_of("01023456789") == NumberKey(TEXT).hash_of("01023456789")
    assert len(key.hash_of("01023456789")) == 8
    assert key.hash_of("01023456789") != key.hash_of("01023456788")
    assert key.hash_of("01023456789") != NumberKey(TEXT[::-1]).hash_of("01023456789")


def test_two_keys_are_equal_when_they_hold_the_same_secret() -> None:
    assert NumberKey(TEXT) == NumberKey(TEXT)
    assert len({NumberKey(TEXT), NumberKey(TEXT), NumberKey(TEXT + "x")}) == 2
    assert NumberKey(TEXT) != TEXT


@pytest.mark.parametrize("text", ["x" * 31, "x" * 65, "x" * 31 + " x", "키" * 40])
def test_what_is_too_short_too_long_or_not_plain_is_refused_unseen(text: str) -> None:
    with pytest.raises(SettingsError, match=r"32 to 64 printable ASCII") as caught:
        number_key(NAME, text)
    assert text not in str(caught.value)


def test_a_key_is_shown_nowhere() -> None:
    assert TEXT not in repr(NumberKey(TEXT)) + str(NumberKey(TEXT))
