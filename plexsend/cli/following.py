"""Following a few messages until it is known what became of them: what `plexsend send --wait` prints."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.cli.finding import explain_record, zone_of
from plexsend.cli.listing import meaning_of
from plexsend.clock import elapsed_s
from plexsend.outbox.doors import living
from plexsend.outbox.reading.json_shapes import record_json
from plexsend.outbox.records import read_record
from plexsend.outbox.states import BY_RECEIPT, SENT, State
from plexsend.terminal.moments import span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store
    from plexsend.terminal.screen import Screen

_SOON_S = 5.0
"""For so long after the submit it is looked often: the first states last milliseconds."""
_OFTEN_S = 0.05
_SELDOM_S = 0.3
_DOORS_S = 0.5
"""How often it is asked whether anybody takes receipts, until somebody does."""
_DOOR_AWAY_S = 2.0
"""A server for receipts that is being started again is away for about so long."""

_NO_RECEIPT = (
    "no receipt has come for it, though a server takes those of its account. It can take hours; where none "
    "ever comes, is the URL set in the gateway's service console, and can the gateway reach it "
    "(docs/receipts.md)?"
)

_MAY_CHANGE = (State.SCHEDULED, State.WAITING, State.SENDING, State.UNCERTAIN, State.ACCEPTED)
"""States after which it is worth waiting on."""


@dataclass(slots=True)
class _Followed:
    """One message that is followed."""

    msg_key: str
    state: State | None = None
    """As it was seen last; None: not seen yet, or its record is gone."""
    is_over: bool = False
    ok: bool = False
    why: str = ""
    """Why it is not followed further, in words for people."""


class Follower:
    """Prints each state of messages as it comes, until all are decided or the time is over.

    Args:
        screen: Where to.
        store: Where they are.
        account: What they go with.
        within_s: How long to wait at most.
        clock: Seconds that never go back.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        screen: Screen,
        store: Store,
        account: str,
        *,
        within_s: float,
        clock: Callable[[], float] = elapsed_s,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._screen = screen
        self._store = store
        self._account = account
        self._within_s = within_s
        self._clock = clock
        self._sleep = sleep
        self._began_s = clock()
        self._ask_doors_at_s = self._began_s
        self._a_door_was_seen = False

    def follow(self, msg_keys: Sequence[str]) -> bool:
        """Return whether each message was delivered, or accepted where nobody takes receipts."""
        followed = [_Followed(msg_key) for msg_key in dict.fromkeys(msg_keys)]
        try:
            while True:
                self._look_for_doors()
                for each in followed:
                    if not each.is_over:
                        self._look(each)
                if all(each.is_over for each in followed) or self._passed_s() >= self._within_s:
                    break
                pause_s = _OFTEN_S if self._passed_s() < _SOON_S else _SELDOM_S
                self._sleep(min(pause_s, max(0.0, self._within_s - self._passed_s())))
        except KeyboardInterrupt:
            key = next(each.msg_key for each in followed if not each.is_over)
            self._screen.note(f"Not waited for any longer; what was put in goes on: plexsend status {key}")
            raise
        for each in followed:
            self._end(each)
        return all(each.ok for each in followed)

    def _look(self, each: _Followed) -> None:
        record = read_record(self._store, self._account, each.msg_key)
        if record is None:
            each.is_over, each.why = True, "its record is gone"
            return
        if record.state is not each.state:
            each.state = record.state
            self._say(record)
        if record.state is State.DELIVERED:
            each.is_over = each.ok = True
        elif record.state is State.ACCEPTED:
            if not self._a_door_was_seen and self._passed_s() >= _DOOR_AWAY_S:
                each.is_over = each.ok = True
                each.why = (
                    f"nothing takes receipts for the account {self._account} (plexsend serve receipts), so "
                    "more cannot be known"
                )
        elif record.state not in _MAY_CHANGE:
            each.is_over, each.why = True, _words(record)

    def _look_for_doors(self) -> None:
        """Note whether anybody takes receipts of the account: once it did, a receipt is waited for."""
        if not self._a_door_was_seen and self._clock() >= self._ask_doors_at_s:
            self._ask_doors_at_s = self._clock() + _DOORS_S
            self._a_door_was_seen = any(self._account in door.accounts for door in living(self._store))

    def _say(self, record: Record) -> None:
        # The history says what came before; a program that follows has heard it.
        zone = zone_of(self._store, self._account)
        facts = {name: value for name, value in record_json(record, zone).items() if name != "history"}
        self._screen.facts({"event": "state", "after_s": round(self._passed_s(), 3), **facts})
        words = _words(record)
        self._screen.say(
            f"{self._passed_s():6.1f} s  {record.msg_key}  {record.state}{f': {words}' if words else ''}"
        )
        sys.stdout.flush()

    def _end(self, each: _Followed) -> None:
        state = "gone" if each.state is None else str(each.state)
        why = each.why if each.is_over else f"after {span(self._within_s)} it is not decided"
        causes = [] if each.is_over else self._ask_why(each)
        self._screen.facts(
            {
                "event": "waited",
                "msg_key": each.msg_key,
                "state": None if each.state is None else state,
                "ok": each.ok,
                "decided": each.is_over,
                "why": why or None,
                "causes": causes,
            }
        )
        if each.ok:
            self._screen.say(f"{each.msg_key} is {state}{f': {why}' if why else ''}.", style="bold green")
        elif each.is_over:
            self._screen.say(f"{each.msg_key} is {state}{f': {why}' if why else ''}.", style="bold red")
        else:
            self._screen.say(f"{each.msg_key} is {state}: {why}.", style="bold red")
            for cause in causes:
                self._screen.say(f"  - {cause}", wraps=True)
            self._screen.say(f"`plexsend why {each.msg_key}` says how it stands later.")

    def _ask_why(self, each: _Followed) -> list[str]:
        """Return what keeps a message from its end."""
        if each.state is State.ACCEPTED:
            return [_NO_RECEIPT]
        record = read_record(self._store, self._account, each.msg_key)
        return [] if record is None else [cause.text for cause in explain_record(self._store, record).causes]

    def _passed_s(self) -> float:
        return self._clock() - self._began_s


def _words(record: Record) -> str:
    """Return what is known of a message beside its state, in one line."""
    note = record.receipt
    if note is not None and record.state in BY_RECEIPT:
        said = "" if record.state is State.DELIVERED else f"code {note.code}, {note.meaning.words}"
        return ", ".join(part for part in (said, note.carrier) if part)
    if record.state is State.UNKNOWN:
        return "no receipt came in time"
    # That of an acceptance says no more than the state.
    code = "" if record.state in SENT else record.code
    return ", ".join(part for part in (code, meaning_of(record) if code else record.desc) if part)
