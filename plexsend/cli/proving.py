"""The proof of a reader on the command line: what it was given, and the keys of what it was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.reader_finding import check_readable, find_readers, ms_in_account, was_dropped
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.prune import ended_count
from plexsend.outbox.results.proof import prove
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.meter import meter, towards
from plexsend.terminal.moments import WallClock, utc
from plexsend.terminal.plurals import counted
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.results.proof import NotGiven, Proof
    from plexsend.terminal.screen import Screen

_MOST_SHOWN = 20
"""Missing messages that people see; programs get all."""
WHY = {
    "trimmed": "gone by age before the reader came",
    "deleted": "not in the stream: somebody took it out, or it was never put there",
    "skipped": "somebody put the reader behind it",
    "unreadable": "a newer plexsend wrote it, and the reader could not read it",
    "lost": "the stream was taken away",
    "early": "from before the reader began",
}
"""Reason → what people read."""


def prove_reader(screen: Screen, store: Store, reader: str, since: datetime | None, *, wide: bool) -> int:
    """Prove what a reader was given in all its accounts, print it, and return the exit code."""
    proofs: list[Proof] = []
    states = find_readers(store, reader, None)
    check_readable(states)
    with meter(screen, "audit", "messages") as show:
        for state in states:
            account = state.account
            most = ended_count(store, account)
            since_ms = None if since is None else ms_in_account(store, account, since)
            proof = prove(store, account, reader, since_ms, progress=towards(show, most))
            # It would be missing in what is said of all accounts.
            if proof is None:
                raise was_dropped(state)
            proofs.append(proof)
    screen.facts(_facts(reader, proofs))
    if not screen.as_json:
        clock = clock_of(store, *(proof.account for proof in proofs))
        _show(screen, clock, reader, proofs, wide=wide)
    return 0 if _holds(proofs) else EXIT_REFUSED


def _holds(proofs: Sequence[Proof]) -> bool:
    return all(proof.ok for proof in proofs)


def _facts(reader: str, proofs: Sequence[Proof]) -> dict[str, object]:
    return {
        "ok": _holds(proofs),
        "reader": reader,
        "given": sum(proof.given for proof in proofs),
        "ahead": sum(proof.ahead for proof in proofs),
        "unknown": sum(proof.unknown for proof in proofs),
        "missing": [_missing_json(proof, each) for proof in proofs for each in proof.missing],
        "trimmed": [
            {
                "account": proof.account,
                "from": utc(each.from_ms or None),
                "to": utc(each.to_ms),
                "entries": each.entries or None,
                "why": each.why,
            }
            for proof in proofs
            for each in proof.trimmed
        ],
        "accounts": [
            {
                "account": proof.account,
                "since": utc(proof.since_ms),
                "given": proof.given,
                "ahead": proof.ahead,
                "unknown": proof.unknown,
                "missing": len(proof.missing),
            }
            for proof in proofs
        ],
    }


def _missing_json(proof: Proof, each: NotGiven) -> dict[str, object]:
    return {
        "account": proof.account,
        "msg_key": each.msg_key,
        "state": each.state,
        "at": utc(each.at_ms),
        "why": each.why,
    }


def _show(screen: Screen, clock: WallClock, reader: str, proofs: Sequence[Proof], *, wide: bool) -> None:
    columns = (
        Column("account"),
        Column(clock.title("since")),
        *(Column(title, right=True) for title in ("given", "ahead", "unknown")),
        Column("missing", right=True, style="red"),
    )
    rows = [
        [
            proof.account,
            clock.cell(proof.since_ms),
            *(f"{n:,}" for n in (proof.given, proof.ahead, proof.unknown, len(proof.missing))),
        ]
        for proof in proofs
    ]
    screen.table(columns, rows, blocks=True, wide=wide)
    for proof in proofs:
        for each in proof.trimmed:
            n = (
                counted(each.entries, "entry", "entries")
                if each.entries
                else "entries, nobody knows how many,"
            )
            screen.note(
                f"{proof.account}: {n} missed, between "
                f"{clock.cell(each.from_ms)} and {clock.words(each.to_ms)} ({each.why})."
            )
    missing = [(proof, each) for proof in proofs for each in proof.missing]
    if not missing:
        total = sum(proof.counted for proof in proofs)
        screen.say(
            f"The proof holds for {counted(total, 'message')}: each was given to {reader}, "
            "or lies ahead of it.",
            style="bold green",
        )
        screen.note("Given: its processes got it and ended it. What they did with it, only they know.")
        return
    shown = [
        [each.msg_key, proof.account, each.state, clock.cell(each.at_ms), WHY.get(each.why, each.why)]
        for proof, each in missing[:_MOST_SHOWN]
    ]
    columns = (
        Column("msg_key", style="bold"),
        Column("account"),
        Column("state"),
        Column(clock.title("at")),
        Column("why", folds=True, style="red"),
    )
    screen.table(columns, shown, blocks=True, wide=wide)
    if len(missing) > _MOST_SHOWN:
        screen.note(f"and {len(missing) - _MOST_SHOWN:,} more; --json names all of them.")
    earliest = clock.iso(min(each.at_ms for _, each in missing))
    screen.say(
        f"The proof does not hold: {counted(len(missing), 'message was', 'messages were')} not given to "
        f"{reader}. Rebuild them from the records: plexsend results replay {reader} --since {earliest}",
        style="bold red",
    )
