"""Redis went back in time: what processes know of it, and what a person decides about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from plexsend.outbox.arguments import KNOWN, REWOUND, REWOUND_ANSWER
from plexsend.outbox.redis.reads import execute, insist
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store


class SettleAs(StrEnum):
    """What becomes of messages of which Redis forgot whether they were sent."""

    SENT = "sent"
    """They count as accepted and are not sent."""
    RESEND = "resend"
    """They are sent, on the risk that they arrive twice; a gateway that knows the key has them."""


class Loss(StrEnum):
    """What followed from what Redis forgot of an account."""

    NONE = "none"
    WARNED = "warned"
    """It was little: it is counted, and the account sends on."""
    HELD = "held"
    """It was much: the account is held until a person decides."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What Redis forgot of an account, as far as one process knows and no other has reported."""

    loss: Loss
    takes: int
    messages: int
    """Messages that went in these takes, and wait as if they had not."""
    span_ms: int
    """How far Redis went back, at most."""


@dataclass(frozen=True, slots=True)
class Rewind:
    """What a person is to decide about an account."""

    account: str
    from_ms: int
    """Until then Redis remembers."""
    to_ms: int
    """What happened until then may be forgotten."""
    messages: int | None
    """Messages that went between the two, as far as processes know; None: all that waited may have."""


def report(
    store: Store,
    account: str,
    known: Mapping[str, tuple[int, int]],
    *,
    here: str,
    seen_ms: int,
    is_known: bool,
    remembered_ms: int = 0,
) -> Forgotten:
    """Report what a process knows of an account: route → its last take, and messages that went by then.

    `here`: of which server it knows this; `seen_ms`: when it heard of it last. `is_known`: Redis forgot
    something, whatever the takes say; it remembers what came until `remembered_ms`. Raises OutboxMoved where
    the account is not there.
    """
    args = REWOUND.write(
        act="report",
        lane="",
        text="",
        by="",
        here=here,
        seen_ms=seen_ms,
        from_ms=remembered_ms,
        is_known=int(is_known),
    )
    each = [value for route, (takes, went) in known.items() for value in KNOWN.write(route, takes, went)]
    answer = _read(store.run(Script.REWOUND, account, [*args, *each]))
    span_ms = number(answer["to_ms"]) - number(answer["from_ms"])
    return Forgotten(
        Loss(text(answer["status"])), number(answer["takes"]), number(answer["messages"]), span_ms
    )


def mark(store: Store, account: str, *, from_ms: int, to_ms: int, by: str, why: str) -> bool:
    """Hold an account by hand: Redis forgot what happened from `from_ms` on.

    What was there at `to_ms` may have gone. Returns False where it is held so already: then nothing changes.
    """
    args = REWOUND.write(
        act="mark", lane="", text=why, by=by, here="", seen_ms=to_ms, from_ms=from_ms, is_known=0
    )
    return text(_read(store.run(Script.REWOUND, account, args))["status"]) == "held"


_OF_REWIND = ["from", "to", "messages", "all"]


def rewind(store: Store, account: str) -> Rewind | None:
    """Return what a person is to decide about an account, None where there is nothing."""
    key = store.keys.forgotten(account)
    return _rewind_of(account, insist(store, lambda pipe: pipe.hmget(key, _OF_REWIND)))


def _rewind_of(account: str, found: Sequence[Any]) -> Rewind | None:
    if found[0] is None:
        return None
    return Rewind(account, number(found[0]), number(found[1]), None if found[3] else number(found[2]))


def rewinds(store: Store, accounts: Iterable[str]) -> list[Rewind]:
    """Return what a person is to decide, of those accounts of which something is; for what is shown."""
    names = list(accounts)
    pipe = store.client.pipeline(transaction=False)
    for account in names:
        pipe.hmget(store.keys.forgotten(account), _OF_REWIND)
    found = (_rewind_of(name, reply) for name, reply in zip(names, execute(store, pipe), strict=True))
    return [each for each in found if each is not None]


def touched(store: Store, lane: Lane) -> int:
    """Return how many messages of a lane may have gone, and wait for the decision."""
    return number(_of_lane(store, lane, "look", "")["messages"])


def settle(store: Store, lane: Lane, as_: SettleAs) -> Iterator[int]:
    """Decide about all of these messages of a lane; yields after each call how many it settled.

    Interrupted, it can be repeated: it goes on.
    """
    status = "more"
    while status == "more":
        answer = _of_lane(store, lane, "settle", as_)
        status = text(answer["status"])
        yield number(answer["messages"])


def settle_known(store: Store, lane: Lane, codes: Mapping[str, str]) -> int:
    """Settle as accepted those of these messages of a lane that wait for the decision; return how many.

    Somebody knows that they went: `codes` has for each key the code that the gateway answered, or none.
    """
    args = REWOUND.write(
        act="known", lane=lane.name, text="", by="", here="", seen_ms=0, from_ms=0, is_known=0
    )
    each = [f"{key} {code}" for key, code in codes.items()]
    return number(_read(store.run(Script.REWOUND, lane.account, [*args, *each]))["messages"])


def finish(store: Store, account: str) -> None:
    """End the hold: everything is decided."""
    args = REWOUND.write(act="finish", lane="", text="", by="", here="", seen_ms=0, from_ms=0, is_known=0)
    store.run(Script.REWOUND, account, args)


def last_sign_ms(store: Store, process: str) -> int:
    """Return when a process gave its last sign of life, as Redis knows it; 0 where it knows none."""
    with mapped():
        sign = store.client.hget(store.keys.alive, process)
    return number(text(sign).partition(" ")[0])


def _of_lane(store: Store, lane: Lane, act: str, text: str) -> dict[str, Any]:
    args = REWOUND.write(act=act, lane=lane.name, text=text, by="", here="", seen_ms=0, from_ms=0, is_known=0)
    return _read(store.run(Script.REWOUND, lane.account, args))


def _read(reply: Any) -> dict[str, Any]:
    return REWOUND_ANSWER.read(reply)
