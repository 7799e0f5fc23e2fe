"""The demo's story: what goes wrong and when, what the operator does about it, and what is said about it.

Its steps wait for progress and not for a clock, so on a slow machine it only takes longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.demo import terms
from plexsend.outbox import steer
from plexsend.outbox.holds import Reason, Scope
from plexsend.outbox.states import State
from plexsend.terminal.moments import span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plexsend.demo.standin import StandIn
    from plexsend.outbox.holds import Hold
    from plexsend.outbox.reading.snapshot import SeenHold, Sight, Watch
    from plexsend.outbox.redis.store import Store

_BEGINS = {
    Reason.CREDIT: (
        "The gateway is out of credit: account {what} is held, all its lanes wait, "
        f"one message tries every {terms.SETTINGS['PLEXSEND_CREDIT_HOLD_S']} s. Nothing is lost."
    ),
    Reason.SHUT: (
        "The gateway is in trouble ({why}): lane {what} is shut, one message tries now and then. Whether the "
        "others were sent nobody can know: each goes again under its own key, alone."
    ),
}
_MEANWHILE = {
    Reason.CREDIT: _BEGINS[Reason.CREDIT],
    Reason.SHUT: "Lane {what} is shut: one message tries now and then, the others wait. Nothing is lost.",
}
_ENDS = {
    Reason.CREDIT: "Account {what} sends again, after {lasted}.",
    Reason.SHUT: "A message got through: lane {what} sends again, after {lasted}.",
}

_FIRST_STATES = {
    State.DELIVERED: "The first receipts come: messages that the gateway accepted are delivered.",
    State.UNDELIVERED: "A receipt says that a message was not delivered, and why: nobody sends it again.",
    State.CANCELLED: "A receiver refused advertisements before: that one is cancelled, notices would go.",
}
"""What is said when a message comes into a state for the first time."""

_FALLBACK = "An RCS message reached nobody (74002): the LMS that it names goes in its place, once."

_FIRST_TIMES = {
    "G141": "The gateway refuses a recipient (G141): that message is rejected, its neighbours go.",
    "C400_2": (
        "The gateway refuses a whole request (C400_2): its ten messages go again one by one, so that the one "
        "at fault is found."
    ),
    "C341": "The gateway says what nobody can explain (C341): kept as a dead letter, never guessed.",
    "MISSING": "The gateway leaves a message out of its answer: it goes again under the same key.",
    "71003": "The gateway knows a key that went again (71003): it had been sent, and is not sent twice.",
}
"""What is said when a code comes for the first time."""


class Story:
    """Plays the gateway's troubles and the operator, and says what happens."""

    def __init__(self, gateway: StandIn, store: Store, watch: Watch, say: Callable[[str], None]) -> None:
        self._gateway = gateway
        self._store = store
        self._watch = watch
        self._say = say
        self._said: set[str] = set()
        self._beats = [
            (terms.TROUBLE_AFTER, self._make_trouble),
            (terms.GAPS_AFTER, gateway.leave_gaps),
        ]
        """What the gateway does after how many accepted messages, in that order."""

    def go_on(self, sight: Sight, changed: Iterable[SeenHold]) -> None:
        """Say what is new, and do what is due."""
        for code, sentence in _FIRST_TIMES.items():
            if code not in self._said and sight.answered(code):
                self._said.add(code)
                self._say(sentence)
        for state, sentence in _FIRST_STATES.items():
            if state not in self._said and sight.count(state):
                self._said.add(state)
                self._say(sentence)
        if sight.fallbacks and _FALLBACK not in self._said:
            self._said.add(_FALLBACK)
            self._say(_FALLBACK)
        for seen in changed:
            self._say_hold(seen, sight)
        if self._beats and sight.accepted >= self._beats[0][0]:
            _, play = self._beats.pop(0)
            play()
        for hold in sight.holds:
            if hold.reason is Reason.CREDIT and sight.now_ms - hold.since_ms >= terms.TOP_UP_AFTER_S * 1000:
                self._top_up(hold)

    def _make_trouble(self) -> None:
        self._gateway.make_trouble()
        self._say(
            f"The next {terms.TROUBLE_REQUESTS} requests through {terms.TROUBLE_SERVICE} are answered with "
            "HTTP 500."
        )

    def _top_up(self, hold: Hold) -> None:
        self._gateway.top_up()
        self._watch.operator_acts()
        steer.resume(self._store, Scope.ACCOUNT, hold.what, account=hold.account)
        self._say(
            f"The operator tops the account up and types `plexsend resume {hold.what}`: nobody waits for the "
            "next try."
        )

    def _say_hold(self, seen: SeenHold, sight: Sight) -> None:
        hold = seen.hold
        sentences = _BEGINS if seen.ended_ms is None else _ENDS
        sentence = sentences.get(hold.reason, "Hold on {what}: {why}." if seen.ended_ms is None else "")
        if sentence:
            lasted = span(seen.lasted_s(sight.now_ms))
            self._say(sentence.format(what=hold.what, why=hold.why, lasted=lasted))


def what_goes_on(sight: Sight) -> str:
    """Return one sentence about what keeps the messages from going, or how they go."""
    for reason, sentence in _MEANWHILE.items():
        for hold in sight.holds:
            if hold.reason is reason:
                return sentence.format(what=hold.what)
    if not sight.sent:
        return "The workers are starting; what is imported waits in Valkey."
    rates = ", ".join(
        f"{terms.SETTINGS[name]}/s through {service}"
        for service, name in (
            ("mms-bulk", "PLEXSEND_RATE_MMS_BULK"),
            ("mms-standard", "PLEXSEND_RATE_MMS_STANDARD"),
            ("rcs-mms-bulk", "PLEXSEND_RATE_RCS_MMS_BULK"),
        )
    )
    return f"Messages go out, ten in a request, at most {rates}."
