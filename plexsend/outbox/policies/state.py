"""Policies in Redis: what persons set and processes ask for, and what is in force in each account.

`p policy` is the one truth of the fleet. What is in force is copied from it into each account, where the
scripts read it in the same slot; a copy made from an older state never replaces a newer one.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from plexsend.errors import OutboxMoved
from plexsend.gateway.services import SERVICES
from plexsend.outbox.arguments import POLICY
from plexsend.outbox.policies.in_force import Agreed, PersonsValue, fields_of, strictest
from plexsend.outbox.policies.midnights import MIDNIGHTS, midnights
from plexsend.outbox.policies.rows import PolicyRow
from plexsend.outbox.policies.where import Where
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.outbox.redis.store import Store

_EPOCH = "epoch"
_ASKED = "asked"


def read(store: Store) -> Agreed:
    """Return all that the fleet has written down."""
    with mapped():
        found = store.client.hgetall(store.keys.policy)
    return _parse({text(field): text(value) for field, value in found.items()})


def read_epoch(store: Store) -> int:
    """Return the epoch, which goes up with every change."""
    with mapped():
        return number(store.client.hget(store.keys.policy, _EPOCH))


def put(store: Store, where: Where, values: Mapping[str, object], *, by: str, reason: str) -> None:
    """Set values as a person does, by the names of their policies. They hold at once."""
    with mapped():
        seconds, _ = store.client.time()
        facts = {"by": by, "reason": reason, "at": int(seconds) * 1000}
        written: dict[Any, Any] = {
            f"{where} {name}": json.dumps({"value": PolicyRow.write(value), **facts}, ensure_ascii=False)
            for name, value in values.items()
        }
        pipe = store.client.pipeline(transaction=True)
        pipe.hset(store.keys.policy, mapping=written)
        pipe.hincrby(store.keys.policy, _EPOCH, 1)
        pipe.execute()
    spread(store)


def ask(store: Store, asks: Mapping[str, Mapping[str, str]]) -> None:
    """Let a process ask for values: service (or `all`) → name → text. What is in force follows at once."""
    agreed = read(store)
    wanted = strictest([asks], agreed.asked)
    changed = {pair: value for pair, value in wanted.items() if agreed.asked.get(pair) != value}
    if changed:
        written: dict[Any, Any] = {
            f"{_ASKED} {service} {name}": value for (service, name), value in changed.items()
        }
        with mapped():
            pipe = store.client.pipeline(transaction=True)
            pipe.hset(store.keys.policy, mapping=written)
            pipe.hincrby(store.keys.policy, _EPOCH, 1)
            pipe.execute()
    spread(store)


def spread(store: Store) -> None:
    """Bring what is in force into every account that there is."""
    with mapped():
        names = store.client.smembers(store.keys.accounts)
        lanes = store.client.smembers(store.keys.lanes)
    agreed = read(store)
    of_older = (text(lane).rpartition("@")[2] for lane in lanes)
    for account in sorted({*map(text, names), *of_older}):
        # An account that is not on this server has what is in force where it is.
        with suppress(OutboxMoved):
            _copy(store, account, agreed, is_early=False)


def copy_to(store: Store, account: str) -> None:
    """Bring what is in force into an account before its first message."""
    _copy(store, account, read(store), is_early=True)


# Unless something newer is there.
def _copy(store: Store, account: str, agreed: Agreed, *, is_early: bool) -> None:
    fields: list[str] = []
    for name, value in fields_of(agreed, account, SERVICES).items():
        fields += (name, value)
    with mapped():
        seconds, _ = store.client.time()
    ahead = midnights(agreed.of(account).account_wide("time_zone"), int(seconds) * 1000)
    fields += (MIDNIGHTS, " ".join(map(str, ahead)))
    store.run(
        Script.POLICY,
        account,
        [*POLICY.write(epoch=agreed.epoch, is_early=int(is_early), count=len(fields)), *fields],
    )


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
    return Agreed(number(found.get(_EPOCH, "0").encode()), set_values, asked)


# What another program spoilt counts as not there.
def _read_person(value: str) -> PersonsValue | None:
    try:
        facts = json.loads(value)
        return PersonsValue(str(facts["value"]), str(facts["by"]), str(facts["reason"]), int(facts["at"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
