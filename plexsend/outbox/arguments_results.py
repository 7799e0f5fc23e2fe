"""The values that go into the scripts about results and come out, in their orders."""

from __future__ import annotations

from plexsend.outbox.orders import Order, Sort, Value


def _number(name: str) -> Value:
    return Value(name, Sort.NUMBER)


RESULTS = Order(
    "results",
    Value("act"),
    Value("name"),
    Value("process"),
    # The first and last id of the span that is ended, cut or kept; of a cut one also from which on it is not
    # ended.
    Value("done_first"),
    Value("done_last"),
    Value("next_id"),
    _number("lease_ms"),
    # Of a reader that begins: whether before all that is there, or before what came since a ms (0: behind
    # all); and where the caller was, as id and rank.
    Value("from_start", Sort.FLAG),
    _number("since_ms"),
    Value("known"),
    _number("known_rank"),
    # Of a replay.
    _number("most"),
    # What the caller offers to take: entries behind `after`, and whether it saw that one right before them.
    Value("after"),
    Value("follows", Sort.FLAG),
    Value("first"),
    Value("last"),
    _number("entry_count"),
    Value("edge"),
)
"""After it, of the act unread, ids of entries."""

RESULTS_ANSWER = Order(
    "answer",
    Value("status"),
    Value("first"),
    Value("last"),
    Value("cursor"),
    _number("rank"),
    _number("wait_ms"),
    Value("missed_from"),
    Value("missed_to"),
    _number("missed_count"),
    Value("why"),
    Value("entries", Sort.LIST),
)
"""`wait_ms`: until the next span lapses, 0 where none is out; `missed_…`: what this call found."""

_WALK = (
    Value("act"),
    Value("name"),
    _number("since_ms"),
    # Of a replay: what was published later is the stream's to give.
    _number("until_ms"),
    Value("lane"),
    # Of a page: where it begins, counted from the end of the list, and the entry that was looked at last.
    _number("offset"),
    Value("marker"),
)

PROOF = Order("proof", *_WALK)
"""After it the keys of parked messages."""

REPLAY = Order("replay", *_WALK)
"""As for a proof."""
