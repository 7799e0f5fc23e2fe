"""Runs of campaigns as they are printed for people: a table of many, a page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.runs.states import OVER, RUN_WORDS, RunState
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.campaigns.reading.counting import RowOutcomeName
    from plexsend.campaigns.viewing import RunView
    from plexsend.outbox.runs.run import Run
    from plexsend.outbox.runs.steps import StepDone
    from plexsend.terminal.moments import WallClock
    from plexsend.terminal.screen import Screen

_STYLES = {
    RunState.RUNNING: "bold green",
    RunState.PAUSED: "bold yellow",
    RunState.CANCELLED: "bold red",
}
_OUTCOMES: Mapping[RowOutcomeName, tuple[str, str, tuple[str, ...]]] = {
    "success": ("성공", "success", ("delivered", "accepted")),
    "failure": ("실패", "failure", ("undelivered", "unknown", "rejected", "failed", "expired")),
    "pending": ("대기", "pending", ("scheduled", "waiting", "sending", "uncertain", "accepted")),
    "excluded": ("제외", "excluded", ("cancelled", "suppressed", "left_out")),
}
"""Outcome → its words in Korean and English, and what it is made of."""


def step_facts(run: Run, done: StepDone) -> dict[str, object]:
    """Return what programs read of a step."""
    return {
        "name": run.name,
        "run": run.number,
        "account": run.account,
        "state": str(done.state),
        "changed": done.changed,
    }


def state_words(state: RunState) -> str:
    """Return the words for a state, in English and Korean."""
    return " ".join(RUN_WORDS[state])


def list_views(screen: Screen, views: Sequence[RunView], clock: WallClock, *, wide: bool) -> None:
    """Print runs, a row each."""
    several = len({view.run.account for view in views}) > 1
    columns = [
        Column("run", style="bold"),
        Column("label", folds=True, least=8, leave_out=2),
        Column("account", leave_out=0 if several else 1),
        Column("state"),
        Column("rows", right=True, leave_out=4),
        *(Column(korean, right=True) for korean, _, _ in _OUTCOMES.values()),
        Column(clock.title("starts"), leave_out=3),
    ]
    rows = [
        [
            view.run.written,
            view.run.label,
            view.run.account,
            state_words(view.state),
            f"{view.counts.rows:,}",
            *(f"{n:,}" for n in view.counts.outcomes.values()),
            clock.cell(view.starts_at_ms),
        ]
        for view in views
    ]
    empty = "There is no campaign yet. `plexsend campaign create FILE` makes one."
    screen.table(columns, rows, empty=empty, blocks=True, wide=wide)


def show_view(screen: Screen, view: RunView, clock: WallClock) -> None:
    """Print one run."""
    run, counts = view.run, view.counts
    label = f"  {run.label}" if run.label else ""
    screen.say(f"{run.written}{label}  {state_words(view.state)}", style=_STYLES.get(view.state, "bold"))
    screen.item(
        "  rows       ", f"{counts.rows:,}" + (f" of {run.source.replace('~', '/')}" if run.source else "")
    )
    for outcome, n in counts.outcomes.items():
        korean, english, _ = _OUTCOMES[outcome]
        # In front of what a terminal breaks at words: it keeps its column.
        lead, parts = f"  {korean} {english:<9}{n:>9,}", _parts(view, outcome)
        if parts:
            screen.item(f"{lead}  ", parts)
        else:
            screen.say(lead)
    for name, words in _facts(view, clock):
        if words:
            screen.item(f"  {name:<11}", words)
    for sentence in view.why:
        screen.say(f"  - {sentence}", wraps=True)


def _facts(view: RunView, clock: WallClock) -> list[tuple[str, str]]:
    run, counts = view.run, view.counts
    is_begun = bool(run.started_ms)
    is_over = run.state in OVER
    pace = f"{view.pace_per_s:,.1f} a second" if view.pace_per_s else ""
    limit = f"at most {run.rate:g} a second" if run.rate else ""
    deleted = clock.words(view.deleted_at_ms)
    ends = clock.words(view.ends_at_ms)
    tested = f"sent at {clock.words(run.tested_ms)}" if run.tested_ms else _untested(run)
    return [
        ("fallback", f"{counts.fallback:,} went in place of their message" if counts.fallback else ""),
        ("started" if is_begun else "starts", clock.words(view.starts_at_ms)),
        ("ended", ends) if is_over else ("ends", f"about {ends}" if ends else ""),
        ("pace", ", ".join(filter(None, (pace, limit)))),
        ("test", "" if is_over else tested),
        ("recipients", f"{'were' if run.dropped_ms else 'will be'} deleted at {deleted}" if deleted else ""),
    ]


def _untested(run: Run) -> str:
    if run.state not in (RunState.DRAFT, RunState.CHECKED, RunState.SCHEDULED):
        return ""
    return f"none was sent: plexsend campaign test {run.written} --to 010…"


def _parts(view: RunView, outcome: RowOutcomeName) -> str:
    _, _, names = _OUTCOMES[outcome]
    counts = view.counts
    found = []
    for name in names:
        n = int(getattr(counts, name))
        if name == "accepted":
            n = counts.awaited if outcome == "pending" else counts.accepted - counts.awaited
        if n:
            words = "accepted, no receipt yet" if name == "accepted" and outcome == "pending" else name
            if name == "scheduled" and view.state in (RunState.DRAFT, RunState.CHECKED):
                words = "not started"
            found.append(f"{words.replace('_', ' ')} {n:,}")
    return ", ".join(found)
