"""Campaigns and runs out of what Redis holds of them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from plexsend.outbox.replies import number, text
from plexsend.outbox.runs.run import Campaign, Run, RunChunk, is_run
from plexsend.outbox.runs.states import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_COUNT, _CHUNK = "n:", "c:"
_NOTES = ("watch",)
_TIME_ZONE = "Asia/Seoul"


def parse_campaign(account: str, name: str, value: bytes | str, last: bytes | None = None) -> Campaign:
    """Return a campaign as Redis has it; `last`: the number of its latest run."""
    facts: dict[str, Any] = {}
    with suppress(ValueError, RecursionError):
        read = json.loads(value)
        facts = read if isinstance(read, dict) else {}
    return Campaign(
        name=name,
        account=account,
        id=text(facts.get("id")),
        label=text(facts.get("label")),
        last=number(last),
        cron=text(facts.get("cron")),
        time_zone=text(facts.get("time_zone") or _TIME_ZONE),
        definition=text(facts.get("definition")),
        if_missed=text(facts.get("if_missed") or "start"),
        missed_within_min=number(facts.get("missed_within_min", 60)),
        by=text(facts.get("by")),
        created_ms=number(facts.get("created")),
        missed_ms=number(facts.get("missed")),
        facts=text(value),
    )


def parse_run_fields(account: str, group: str, fields: Mapping[bytes, bytes]) -> Run | None:
    """Return a run from its hash; None where that is none, or another program wrote it: audit names that."""
    found = {text(name): text(value) for name, value in fields.items()}
    try:
        state = RunState(found.get("state", ""))
    except ValueError:
        return None
    if not is_run(group):
        return None
    return Run(
        group=group,
        account=account,
        id=found.get("id", ""),
        state=state,
        definition=found.get("definition", ""),
        label=found.get("label", ""),
        created_ms=number(found.get("created")),
        by=found.get("by", ""),
        starts_ms=number(found.get("starts")),
        started_ms=number(found.get("started")),
        ended_ms=number(found.get("ended")),
        expires_ms=number(found.get("expires")),
        rows=number(found.get("rows")),
        invalid=number(found.get("invalid")),
        left_out=number(found.get("left_out")),
        fed=number(found.get("fed")),
        skipped=number(found.get("skipped")),
        size_bytes=number(found.get("bytes")),
        columns=_columns(found.get("columns", "")),
        chunks=tuple(sorted(_chunks(found), key=lambda chunk: chunk.number)),
        marks=found.get("marks", ""),
        lease=number(found.get("lease")),
        holder=found.get("holder", ""),
        until_ms=number(found.get("until")),
        rate=_rate(found.get("rate", "")),
        why=found.get("why", ""),
        why_by=found.get("by_whom", ""),
        why_since_ms=number(found.get("since")),
        tested_ms=number(found.get("test")),
        dropped_ms=number(found.get("dropped")),
        prepares=bool(found.get("prepares")),
        source=found.get("source", ""),
        plan=found.get("plan", ""),
        notes={name: found[name] for name in _NOTES if name in found},
        counts={name.removeprefix(_COUNT): number(n) for name, n in found.items() if name.startswith(_COUNT)},
    )


def _chunks(found: Mapping[str, str]) -> Iterator[RunChunk]:
    for name, value in found.items():
        if name.startswith(_CHUNK):
            with suppress(ValueError):
                digest, first_row, rows = value.split(" ")
                yield RunChunk(int(name.removeprefix(_CHUNK)), digest, int(first_row), int(rows))


def _columns(value: str) -> tuple[str, ...]:
    with suppress(ValueError, RecursionError):
        read: Iterable[Any] = json.loads(value)
        if isinstance(read, list):
            return tuple(map(str, read))
    return ()


def _rate(value: str) -> float:
    try:
        return max(0.0, float(value))
    except ValueError:
        return 0.0
