"""What a process offers a reader: so many entries and keys at most, and the keys at their end."""

from __future__ import annotations

from plexsend.outbox.constants import LONGEST_EDGE
from plexsend.outbox.results.offers import UNKNOWN, behind_known, cut, edge_of


def entry(entry_id: str, keys: str) -> tuple[bytes, list[bytes]]:
    fields = [b"s", b"accepted", b"l", b"rcs@main", b"c", b"", b"k", keys.encode(), b"m", b""]
    return entry_id.encode(), fields


def test_edge_is_the_keys_that_share_the_last_ms() -> None:
    offered = [entry("9-0", "a"), entry("10-0", "b c"), entry("10-1", "d")]
    assert edge_of(offered) == b"d b c"


def test_edge_of_more_keys_than_are_remembered_is_unknown() -> None:
    most = [entry("10-0", "a" * (LONGEST_EDGE - 1))]
    assert edge_of(most) == most[0][1][7]
    assert edge_of([entry("10-0", "b"), *most]) == UNKNOWN


def test_edge_of_what_another_program_wrote_is_empty() -> None:
    assert edge_of([(b"10-0", [b"x", b"y"])]) == b""


def test_offer_ends_behind_as_many_entries_or_keys() -> None:
    few = [entry(f"{n}-0", "a") for n in range(5)]
    assert cut(few, 3) == few[:3]
    assert cut(few, 9) == few
    many = [entry(f"{n}-0", "k" * 15_000) for n in range(5)]
    assert cut(many, 5) == many[:3]
    assert cut([(b"10-0", [b"x", b"y"]), *many], 5) == [(b"10-0", [b"x", b"y"]), *many[:3]]


def test_entry_that_was_known_says_whether_the_rest_follows_it() -> None:
    page = [entry("9-0", "a"), entry("10-0", "b")]
    assert behind_known("9-0", page) == (page[1:], True)
    assert behind_known("8-0", page) == (page, False)
    assert behind_known("8-0", []) == ([], False)
