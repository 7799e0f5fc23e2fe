"""Policies in Redis: what persons set and processes ask for, and what is in force in each account.

`p policy` is the one truth of the fleet. What is in force is copied from it into each account, where the
scripts read it in the same slot; a copy made from an older state never replaces a newer one.
"""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from plexsend.errors import KeySpoilt, OutboxMoved
from plexsend.gateway.services import SERVICES
from plexsend.outbox.arguments import AGREE, POLICY
from plexsend.outbox.policies.in_force import Agreed, PersonsValue, fields_of, strictest
from plexsend.outbox.policies.midnights import MIDNIGHTS, OFFSETS, midnights, offsets
from plexsend.outbox.policies.open_hours import OPEN_HOURS, as_field
from plexsend.outbox.policies.where import Where
from plexsend.outbox.redis.reads import ask, insist
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from plexsend.outbox.redis.store import Store

_EPOCH = "epoch"
_ASKED = "asked"


def read(store: Store) -> Agreed:
    """Return all that the fleet has written down."""
    found = insist(store, lambda pipe: pipe.hgetall(store.keys.policy))
    return _parse({text(field): text(value) for field, value in found.items()})


def read_to_show(store: Store) -> Agreed:
    """Return the same for people: where another program spoilt the key, as though nothing were written.

    Nothing may be decided by it: what is in force is then not known.
    """
    found = ask(store, lambda pipe: pipe.hgetall(store.keys.policy))
    return _parse({text(field): text(value) for field, value in found.items()})


def read_epoch(store: Store) -> int:
    """Return the epoch, which goes up with every change."""
    with mapped():
        return number(store.client.hget(store.keys.policy, _EPOCH))


def agree(
    store: Store,
    *,
    written: Mapping[str, str],
    gone: Collection[str] = (),
    entries: Collection[str] = (),
    expected: int = -1,
) -> int | None:
    """Change what is written down, and bring what is in force into every account.

    Args:
        store: Where the fleet writes it down.
        written: Field → value.
        gone: Fields that go.
        entries: What the history gets.
        expected: The epoch from which the change was computed; -1: whatever it is.

    Returns how many fields went, or None where the epoch is another by now: then nothing was changed.
    """
    args = AGREE.write(expected=expected, count=len(written), gone=len(gone))
    values = chain.from_iterable(written.items())
    status, went = store.run_for_fleet(Script.AGREE, [*args, *values, *gone, *entries])
    if text(status) == "changed":
        return None
    spread(store)
    return number(went)


def renew(store: Store, asks: Callable[[], Iterable[Mapping[str, Mapping[str, str]]]]) -> bool:
    """Let the asks of all processes that count decide; return whether anything changed by it.

    `asks`: returns those of each process seen within ten minutes: service (or `all`) → name → text. It is
    called once what is agreed on was read: a process that announces itself after that changes what is agreed
    on, and nothing that does not know it is written.
    """
    agreed = read(store)
    wanted = strictest(asks(), agreed.asked)
    written = {
        f"{_ASKED} {service} {name}": value
        for (service, name), value in wanted.items()
        if agreed.asked.get((service, name)) != value
    }
    return bool(written) and agree(store, written=written, expected=agreed.epoch) is not None


def spread(store: Store) -> None:
    """Bring what is in force into every account that there is."""
    with mapped():
        names = store.client.smembers(store.keys.accounts)
        lanes = store.client.smembers(store.keys.lanes)
    of_older = (text(lane).rpartition("@")[2] for lane in lanes)
    refresh(store, sorted({*map(text, names), *of_older}))


def refresh(store: Store, accounts: Iterable[str]) -> list[str]:
    """Bring what is in force into these accounts; return those that are on this server."""
    agreed, now_ms = read(store), _now_ms(store)
    # Of a thousand accounts most have what holds everywhere: worked out for each, a process would do nothing
    # else for seconds.
    own = {where.account for where, _ in agreed.set_values}
    shared: dict[str, str] | None = None
    here = []
    for account in accounts:
        if account in own:
            in_force = _in_force(agreed, account, now_ms)
        else:
            in_force = shared = shared or _in_force(agreed, account, now_ms)
        # An account that is not on this server has what is in force where it is.
        with suppress(OutboxMoved):
            _copy(store, account, agreed.epoch, in_force, is_early=False)
            here.append(account)
    return here


def run(store: Store, script: Script, account: str, args: Sequence[str | bytes | int]) -> list[Any]:
    """Run a script that goes by what is in force; where another program spoilt that, copy it again first."""
    try:
        return store.run(script, account, args)
    except KeySpoilt as exc:
        if exc.key != store.keys.in_force(account):
            raise
        copy_to(store, account)
        return store.run(script, account, args)


def copy_to(store: Store, account: str) -> None:
    """Bring what is in force into an account before its first message."""
    agreed = read(store)
    _copy(store, account, agreed.epoch, _in_force(agreed, account, _now_ms(store)), is_early=True)


def _in_force(agreed: Agreed, account: str, now_ms: int) -> dict[str, str]:
    zone, quiet = agreed.of(account).zone, agreed.of(account).quiet_hours
    return {
        **fields_of(agreed, account, SERVICES),
        MIDNIGHTS: " ".join(map(str, midnights(zone, now_ms))),
        OFFSETS: " ".join(f"{from_ms}:{ahead_ms}" for from_ms, ahead_ms in offsets(zone, now_ms)),
        OPEN_HOURS: as_field(quiet, now_ms),
    }


# Unless something newer is there.
def _copy(store: Store, account: str, epoch: int, in_force: Mapping[str, str], *, is_early: bool) -> None:
    fields = list(chain.from_iterable(in_force.items()))
    args = POLICY.write(epoch=epoch, is_early=int(is_early), count=len(fields))
    store.run(Script.POLICY, account, [*args, *fields])


def _now_ms(store: Store) -> int:
    with mapped():
        seconds, _ = store.client.time()
    return int(seconds) * 1000


def _parse(found: Mapping[str, str]) -> Agreed:
    set_values: dict[tuple[Where, str], PersonsValue] = {}
    asked: dict[tuple[str, str], str] = {}
    for field, value in found.items():
        match field.split(" "):
            case [word, service, name] if word == _ASKED:
                asked[service, name] = value
            case [where, name]:
                person = _read_person(value)
                if person is not None:
                    set_values[Where.parse(where), name] = person
            case _:
                pass
    return Agreed(number(found.get(_EPOCH)), set_values, asked)


# What another program spoilt counts as not there.
def _read_person(value: str) -> PersonsValue | None:
    try:
        facts = json.loads(value)
        return PersonsValue(str(facts["value"]), str(facts["by"]), str(facts["reason"]), int(facts["at"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
