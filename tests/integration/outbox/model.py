"""The outbox in plain Python: what every script must do, told a second time and much shorter.

Time is a number in ms, moved by its owner. Sets, scores and keys of Redis do not occur here; what cannot be
told without them (in which order things become due within one moment, whether a lane has room for a drain) is
an argument.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from plexsend.outbox.batches import Outcome, Settlement, Verdict
from plexsend.outbox.states import DEAD, LIVING, Event, State
from tests.integration.outbox.told import Told, check, leads_to
from tests.integration.outbox.told_holds import RECLAIM_MS, ToldHolds
from tests.integration.outbox.told_receipts import decide, receive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.lanes import Lane
    from tests.integration.outbox.told import Beside

MOST_DUE = 50
"""What one take brings from `later` to `ready`."""
FULL_BATCH = 10


class Model:
    """All messages and holds of one account."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.messages: dict[str, Told] = {}
        self.submitted: Counter[Lane] = Counter()
        self.archived: Counter[Lane] = Counter()
        self.holds = ToldHolds()
        self.closed: set[str] = set()
        """Groups that a cancel closed."""
        self.parking: set[str] = set()
        """Services in which nothing that may have been sent goes again by itself."""
        self.receipts_come = False
        self._places = 0

    def submit(
        self, lane: Lane, key: str, body: bytes, *, due_ms: int | None, expires_ms: int | None
    ) -> tuple[str, State]:
        """Tell what the submit of one message answers."""
        assert lane.group not in self.closed, "nothing is taken into a closed group"
        known = self.messages.get(key)
        if known is not None:
            same = (known.lane, known.body) == (lane, body)
            return ("duplicate" if same else "conflict"), known.state
        event = Event.SUBMIT_NOW if due_ms is None else Event.SUBMIT_LATER
        told = Told(lane, body, leads_to(event, None), due_ms=due_ms or 0, expires_ms=expires_ms)
        if due_ms is None:
            told.place = self._next_place()
        self.messages[key] = told
        self.submitted[lane] += 1
        return "added", told.state

    def settle(self, lane: Lane, settlement: Settlement, *, for_another: bool = False) -> None:
        """Settle every verdict, then let the effects move the holds."""
        for judged in settlement.verdicts:
            verdict = judged
            if verdict.outcome is Outcome.RETRY and lane.service in self.parking:
                verdict = replace(verdict, outcome=Outcome.PARK, delay_ms=0, alone=False)
            told = self.messages.get(verdict.msg_key)
            if told is None or told.is_repeated(verdict):
                continue
            if told.token == verdict.token:
                self._settle_own(told, verdict, for_another=for_another)
            elif verdict.outcome is Outcome.ACCEPTED:
                self._accept_late(told)
        self.holds.apply(lane, settlement, self.now_ms)

    def take(
        self,
        lane: Lane,
        drain: str,
        sequence: int,
        *,
        room: bool,
        due: Sequence[str],
        beside: Beside | None = None,
    ) -> tuple[list[str], bool]:
        """Return the keys that a take hands out, and whether they probe; `due`: what is due, in its order."""
        self.holds.forget_take(drain)
        blocked, probes, size = self.holds.gate(lane, self.now_ms)
        if blocked or not room:
            return [], False
        told_due = sorted(key for key, told in self.messages.items() if self._is_due(told, lane))
        assert set(due) <= set(told_due)
        assert len(due) == min(len(told_due), MOST_DUE)
        self._mature(due)
        chosen = self._choose(lane, size, probing=bool(probes))
        if beside is not None and len(chosen) < size and not any(map(self._goes_alone, chosen)):
            chosen += self._fill(beside, size - len(chosen))
        for key in chosen:
            told = self.messages[key]
            self._move(told, Event.TAKE)
            told.token, told.abandoned_ms = f"{drain}.{sequence}", self.now_ms + RECLAIM_MS
        if chosen:
            self.holds.note_take(drain, sequence, probes, self.now_ms)
        return chosen, bool(probes)

    def _mature(self, due: Sequence[str]) -> None:
        for key in due:
            told = self.messages[key]
            if told.place is None:
                told.place = self._next_place()
            self._move(told, Event.DUE)

    def _goes_alone(self, key: str) -> bool:
        return "a" in self.messages[key].flags

    # A lane that could fill a batch by itself sends by itself.
    def _fill(self, beside: Beside, most: int) -> list[str]:
        if not 0 < len(self._in_line(beside.lane)) + len(beside.due) < FULL_BATCH:
            return []
        self._mature(beside.due)
        if self.holds.is_paused(beside.lane):
            return []
        chosen = self._choose(beside.lane, most, probing=False)
        return [key for key in chosen if not self._goes_alone(key)]

    def has_work(self, lane: Lane) -> bool:
        """Tell whether the lane has anything that could be taken now."""
        messages = self.messages.values()
        return bool(self._in_line(lane)) or any(self._is_due(told, lane) for told in messages)

    def steer(self, act: str, key: str) -> None:
        """Do what a person asks for; nothing where the state does not allow it."""
        told = self.messages.get(key)
        if told is None:
            return
        if act == "cancel" and told.state is State.SENDING:
            told.flags.add("c")
        elif act == "cancel" and told.state in (State.WAITING, State.SCHEDULED):
            self._move(told, Event.PARK if "m" in told.flags else Event.CANCEL)
        elif act in ("requeue", "resend") and told.lane.group in self.closed:
            # It would be sent again, and a cancel stopped its group.
            return
        elif act in ("requeue", "drop") and told.state in DEAD:
            if act == "drop":
                self._forget(key, Event.DROP)
                return
            self._start_anew(told, Event.REQUEUE)
        elif act in ("accepted", "resend", "failed") and told.state is State.UNCERTAIN:
            if act == "resend":
                told.flags.add("a")
                self._start_anew(told, Event.SETTLE_RESEND)
            else:
                self._move(told, Event("settle_" + act))

    def cancel_lane(self, lane: Lane) -> tuple[int, int, set[str]]:
        """Cancel all of a lane; return how many are cancelled and how many wanted, and which are parked."""
        mine = {key: told for key, told in self.messages.items() if told.lane == lane}
        states = {key: (told.state, set(told.flags)) for key, told in mine.items()}
        for key in mine:
            self.steer("cancel", key)
        cancelled = sum(told.state is State.CANCELLED is not states[key][0] for key, told in mine.items())
        wanted = sum("c" in told.flags - states[key][1] for key, told in mine.items())
        parked = {key for key, told in mine.items() if told.state is State.UNCERTAIN is not states[key][0]}
        return cancelled, wanted, parked

    def reschedule(self, key: str, at_ms: int) -> str:
        """Tell what becomes of a message that is to go at another time."""
        told = self.messages.get(key)
        if told is None:
            return "unknown"
        stays = told.why_it_stays(at_ms, self.now_ms)
        if stays:
            return stays
        if at_ms > self.now_ms:
            # It is ready for the first time once more then.
            told.place, told.due_ms = None, at_ms
            self._move(told, Event.POSTPONE)
            return "rescheduled"
        if told.state is State.WAITING:
            return "kept"
        if told.place is None:
            told.place = self._next_place()
        self._move(told, Event.DUE)
        return "rescheduled"

    def receive(self, key: str, rank: int) -> None:
        """Let a receipt come, see told_receipts."""
        if told := self.messages.get(key):
            self.receipts_come = True
            if event := receive(told, rank):
                self._move(told, event)

    def archive(self, keep_ms: int) -> None:
        """Forget what ended long ago. Where receipts come, records are kept for longer than a run takes."""
        for key, told in [] if self.receipts_come else list(self.messages.items()):
            if told.state not in LIVING and told.ended_ms + keep_ms <= self.now_ms:
                self._forget(key, Event.ARCHIVE)

    def abandoned(self) -> set[str]:
        """Return the keys of messages whose drains did not settle them in time."""
        return {
            key
            for key, told in self.messages.items()
            if told.state is State.SENDING and told.abandoned_ms <= self.now_ms
        }

    def _is_due(self, told: Told, lane: Lane) -> bool:
        return told.lane == lane and told.state is State.SCHEDULED and told.due_ms <= self.now_ms

    def _next_place(self) -> int:
        self._places += 1
        return self._places

    def _move(self, told: Told, event: Event) -> None:
        before, told.state = told.state, leads_to(event, told.state)
        if told.state not in LIVING:
            told.ended_ms = self.now_ms if before in LIVING else told.ended_ms
            if told.state not in DEAD:
                told.token = ""

    def _forget(self, key: str, event: Event) -> None:
        told = self.messages.pop(key)
        check(event, told.state)
        self.archived[told.lane] += 1

    def _start_anew(self, told: Told, event: Event) -> None:
        self._move(told, event)
        told.token, told.expires_ms, told.tried = "", None, False
        told.flags.discard("c")

    def _settle_own(self, told: Told, verdict: Verdict, *, for_another: bool) -> None:
        if decided := decide(told, verdict.outcome):
            self._move(told, decided)
            told.token = "" if verdict.outcome is Outcome.ACCEPTED else verdict.token
            return
        if verdict.outcome is Outcome.ACCEPTED or "l" in told.flags:
            self._move(told, Event.ACCEPT)
            return
        outcome = verdict.outcome
        refused = outcome in (Outcome.REJECTED, Outcome.FAILED)
        if refused and ("m" in told.flags or for_another):
            told.flags.add("m")
            outcome = Outcome.PARK
        elif refused:
            self._move(told, Event.REJECT if outcome is Outcome.REJECTED else Event.FAIL)
            return
        else:
            told.flags |= {"a"} if verdict.alone else set()
            if outcome in (Outcome.RETRY, Outcome.PARK):
                told.flags.add("m")
                told.tried = True
        if for_another:
            told.token = ""
        if "c" in told.flags:
            self._move(told, Event.PARK if "m" in told.flags else Event.CANCEL)
        elif outcome is Outcome.PARK:
            self._move(told, Event.PARK)
        elif verdict.delay_ms:
            told.due_ms = self.now_ms + verdict.delay_ms
            self._move(told, Event.POSTPONE)
        else:
            self._move(told, Event.GIVE_BACK)

    def _accept_late(self, told: Told) -> None:
        if told.state is State.SENDING:
            told.flags.add("l")
        elif told.state in (State.WAITING, State.SCHEDULED, State.UNCERTAIN):
            self._move(told, Event.ACCEPT_LATE)

    def _choose(self, lane: Lane, most: int, *, probing: bool) -> list[str]:
        chosen: list[str] = []
        alone: str | None = None
        for key in self._in_line(lane):
            told = self.messages[key]
            if told.expires_ms is not None and told.expires_ms <= self.now_ms:
                self._move(told, Event.PARK if "m" in told.flags else Event.EXPIRE)
            elif "m" in told.flags and told.tried and lane.service in self.parking:
                self._move(told, Event.PARK)
            elif "a" in told.flags:
                if not chosen and alone is None:
                    alone = key
                    if not probing:
                        return [key]
            else:
                chosen.append(key)
                if len(chosen) == most:
                    return chosen
        return chosen or ([alone] if alone else [])

    def _in_line(self, lane: Lane) -> list[str]:
        waiting = [
            (told.place or 0, key)
            for key, told in self.messages.items()
            if told.lane == lane and told.state is State.WAITING
        ]
        return [key for _, key in sorted(waiting)]
