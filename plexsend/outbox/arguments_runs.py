"""The values that go into the scripts about runs of campaigns, and come out; see arguments.py."""

from __future__ import annotations

from plexsend.outbox.orders import Order, Sort, Value


def _number(name: str) -> Value:
    return Value(name, Sort.NUMBER)


RUN = Order(
    "run",
    Value("act"),
    Value("group"),
    Value("text"),
    Value("hold"),
    Value("closing"),
    _number("at_ms"),
    _number("lease"),
    _number("since"),
    _number("fed"),
    _number("skipped"),
)
"""`group`: the run's, for `campaign` and `create` the campaign's name; `hold`: the field of the pause of its
group; `closing`: what closes its group (JSON). Of the others each act needs some; run.lua says which. After
these fields of the run and their values in turn, or rows and their fates."""

RUN_ANSWER = Order(
    "answer",
    Value("status"),
    Value("state"),
    Value("text"),
    _number("lease"),
    _number("until_ms"),
    _number("previous"),
    _number("fed"),
)
"""`status`: done, kept (it was so before), refused (not in this state), unknown (no such run), fenced (not by
this lease), busy (another holds the lease, or what waits is still being cancelled); `state`: of the run, now;
`text`: the group of a new run, or who holds the lease."""

DUE = Order(
    "due",
    Value("act"),
    Value("group"),
    _number("planned_ms"),
    _number("last_ms"),
    _number("next_ms"),
    Value("text"),
    Value("missed"),
    Value("id"),
)
"""Of these each act needs some; due.lua says which. After these fields of a run that is made."""
