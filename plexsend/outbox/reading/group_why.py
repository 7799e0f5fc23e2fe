"""Why a group is not through yet: its messages counted by what they wait for, and what to do about each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.reading.flow import Flow, judge
from plexsend.outbox.reading.out_of_window import NOT_WRITTEN
from plexsend.outbox.reading.quiet import NOT_RENEWED
from plexsend.outbox.reasons import Scope
from plexsend.outbox.states import DEAD, State
from plexsend.terminal.moments import WallClock, span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plexsend.errors import Closing
    from plexsend.outbox.reading.flow import FlowSentence, PartFacts
    from plexsend.outbox.reading.groups import GroupView


@dataclass(frozen=True, slots=True)
class GroupCause:
    """Messages of a group that are not through for the same cause."""

    kind: str
    """closed, paused, one of Flow's words for what waits, scheduled, sending, uncertain or dead."""
    count: int
    """How many messages; of a closing, those that it cancelled; of a pause, those that it keeps."""
    text: str
    remedy: str = ""
    """What to do about it; empty where nothing needs to be done."""


@dataclass(frozen=True, slots=True)
class GroupWhy:
    """The answer."""

    group: str
    account: str
    total: int
    """All messages that the group has and had."""
    unsent: int
    """Those that may still go."""
    causes: tuple[GroupCause, ...]
    is_well: bool
    """Whether what waits flows, or nothing does."""


def explain_group(
    group: str,
    account: str,
    views: Sequence[GroupView],
    parts: Iterable[PartFacts],
    clock: WallClock,
    *,
    own_rate_per_s: float = 0.0,
) -> GroupWhy:
    """Return what keeps a group.

    Args:
        group: Its name.
        account: Whose it is.
        views: The group, service by service; none where nobody knows it.
        parts: The figures of what waits, service by service.
        clock: What shows times.
        own_rate_per_s: That of the run of a campaign which it is; 0: none.
    """
    states: Counter[State] = Counter()
    for view in views:
        states += view.states
    closing = next((view.closing for view in views if view.closing), None)
    judged = [(part, judge(part)) for part in parts]
    causes = [
        *_closed(closing, states, clock),
        *_paused(views, judged, clock),
        *(_waiting(part, sentence, own_rate_per_s) for part, sentence in judged if part.waiting),
        *(_quiet(part, sentence) for part, sentence in judged if part.quiet),
        *(_outside(part) for part, _ in judged if part.outside),
        *(_scheduled(part) for part, _ in judged if part.scheduled),
        *(cause for view in views for cause in _counted(view)),
    ]
    return GroupWhy(
        group,
        account,
        sum(states.values()),
        sum(view.unsent for view in views),
        tuple(causes),
        all(sentence.flow.is_well for _, sentence in judged),
    )


def _closed(closing: Closing | None, states: Counter[State], clock: WallClock) -> Iterable[GroupCause]:
    if closing is None:
        return
    because = f": {closing.why}" if closing.why else ""
    yield GroupCause(
        "closed",
        states[State.CANCELLED],
        f"it is closed since {clock.words(closing.since_ms)}, cancelled by {closing.by}{because}",
        f"Nothing is taken in until it is opened: {resume_words(closing.group, closing.account)}",
    )


# Of a group in which something waits the sentence about that says it.
def _paused(
    views: Sequence[GroupView], judged: Iterable[tuple[PartFacts, FlowSentence]], clock: WallClock
) -> Iterable[GroupCause]:
    pauses = {hold.field: hold for view in views for hold in view.holds if hold.scope is Scope.GROUP}
    if any(part.waiting for part, _ in judged):
        return
    for hold in pauses.values():
        because = f": {hold.why}" if hold.why else ""
        yield GroupCause(
            "paused",
            sum(view.unsent for view in views),
            f"it is paused since {clock.words(hold.since_ms)} by {hold.by}{because}",
            f"Nothing goes until it is resumed: {resume_words(hold.what, hold.account)}",
        )


def _waiting(part: PartFacts, sentence: FlowSentence, own_rate_per_s: float) -> GroupCause:
    pace = ""
    per_s = min((rate for rate in (part.rate_per_s, own_rate_per_s) if rate > 0), default=0.0)
    if sentence.flow in (Flow.FLOWING, Flow.LIMITED) and per_s:
        pace = f" At {per_s:g} a second alone they would take {span(part.waiting / per_s)}."
    return GroupCause(sentence.flow, part.waiting, f"wait: {sentence.text}{pace}", sentence.remedy)


def _quiet(part: PartFacts, sentence: FlowSentence) -> GroupCause:
    if not part.morning:
        return GroupCause("quiet", part.quiet, f"advertisements wait, and {NOT_RENEWED}", sentence.remedy)
    return GroupCause("quiet", part.quiet, f"wait for the morning: advertisements go {part.morning}")


def _outside(part: PartFacts) -> GroupCause:
    opens = NOT_WRITTEN if part.opens_s is None else f"it opens in {span(max(0.0, part.opens_s))}"
    return GroupCause("window", part.outside, f"wait for the window of their campaign: {opens}")


def _scheduled(part: PartFacts) -> GroupCause:
    due = "" if part.next_due_s is None else f", the first in {span(max(0.0, part.next_due_s))}"
    return GroupCause("scheduled", part.scheduled, f"of {part.service} are scheduled{due}")


def _counted(view: GroupView) -> Iterable[GroupCause]:
    states = view.states
    if states[State.SENDING]:
        yield GroupCause("sending", states[State.SENDING], f"of {view.service} are in a request now")
    if states[State.UNCERTAIN]:
        yield GroupCause(
            "uncertain",
            states[State.UNCERTAIN],
            f"of {view.service} may have been sent, and wait for a person",
            _list_words("uncertain list", view),
        )
    dead = sum(states[state] for state in DEAD)
    if dead:
        yield GroupCause(
            "dead",
            dead,
            f"of {view.service} were rejected or have failed, and are not sent unless a person asks",
            _list_words("dead list", view),
        )


def _list_words(command: str, view: GroupView) -> str:
    return "They are listed by " + " and ".join(
        f"`plexsend {command} --lane {lane.name}`" for lane in view.lanes
    )


def resume_words(group: str, account: str) -> str:
    """Return the command that lets a group go on."""
    return f"`plexsend resume group:{group} --account {account}`"
