"""The values that go into the scripts that keep lists of numbers, and come out; see arguments.py."""

from __future__ import annotations

from plexsend.outbox.orders import Order, Sort, Value


def _order(name: str, *values: str | Value) -> Order:
    return Order(name, *(Value(value) if isinstance(value, str) else value for value in values))


def _number(name: str) -> Value:
    return Value(name, Sort.NUMBER)


def _flag(name: str) -> Value:
    return Value(name, Sort.FLAG)


SUPPRESS = _order(
    "suppress",
    "act",
    "hashed_by",
    "kind",
    "scope",
    _flag("all_scopes"),
    "origin",
    _number("since_ms"),
    _number("until_ms"),
    _flag("is_told"),
    _flag("begins"),
    "run",
)
"""`scope`: empty for the whole account; `origin`: JSON of source, who, why; `since_ms`: 0 for now.
`since_ms`, `until_ms`: of an accept or a decline, when it was offered, 0 for no end. `begins`: whether the
account may be new. `run`: what belongs together in the log, empty for what is in none. After it the hashes,
or the buckets."""

IMPORT = _order(
    "imports",
    "act",
    "name",
    "file",
    "by",
    "salt",
    _flag("resume"),
    _flag("sends_changed"),
    _number("since"),
    _number("run"),
    _number("send_at_ms"),
    _flag("is_complete"),
    _number("added"),
    "sample",
)
"""`file`: what the run reads, and how; `by`: what tells its rows apart; `since`, `run`: of the run, 0 where
it is to be begun; `added`, `sample`: rows that were added, and the key of one. In a look or a forget the rows
come then."""

IMPORT_ROW = _order("row", "msg_key", "digest")
"""`digest`: 8 bytes of what tells the row apart beside its content."""
