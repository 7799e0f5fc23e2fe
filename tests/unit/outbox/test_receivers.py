"""What a record holds of a receiver: enough to know the number again, and for people four digits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plexsend.outbox.receivers import hash_in, last_digits, receiver_of
from plexsend.settings import NumberKey

KEY = NumberKey("an-example-of-a-key-that-is-long")
numbers = st.from_regex(r"010[2-9][0-9]{7}", fullmatch=True)


@given(numbers, st.sampled_from([None, KEY]))
def test_the_last_digits_and_the_hash_come_back_whole(number: str, key: NumberKey | None) -> None:
    held = receiver_of(number, key)
    assert last_digits(held) == number[-4:]
    assert hash_in(held) == (b"" if key is None else key.hash_of(number))
    assert len(held) == (2 if key is None else 10)


def test_nothing_is_held_of_a_number_that_is_not_known() -> None:
    assert receiver_of("", KEY) == b""
    for missing in (None, b"", b"x"):
        assert (last_digits(missing), hash_in(missing)) == ("", b"")
