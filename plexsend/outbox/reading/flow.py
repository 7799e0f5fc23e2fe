"""Does it flow, and if not, what keeps it? One sentence for a service of an account, and one for all.

Pure: `flow_facts` reads what is needed, and every sentence follows from those figures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from plexsend.outbox.reading.flow_parts import PartFacts, Total
from plexsend.outbox.reading.quiet import NOT_RENEWED, RENEW
from plexsend.outbox.reasons import Reason
from plexsend.terminal.moments import span
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Flow", "FlowSentence", "PartFacts", "judge", "judge_all"]

PATIENCE_S = 5.0
"""What has waited for less flows, whatever the figures are: a linger, a doorbell, a retry take their time."""
_NEARLY = 0.9
"""A share of a limit that counts as the whole: a second that is looked at is never the limiter's own."""


class Flow(StrEnum):
    """How it is, the worst first."""

    UNSERVED = "unserved"
    """No living worker can serve it."""
    HELD = "held"
    """A hold keeps some or all of it."""
    STALLED = "stalled"
    """Nothing is sent, and nothing that Redis knows of keeps it."""
    OVERLOADED = "overloaded"
    """All threads of the workers are busy."""
    SLOW = "slow"
    """As many requests as allowed are under way, and the gateway takes its time for each."""
    LIMITED = "limited"
    """It goes as fast as its rate allows, or has sent what it may send today."""
    QUIET = "quiet"
    """All that waits are advertisements, and they wait for the morning."""
    WINDOW = "window"
    """All that waits is of campaigns, and waits for their windows."""
    FLOWING = "flowing"
    IDLE = "idle"
    """Nothing waits."""

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to look."""
        return self in (Flow.QUIET, Flow.WINDOW, Flow.FLOWING, Flow.IDLE)


@dataclass(frozen=True, slots=True)
class FlowSentence:
    """The answer: what is the matter, in one sentence with figures, and what to do about it."""

    flow: Flow
    text: str
    remedy: str = ""
    """Empty where nothing needs to be done."""


def judge(part: PartFacts) -> FlowSentence:
    """Return how it is with one part."""
    if part.quiet and not part.morning:
        waits = counted(part.quiet, "advertisement waits", "advertisements wait")
        return FlowSentence(Flow.HELD, f"{waits} in {part.name}, and {NOT_RENEWED}.", f"{RENEW}.")
    found = _judge(part)
    also = _also_waits(part.quiet, part.outside)
    return found if found.flow.is_well else replace(found, text=f"{found.text}{also}")


def _judge(part: PartFacts) -> FlowSentence:
    if not part.waiting:
        return _calm(Total.of([part]), f" in {part.name}")
    for look in (_held, _unserved, _out_for_today, _young, _limited, _overloaded, _slow, _stalled):
        found = look(part)
        if found is not None:
            return found
    return _calm(Total.of([part]), f" in {part.name}")


def judge_all(parts: Sequence[PartFacts]) -> FlowSentence:
    """Return how it is with all parts: the worst of them, or how much flows."""
    worst = sorted(((judge(part), part) for part in parts), key=lambda one: (_rank(one[0]), -one[1].waiting))
    if not worst or worst[0][0].flow.is_well:
        return _calm(Total.of(parts), "")
    first = worst[0][0]
    others = [part.name for sentence, part in worst[1:] if sentence.flow is first.flow]
    if not others:
        return first
    more = f" The same is true of {_listed(others)}."
    return FlowSentence(first.flow, first.text + more, first.remedy)


def _rank(sentence: FlowSentence) -> int:
    return list(Flow).index(sentence.flow)


def _calm(total: Total, where: str) -> FlowSentence:
    if total.waiting or total.sending or total.sent_per_s:
        waits = f"{_waits(total.waiting, total.oldest_s)}." if total.waiting else "nothing waits longer."
        also = _also_waits(total.quiet, total.outside)
        return FlowSentence(Flow.FLOWING, f"It flows{where}: {_pace(total.sent_per_s)} now, {waits}{also}")
    later = ""
    if total.scheduled:
        due = "" if total.next_due_s is None else f", the next in {span(max(0.0, total.next_due_s))}"
        later = f" {_messages(total.scheduled)} scheduled{due}."
    if total.quiet:
        opens = f"{_waits_for_morning(total.quiet)}{where}: they go {total.morning}"
        return FlowSentence(Flow.QUIET, f"{opens}.{_also_waits(0, total.outside)}{later}")
    if total.outside:
        opens = "nothing says when" if total.opens_s is None else f"the first in {span(total.opens_s)}"
        text = f"{_waits_for_window(total.outside)}{where}: it opens again, {opens}.{later}"
        return FlowSentence(Flow.WINDOW, text)
    return FlowSentence(Flow.IDLE, f"Nothing waits{where}.{later}")


def _held(part: PartFacts) -> FlowSentence | None:
    if not part.holds or not part.held:
        return None
    # A restored copy brings old holds back, and what the restore itself asks of a person comes first.
    hold = max(part.holds, key=lambda hold: hold.reason is Reason.REWOUND)
    because = f": {hold.why}" if hold.why else ""
    share = f"{part.held:,} of {part.waiting:,}" if part.held < part.waiting else f"{part.waiting:,}"
    noun, verb = ("message", "waits") if part.waiting == 1 else ("messages", "wait")
    more = len(part.holds) - 1
    also = f" {more} more {'holds' if more == 1 else 'hold'} it too: `plexsend holds`." if more else ""
    alone = (
        f" No worker serves {part.service} either."
        if not part.processes and hold.reason is not Reason.AUTH
        else ""
    )
    text = (
        f"{str(hold.scope).capitalize()} {hold.what} is held ({hold.reason}) by {hold.by}{because}. "
        f"{share} {noun} of {part.name} {verb} for it{_since(part)}.{also}{alone}"
    )
    return FlowSentence(
        Flow.HELD,
        text,
        f"How it ends: {hold.how_it_ends}. {hold.resuming}: `{hold.ending_command}`.",
    )


def _unserved(part: PartFacts) -> FlowSentence | None:
    if part.processes:
        return None
    because = part.unserved_because or f"start one: `plexsend worker -Q {part.service}`"
    return FlowSentence(
        Flow.UNSERVED,
        f"No worker serves {part.name}: {_waits(part.waiting, part.oldest_s)}.",
        f"{because[0].upper()}{because[1:]}.",
    )


def _out_for_today(part: PartFacts) -> FlowSentence | None:
    if not part.day_limit or part.sent_today < part.day_limit:
        return None
    return FlowSentence(
        Flow.LIMITED,
        f"{part.name} is limited to {counted(part.day_limit, 'message')} a day and has sent them. "
        f"Until midnight {_waits(part.waiting, part.oldest_s)}.",
        f"Raise it: `plexsend policy set {part.service}@{part.account} daily_limit=N --reason R`.",
    )


def _young(part: PartFacts) -> FlowSentence | None:
    if part.oldest_s is None or part.oldest_s >= PATIENCE_S:
        return None
    return _calm(Total.of([part]), f" in {part.name}")


def _limited(part: PartFacts) -> FlowSentence | None:
    # A low rate lets a batch go from time to time, and the seconds that were looked at may be in between.
    rests = part.next_s > 0 and not part.drains
    if not part.rate_per_s or (part.sent_per_s < _NEARLY * part.rate_per_s and not rests):
        return None
    sends = f"lets the next go in {span(part.next_s)}" if rests else f"sends {part.sent_per_s:.0f}"
    return FlowSentence(
        Flow.LIMITED,
        f"{part.name} is limited to {part.rate_per_s:g} messages a second and {sends}: "
        f"{_waits(part.waiting, part.oldest_s)}, which takes {span(part.waiting / part.rate_per_s)}.",
        "If the gateway allows more: "
        f"`plexsend policy set {part.service}@{part.account} rate_per_s=N --reason R`.",
    )


def _overloaded(part: PartFacts) -> FlowSentence | None:
    if not part.threads or part.busy < part.threads * 0.95:
        return None
    processes = counted(part.processes, "process", "processes")
    return FlowSentence(
        Flow.OVERLOADED,
        f"The workers are overloaded: all {part.threads} threads of {processes} that serve {part.name} are "
        f"busy. {_figures(part)}",
        "Start more: `plexsend worker`, on this machine or another.",
    )


def _slow(part: PartFacts) -> FlowSentence | None:
    if not part.most_drains or part.drains < part.most_drains:
        return None
    pace = f"{part.requests_per_s:.1f} a second are answered"
    takes = pace if part.requests_per_s else "none was answered in the last seconds"
    return FlowSentence(
        Flow.SLOW,
        f"The gateway is slow: {part.drains} requests of {part.name} are under way, as many as may be, and "
        f"{takes}. {_figures(part)}",
        "Ask the gateway's operator. If it allows more at once: "
        f"`plexsend policy set {part.service}@{part.account} connections=N --reason R`.",
    )


def _stalled(part: PartFacts) -> FlowSentence | None:
    if part.sent_per_s or part.drains:
        return None
    return FlowSentence(
        Flow.STALLED,
        f"Nothing is sent of {part.name}, though "
        f"{counted(part.processes, 'living worker serves', 'living workers serve')} it and nothing holds "
        f"it: {_waits(part.waiting, part.oldest_s)}.",
        "Look with `plexsend doctor` whether the broker answers, and at the workers' logs.",
    )


def _figures(part: PartFacts) -> str:
    return f"{_pace(part.sent_per_s).capitalize()} now, {_waits(part.waiting, part.oldest_s)}."


def _pace(per_s: float) -> str:
    return f"{per_s:,.0f} messages a second" if per_s >= 10 or not per_s else f"{per_s:.1f} messages a second"  # noqa: PLR2004  below, a tenth is worth showing


def _waits(count: int, oldest_s: float | None) -> str:
    words = counted(count, "message waits", "messages wait")
    return words if oldest_s is None else f"{words}, the oldest for {span(oldest_s)}"


def _waits_for_morning(count: int) -> str:
    return f"{counted(count, 'advertisement waits', 'advertisements wait')} for the morning"


def _waits_for_window(count: int) -> str:
    whose = "its campaign" if count == 1 else "their campaigns"
    return f"{counted(count, 'message waits', 'messages wait')} for the window of {whose}"


def _also_waits(quiet: int, outside: int) -> str:
    morning = f" {_waits_for_morning(quiet)}." if quiet else ""
    return f"{morning} {_waits_for_window(outside)}." if outside else morning


def _since(part: PartFacts) -> str:
    return "" if part.oldest_s is None else f", the oldest for {span(part.oldest_s)}"


def _messages(count: int) -> str:
    return counted(count, "message is", "messages are")


def _listed(shown: Sequence[str], most: int = 3) -> str:
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more
