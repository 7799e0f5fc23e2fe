"""What is done with a run: made, checked, scheduled, started, paused, cancelled, finished, dropped.

Each step is one call of a script, so nothing of it is half done, and it can be made again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.outbox.closings import closing_json
from plexsend.outbox.holds import Reason, Scope, hold_field, pause_json
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.redis.put import put
from plexsend.outbox.replies import text
from plexsend.outbox.runs.calls import call_run, flat
from plexsend.outbox.runs.failures import RunFenced, RunRefused
from plexsend.outbox.runs.making import form_for_campaigns
from plexsend.outbox.runs.states import MISSED, RunState, RunStep, run_word
from plexsend.outbox.runs.windows import written_window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plexsend.outbox.orders import Argument
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.fates import Fate
    from plexsend.outbox.runs.run import RunChunk

_AT_ONCE = 500
"""Chunks or fates in one call."""
_NOTES = frozenset({"test", "plan", "watch", "label", "source", "kept_out"})
"""What others write down of a run, whatever its state: `watch` is the failure watch's own."""


@dataclass(frozen=True, slots=True)
class StepDone:
    """What became of a step."""

    changed: bool
    """False: it was so before."""
    state: RunState


def name_chunks(
    store: Store, account: str, group: str, chunks: Iterable[RunChunk], *, lease: int = 0
) -> None:
    """Name chunks of a draft that are on the disk; a second time changes nothing.

    `lease`: that of who prepares it; here and below: where another was given since, RunRefused is raised.
    """
    fields = [
        value
        for chunk in chunks
        for value in (f"c:{chunk.number}", f"{chunk.digest} {chunk.first_row} {chunk.rows}")
    ]
    for at in range(0, len(fields), 2 * _AT_ONCE):
        page = fields[at : at + 2 * _AT_ONCE]
        _done(call_run(store, account, "name", group, lease=lease, rest=page), group, "be given recipients")


def name_recipients(
    store: Store, account: str, group: str, *, columns: Sequence[str], definition: str, lease: int = 0
) -> None:
    """Write down what the columns of a draft's recipients are called, and its definition (JSON)."""
    fields = {"columns": json.dumps(list(columns), ensure_ascii=False), "definition": definition}
    reply = call_run(store, account, "name", group, lease=lease, rest=flat(fields))
    _done(reply, group, "be given recipients")


def set_draft(store: Store, account: str, group: str, *, why: str = "", lease: int = 0) -> StepDone:
    """Make a run a draft again, such as one with too many invalid rows."""
    fields = {"why": why, "prepares": ""}
    return _step(store, account, RunStep.DRAFT, group, lease=lease, rest=flat(fields))


def set_checked(
    store: Store,
    account: str,
    group: str,
    *,
    rows: int,
    invalid: int,
    left_out: int,
    marks: str = "",
    plan: str = "",
    lease: int = 0,
) -> StepDone:
    """Note that every row was checked: the run may start.

    `marks`: what names the file of its marks, which is on the disk; `plan`: JSON.
    """
    fields = {"rows": rows, "invalid": invalid, "left_out": left_out, "plan": plan, "why": "", "prepares": ""}
    fields["marks"] = marks
    return _step(store, account, RunStep.CHECK, group, lease=lease, rest=flat(fields))


def schedule(
    store: Store,
    account: str,
    group: str,
    at_ms: int,
    *,
    if_missed: str = "start",
    missed_within_min: int = 60,
) -> StepDone:
    """Let a run start, or go on, at a time. One that was missed starts late (`start`) or not (`skip`)."""
    fields = {"if_missed": if_missed, "missed_within_min": missed_within_min}
    return _step(store, account, RunStep.SCHEDULE, group, at_ms=at_ms, rest=flat(fields))


def reschedule(store: Store, account: str, group: str, at_ms: int) -> StepDone:
    """Give a run another time, whether it waits, runs or is paused; what to do when missed stays.

    One that was paused keeps its group held, until `release_group`: what was fed of it has other times then.
    """
    return _step(store, account, RunStep.SCHEDULE, group, at_ms=at_ms)


def release_group(store: Store, account: str, group: str) -> StepDone:
    """End the pause of a run's group, such as that of one that was given another time while it was paused."""
    reply = call_run(store, account, "release_group", group, hold=_pause_of(group))
    return _done(reply, group, "be released")


def start(store: Store, account: str, group: str) -> StepDone:
    """Let a checked or scheduled run go now."""
    form_for_campaigns(store)
    return _step(store, account, RunStep.START, group)


def pause(store: Store, account: str, group: str, *, by: str, why: str = "") -> StepDone:
    """Pause a run: nothing of it is fed or sent any more. A second one changes only by whom and why."""
    _name_held(store, account)
    return _step(
        store,
        account,
        RunStep.PAUSE,
        group,
        hold=_pause_of(group),
        text=pause_json(by, why, server_ms(store)),
        rest=flat({"why": why, "by_whom": by}),
    )


def resume(store: Store, account: str, group: str) -> StepDone:
    """Let a paused run go on; one whose time has not come waits for it again.

    One that missed its time while it was paused starts late, or is checked, as `schedule` was asked.
    """
    return _step(store, account, RunStep.RESUME, group, hold=_pause_of(group), text=MISSED)


