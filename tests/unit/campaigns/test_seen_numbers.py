"""Numbers that came before, told by a bit each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from plexsend.campaigns.checks.seen_numbers import SeenNumbers

if TYPE_CHECKING:
    from collections.abc import Sequence

# Near each other, so that they share bytes; the same digits behind other prefixes; both lengths of numbers.
NUMBERS = st.one_of(
    st.integers(1_023_456_780, 1_023_456_799),
    st.integers(1_123_456_780, 1_123_456_785),
    st.integers(111_234_567, 111_234_575),
    st.just(0),
)


@given(st.lists(st.lists(NUMBERS, max_size=20), max_size=4))
def test_all_but_the_first_of_a_number_are_found_in_whatever_chunk_they_are(
    chunks: Sequence[Sequence[int]],
) -> None:
    seen, known = SeenNumbers(), set[int]()
    for chunk in chunks:
        expected = []
        for place, number in enumerate(chunk):
            if number in known:
                expected.append(place)
            elif number:
                known.add(number)
        assert seen.repeated(chunk) == expected
