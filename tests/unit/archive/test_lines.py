"""Lines of the archive are read as they were written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.archive.lines import ArchiveLine, LineUnreadable, parse_line
from plexsend.outbox.lanes import Lane
from plexsend.outbox.states import FINAL
from tests.unit.archive.made_up import line

_MS = st.integers(0, 4_000_000_000_000)
_WORDS = st.text(max_size=12)


@given(
    key=st.text(min_size=1, max_size=40),
    state=st.sampled_from(FINAL),
    times=st.tuples(_MS, st.none() | _MS, st.none() | _MS, st.none() | _MS),
    words=st.tuples(_WORDS, _WORDS, _WORDS),
    receiver=st.binary(max_size=8),
    group=st.sampled_from([None, "spring-sale"]),
)
def test_a_line_is_read_as_it_was_written(  # noqa: PLR0917
    key: str,
    state: object,
    times: tuple[int, int | None, int | None, int | None],
    words: tuple[str, str, str],
    receiver: bytes,
    group: str | None,
) -> None:
    at, done, submitted, ended = times
    lane = Lane("rcs-mms-bulk", "RMM", "main", group)
    told = ArchiveLine(key, lane, state, at, *words, done, submitted, ended, receiver.hex())  # type: ignore[arg-type]
    assert parse_line(told.written().removesuffix(b"\n")) == told
    assert told.written().count(b"\n") == 1


def test_a_line_says_what_is_promised_and_no_more() -> None:
    told = json.loads(line("k1", receiver="00ff").written())
    assert list(told) == [
        *("v", "msg_key", "state", "account", "service", "lane", "group", "at", "code", "receipt_code"),
        *("carrier", "done_at", "submitted_at", "ended_at", "receiver", "fallback_of"),
    ]
    assert (told["v"], told["at"], told["receiver"]) == (1, "2026-11-28T00:00:00.000+00:00", "00ff")


@pytest.mark.parametrize(
    ("change", "is_newer"),
    [
        ({"v": 2, "msg_key": ["in another form"]}, True),
        ({"v": 0}, False),
        ({"v": "1"}, False),
        ({"at": None}, False),
        ({"state": "vanished"}, False),
        ({"lane": "nowhere"}, False),
        ({"lane": 5}, False),
    ],
)
def test_what_is_not_such_a_line_is_not_guessed(change: dict[str, object], is_newer: bool) -> None:  # noqa: FBT001
    written = json.dumps(line("k1").as_json() | change).encode()
    with pytest.raises(LineUnreadable) as told:
        parse_line(written)
    assert told.value.is_newer == is_newer


@pytest.mark.parametrize("written", [b"", b"{", b"[]", b"1", b'{"v":1}', b"\xff", b"[" * 100_000])
def test_what_is_not_even_json_is_not_either(written: bytes) -> None:
    with pytest.raises(LineUnreadable):
        parse_line(written)