def cancel(store: Store, account: str, group: str, *, by: str, why: str = "") -> StepDone:
    """End a run: nothing of it is fed or sent any more, and its group is closed.

    What waits is to be cancelled then (`groups.cancel`), and the run to be finished, which lets its group go.
    """
    at_ms = server_ms(store)
    _name_held(store, account)
    return _step(
        store,
        account,
        RunStep.CANCEL,
        group,
        hold=_pause_of(group),
        text=pause_json(by, why, at_ms),
        closing=closing_json(by, why, at_ms),
        rest=flat({"why": why, "by_whom": by}),
    )


def finish(store: Store, account: str, group: str) -> StepDone:
    """Note that nothing of a run lives any more: it is done, or stays cancelled with its group let go."""
    return _step(store, account, RunStep.FINISH, group, hold=_pause_of(group))


def drop(store: Store, account: str, group: str) -> StepDone:
    """Forget the chunks, columns and fates of a run that is over or never started; its counts stay."""
    return _done(call_run(store, account, "drop", group), group, "be dropped")


def remove(store: Store, account: str, group: str, *, campaign: str = "") -> StepDone:
    """Forget a run that was dropped, and has no lane any more, with all that it counted.

    `campaign`: its campaign as Redis has it (JSON), to be forgotten too unless it has a newer run by now.
    """
    return _done(call_run(store, account, "remove", group, text=campaign), group, "be forgotten")


def set_rate(store: Store, account: str, group: str, per_s: float | None) -> StepDone:
    """Set how many messages of a run are fed a second at most; None: as many as go."""
    return _done(call_run(store, account, "rate", group, text=str(per_s or 0)), group, "have a rate")


def set_window(store: Store, account: str, group: str, spans: Iterable[tuple[int, int]] | None) -> StepDone:
    """Set the spans (ms) in which a run may send. None: at any time. No span: never, until it has some."""
    written = written_window(spans)
    return _done(call_run(store, account, "window", group, text=written), group, "have a window")


def note_run(store: Store, account: str, group: str, **notes: str | int) -> None:
    """Write down facts of a run that are not its state: `test`, `plan`, `watch`, `label`, `source`."""
    if unknown := notes.keys() - _NOTES:
        raise TypeError(f"{min(unknown)} is not a note of a run")
    _done(call_run(store, account, "note", group, rest=flat(notes)), group, "be noted of")


def write_fates(store: Store, account: str, group: str, fates: Mapping[int, Fate], *, lease: int = 0) -> None:
    """Write what became of rows that have no message; a better fate that a row has stays.

    `lease`: that of who feeds it; raises RunFenced where another was given since.
    """
    values: list[Argument] = [value for row, fate in fates.items() for value in (row, str(fate))]
    for at in range(0, len(values), 2 * _AT_ONCE):
        page = values[at : at + 2 * _AT_ONCE]
        reply = call_run(store, account, "fates", group, lease=lease, rest=page)
        if text(reply["status"]) == "fenced":
            raise RunFenced(group, "lease")
        _done(reply, group, "have fates")


def _step(
    store: Store,
    account: str,
    step: RunStep,
    group: str,
    *,
    rest: Sequence[Argument] = (),
    **values: Argument,
) -> StepDone:
    return _done(call_run(store, account, step, group, rest=rest, **values), group, _ASKED[step])


_ASKED = {
    RunStep.DRAFT: "be a draft again",
    RunStep.CHECK: "be checked",
    RunStep.SCHEDULE: "be scheduled",
    RunStep.START: "start",
    RunStep.PAUSE: "be paused",
    RunStep.RESUME: "go on",
    RunStep.CANCEL: "be cancelled",
    RunStep.FINISH: "be finished",
}


_REMEDIES = {
    RunState.DONE: "`plexsend campaign report {}` says what became of its rows.",
    RunState.CANCELLED: "For the rows of it that were not sent: `plexsend campaign create FILE "
    "--from-run {} --only unsent`.",
    RunState.CHECKED: "`plexsend campaign start {}` starts it.",
    RunState.DRAFT: "`plexsend campaign show {}` says why.",
}
"""What is to be done in a state that a step does not fit to."""


def _done(reply: Mapping[str, Any], group: str, asked: str) -> StepDone:
    status, word = text(reply["status"]), text(reply["state"])
    written = group.replace("~", "/")
    if status == "unknown":
        raise RunRefused(f"There is no run {written}. List what there is: plexsend campaign list", None)
    state = RunState(word)
    if status == "busy":
        raise RunRefused(f"The run {written} cannot {asked} yet: what waits of it is being cancelled.", state)
    if status == "refused":
        remedy = _REMEDIES.get(state, "`plexsend campaign show {}` says how it is.").format(written)
        raise RunRefused(f"The run {written} cannot {asked}: it is {run_word(state)}. {remedy}", state)
    return StepDone(status == "done", state)


# Otherwise nobody would look for what is held and closed in an account that has no lane yet.
def _name_held(store: Store, account: str) -> None:
    put(store, "SADD", store.keys.held, account)


def _pause_of(group: str) -> str:
    return hold_field(Scope.GROUP, Reason.PAUSE, group)
