"""`plexsend audit`: proof that the counts add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.opening import open_outbox
from plexsend.cli.options import MOMENT, example, json_option, wide_option
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.meter import meter
from plexsend.terminal.plurals import counted
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from datetime import datetime

    from plexsend.outbox.reading.audit import Audit

_COLUMNS = (Column("state"), Column("records", right=True), Column("forgotten", right=True))
_BREAKS = (Column("lane"), Column("msg_key", style="bold"), Column("what is wrong", folds=True, style="red"))
_MOST_NAMED = 5
"""Messages, lanes and keys that one remedy is said of by name."""


@click.command(epilog=example("plexsend audit", "plexsend audit --results billing"))
@click.option("--results", "reader", metavar="READER", help="Prove what this reader of results was given.")
@click.option(
    "--since",
    type=MOMENT,
    metavar="T",
    help="With --results: from when on, instead of from where the reader began (ISO 8601).",
)
@wide_option
@json_option
def audit(*, reader: str | None, since: datetime | None, wide: bool, as_json: bool) -> int:
    """Prove from the records that every message ever submitted is accounted for.

    Compares each record with the sets and counts of its lane and with its text, the counts by day (`plexsend
    stats`) with those of the lanes, and looks for what would wait for ever: lanes that nobody looks at, times
    that nobody gave, keys of other programs. `forgotten` counts messages whose records are gone, by age or by
    `plexsend prune` (with --json `archived`). Exit code 1 if anything does not add up; what breaks it is
    named, with what to do. It may run at any time; of a lane that changes meanwhile less is compared.

    With --results: of each message that ended or is parked since the reader began, the last result was given
    to it, or lies ahead of it. What was not is named. It proves that the reader's processes got it, not what
    they did with it.
    """
    screen = Screen(as_json=as_json)
    if since is not None and reader is None:
        raise click.UsageError("--since is for --results READER.")
    with open_outbox(screen) as (_, store):
        if reader is not None:
            from plexsend.cli.proving import prove_reader

            return prove_reader(screen, store, reader, since, wide=wide)
        from plexsend.outbox.reading.audit import audit as examine

        with meter(screen, "audit", "records") as report:
            result = examine(store, progress=report)
    screen.facts(
        {
            "ok": result.ok,
            "messages": result.messages,
            "states": dict(result.states),
            "archived": dict(result.archived),
            "breaks": [
                {
                    "lane": found.lane,
                    "msg_key": found.msg_key or None,
                    "what": found.what,
                    "remedy": found.remedy,
                }
                for found in result.discrepancies
            ],
            "moving": list(result.moving),
            "days_not_compared": list(result.uncompared),
        }
    )
    if not as_json:
        _show(screen, result, wide=wide)
    return 0 if result.ok else EXIT_REFUSED


def _show(screen: Screen, result: Audit, *, wide: bool) -> None:
    states = sorted({*result.states, *result.archived})
    screen.table(
        _COLUMNS,
        [
            [state, f"{result.states.get(state, 0):,}", f"{result.archived.get(state, 0):,}"]
            for state in states
        ],
    )
    if result.moving:
        screen.note(
            f"Lanes that moved meanwhile: {', '.join(result.moving)}. Of what waits there only the sums were "
            "compared."
        )
    if result.uncompared:
        screen.note(
            f"Counts by day were not compared: {', '.join(result.uncompared)}. Housekeeping takes stock "
            "there an hour after the first worker of this version began."
        )
    if result.ok:
        screen.say(f"The audit holds: {result.in_words}.", style="bold green")
        return
    breaks = [[found.lane, found.msg_key, found.what] for found in result.discrepancies]
    screen.table(_BREAKS, breaks, blocks=True, wide=wide)
    for remedy, subjects in _by_remedy(result).items():
        more = f" and {len(subjects) - _MOST_NAMED:,} more" if len(subjects) > _MOST_NAMED else ""
        screen.say(f"{', '.join(subjects[:_MOST_NAMED])}{more}: {remedy}", wraps=True)
    screen.say(
        f"The audit does not hold: {counted(len(result.discrepancies), 'break')} in "
        f"{counted(result.messages, 'message')}.",
        style="bold red",
    )


def _by_remedy(result: Audit) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in result.discrepancies:
        subjects = found.setdefault(one.remedy, [])
        if one.subject not in subjects[-_MOST_NAMED:]:
            subjects.append(one.subject)
    return found
