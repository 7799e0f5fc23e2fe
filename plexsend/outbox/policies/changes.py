"""What a person changes: values set and taken back, checked, and remembered with who and why."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from plexsend.errors import Problem, SettingsError, UsageError, ValuesRefused
from plexsend.gateway.services import get_service
from plexsend.outbox.policies.rows import ROWS, PolicyRow
from plexsend.outbox.policies.state import agree, read
from plexsend.outbox.redis.store import mapped
from plexsend.settings import Policy, variables_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plexsend.outbox.policies.where import Where
    from plexsend.outbox.redis.store import Store


@dataclass(frozen=True, slots=True)
class Change:
    """One change by a person; `value`: None where it was taken back."""

    at_ms: int
    where: str
    name: str
    value: str | None
    by: str
    reason: str


def put(store: Store, where: Where, values: Mapping[str, object], *, by: str, reason: str) -> None:
    """Set values by the names of their policies. They hold at once.

    Raises UsageError for what is not a policy or does not fit `where`, ValuesRefused with every wrong value.
    """
    texts = {name: PolicyRow.write(value) for name, value in values.items()}
    _check(store, where, texts)
    tidy = {name: ROWS[name].tidy(value) for name, value in texts.items()}
    facts = {"by": by, "reason": reason, "at": _now_ms(store)}
    placed = {**facts, "where": str(where)}
    agree(
        store,
        written={f"{where} {name}": _json({"value": value, **facts}) for name, value in tidy.items()},
        entries=[_json({**placed, "name": name, "value": value}) for name, value in tidy.items()],
    )


def unset(store: Store, where: Where, names: Iterable[str], *, by: str, reason: str = "") -> list[str]:
    """Take values back that a person set there; return the names of those that were set."""
    wanted = list(names)
    for name in wanted:
        _row(where, name)
    held = read(store).set_values
    there = [name for name in wanted if (where, name) in held]
    if there:
        facts = {"where": str(where), "value": None, "by": by, "reason": reason, "at": _now_ms(store)}
        agree(
            store,
            written={},
            gone=[f"{where} {name}" for name in there],
            entries=[_json({**facts, "name": name}) for name in there],
        )
    return there


def history(store: Store) -> list[Change]:
    """Return what persons changed, oldest first."""
    with mapped():
        entries = store.client.lrange(store.keys.policy_history, 0, -1)
    return list(_changes(entries))


def _changes(entries: Iterable[bytes | str]) -> Iterator[Change]:
    for entry in entries:
        try:
            facts = json.loads(entry)
            value = facts["value"]
            yield Change(
                at_ms=int(facts["at"]),
                where=str(facts["where"]),
                name=str(facts["name"]),
                value=None if value is None else str(value),
                by=str(facts["by"]),
                reason=str(facts["reason"]),
            )
        except (ValueError, TypeError, KeyError, RecursionError):
            # Another program wrote there.
            continue


def _check(store: Store, where: Where, texts: Mapping[str, str]) -> None:
    problems: list[Problem] = []
    for name, value in texts.items():
        row = _row(where, name)
        if not value:
            remedy = f"Give a value, or take it back: plexsend policy unset {where} {name}."
            problems.append(Problem(name, "is empty", remedy))
            continue
        try:
            row.value(value)
        except SettingsError as exc:
            problems += exc.problems
    if not problems:
        problems = list(_wrong_order(store, where, texts))
    if problems:
        raise ValuesRefused(problems)


def _row(where: Where, name: str) -> PolicyRow:
    row = ROWS.get(name)
    if row is None:
        near = get_close_matches(name, ROWS, n=1, cutoff=0.4)
        meant = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(ROWS)}."
        raise UsageError(f"There is no policy {name[:40]!r}. {meant}")
    if where.service is not None:
        get_service(where.service)
        if not row.per_service:
            here = f"@{where.account}" if where.account else "all or @ACCOUNT"
            raise UsageError(f"{name} holds for a whole account, not for a service: set it for {here}.")
    return row


# Of waits that double, the first is at most the longest. What was set at another place, or is asked for, ends
# the doubling all the same.
def _wrong_order(store: Store, where: Where, texts: Mapping[str, str]) -> Iterator[Problem]:
    held = read(store).set_values
    values = {name: person.value for (place, name), person in held.items() if place == where} | dict(texts)
    for name, variable in variables_of(Policy).items():
        longest = variable.up_to
        if name in values and longest in values and {name, longest} & texts.keys():
            first_s, longest_s = ROWS[name].value(values[name]), ROWS[longest].value(values[longest])
            if first_s > longest_s:
                yield Problem(
                    name,
                    f"makes the first wait ({first_s:g} s) longer than the longest ({longest_s:g} s)",
                    f"Lower {name} or raise {longest}.",
                )


def _json(facts: Mapping[str, object]) -> str:
    return json.dumps(facts, ensure_ascii=False)


def _now_ms(store: Store) -> int:
    with mapped():
        seconds, micros = store.client.time()
    return int(seconds) * 1000 + int(micros) // 1000
