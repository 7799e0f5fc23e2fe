"""A drain: one run over a lane, batch after batch, for a bounded time."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError, OutboxMoved, OutboxUnavailable, SettingsError, UsageError
from plexsend.gateway.answers import WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import get_service
from plexsend.logs import get_logger
from plexsend.outbox.advance import UNKNOWN_SENDER, Mode, NothingTaken, Status, Ticket, advance
from plexsend.outbox.batches import Batch, Effect, EffectKind, Outcome, Settlement
from plexsend.worker.batch_log import BatchLog
from plexsend.worker.obstacles import Obstacles
from plexsend.worker.recheck import crosses_into_night, recheck
from plexsend.worker.rewind import log_forgotten
from plexsend.worker.slices import SHORT_SLICE_S, long_slice_s
from plexsend.worker.verdicts import give_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.gateway.answers import Answer
    from plexsend.gateway.items import ItemLoader
    from plexsend.gateway.services import Service
    from plexsend.outbox.advance import Sender
    from plexsend.outbox.lanes import Lane
    from plexsend.settings import Credentials
    from plexsend.worker.runtime import Runtime

LONGEST_STAY_MS = 100
"""The longest that a thread waits for its lane; anything longer is a wake time."""
STALE_S = 5.0
"""More than this between take and POST means that the process was stopped: the batch is given back."""
REDIS_AGAIN_S = 0.5
"""Between tries to reach Redis while a settlement waits."""
LAST_PATIENCE_S = 25.0
"""How long these tries go on in a process that is to stop, or when Redis refuses or has not the account.
Together with a request's deadline it is less than the time after which supervisors kill."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a drain asks of the process around it."""

    bell_waits: Callable[[], bool]
    """Whether another doorbell waits for a thread."""
    ungrouped_waits: Callable[[], bool]
    """Whether one of a lane without a group does."""
    ring: Callable[[Lane, str], None]
    """Send a doorbell for a lane, under this name."""
    clock: Callable[[], float] = elapsed_s
    """Seconds that never go back, and pass while the machine sleeps."""


class Drain:
    """Sends a lane's batches until there is nothing to send, its slice is over or the process stops."""

    def __init__(self, runtime: Runtime, lane: Lane, around: Surroundings) -> None:
        self._runtime = runtime
        self._lane = lane
        self._around = around
        self._name = runtime.next_drain()
        self._long_slice_s = long_slice_s(self._name)
        self._sequence = 0
        self._called_at = 0.0
        self._impatient_since: float | None = None
        self._look_at_policies()
        self._log = get_logger("worker.drain").bind(lane=lane.name, drain=self._name)
        self._batch_log = BatchLog(self._log)
        self._obstacles = Obstacles(runtime, lane.account, self._log)
        self._in_hand: Batch | None = None
        """The batch that was taken last, until its verdicts are written down."""

    # Before each batch: what was set may hold at once.
    def _look_at_policies(self) -> None:
        self._policies = self._runtime.policies.of(self._lane.account)
        self._service: Service = get_service(self._lane.service, self._policies)
        self._loader: ItemLoader = get_loader(self._lane.service, self._policies)

    @property
    def keys_in_hand(self) -> list[str]:
        """The keys of the batch that was taken last, until its verdicts are written down."""
        return [] if self._in_hand is None else [message.msg_key for message in self._in_hand.messages]

    def run(self, bell: str) -> None:
        """Answer a doorbell."""
        with self._runtime.turn:
            try:
                self._run(bell)
            finally:
                self._batch_log.end()

    def _run(self, bell: str) -> None:
        if self._sender() is None:
            self._advance(Mode.DECLINE, None, bell)
            return
        began = self._around.clock()
        settlement: Settlement | None = None
        while not self._is_over(began):
            reply = self._advance(
                Mode.TAKE, settlement, bell, stay_ms=0 if self._around.bell_waits() else LONGEST_STAY_MS
            )
            settlement, bell = None, ""
            self._in_hand = None
            if isinstance(reply, Batch):
                self._in_hand = reply
                self._runtime.memory.note(reply)
                settlement = self._send(reply)
            elif reply.status is not Status.STAY:
                self._log_declined(reply)
                return
            else:
                with self._runtime.turn.outside():
                    self._runtime.stop.wait(reply.wait_ms / 1000)
        self._end_slice(settlement, bell)

    def _sender(self) -> Sender | None:
        account = self._lane.account
        try:
            return self._runtime.sender(self._service, account)
        except KeyError:
            reason = f"this process has no secret for {account}: its environment names none"
        except SettingsError as exc:
            reason = str(exc)
        self._obstacles.no_secret(reason)
        return None

    # The gateway's refusal itself is logged with its batch.
    def _log_declined(self, reply: NothingTaken) -> None:
        if reply.forgotten is not None:
            log_forgotten(reply.forgotten, lane=self._lane.name)
        if reply.status is Status.DECLINED and reply.reason == "address":
            self._obstacles.other_address(self._service.product, self._sender() or UNKNOWN_SENDER)
        elif reply.status is Status.SPOILT:
            self._obstacles.spoilt_key(reply.reason)

    def _is_over(self, began: float) -> bool:
        if self._runtime.stop.is_set():
            return True
        if not self._lane.is_route and self._sequence > 0 and self._around.ungrouped_waits():
            # A campaign gives its thread back after each batch, as soon as a single message wants it.
            return True
        ran = self._around.clock() - began
        return ran >= self._long_slice_s or (ran >= SHORT_SLICE_S and self._around.bell_waits())

    def _end_slice(self, settlement: Settlement | None, bell: str) -> None:
        others_wait = self._around.bell_waits()
        reply = self._advance(Mode.STOP, settlement, bell, yields=others_wait)
        self._in_hand = None
        if isinstance(reply, NothingTaken) and reply.bell:
            with self._runtime.turn.outside():
                self._around.ring(self._lane, reply.bell)

    # Repeats the same call until Redis answers: while verdicts wait there is nothing better to do, and
    # a reply that was lost is answered again.
    def _advance(
        self, mode: Mode, settlement: Settlement | None, bell: str, *, stay_ms: int = 0, yields: bool = False
    ) -> Batch | NothingTaken:
        self._sequence += 1
        ticket = Ticket(self._name, self._sequence)
        failed_before = False
        self._impatient_since = None
        # Before the first try: a batch whose reply was lost may have been taken then.
        self._called_at = self._around.clock()
        while True:
            try:
                return advance(
                    self._runtime.store,
                    self._lane,
                    ticket,
                    mode=self._mode(mode),
                    settlement=settlement,
                    bell=bell,
                    stay_ms=stay_ms,
                    yields=yields,
                    most_items=self._service.product.most_items,
                    sender=self._sender() or UNKNOWN_SENDER,
                    seen=self._runtime.memory.of(self._lane),
                )
            except OutboxError as exc:
                unsettled = len(settlement.verdicts) if settlement else 0
                if not failed_before:
                    self._batch_log.end()
                    self._log.warning(
                        "redis does not take the verdicts, trying again",
                        reason=str(exc),
                        unsettled=unsettled,
                        msg_keys=self.keys_in_hand,
                    )
                failed_before = True
                if self._gives_up(exc, LAST_PATIENCE_S if unsettled else 0.0):
                    if unsettled == 0 and isinstance(exc, OutboxUnavailable):
                        return NothingTaken(Status.STOPPED, 0, "redis", "")
                    self._log_lost(settlement)
                    raise
            # Not an Event.wait: a set stop event must not turn this into a busy loop.
            with self._runtime.turn.outside():
                time.sleep(REDIS_AGAIN_S)

    # Where Redis has just come back nothing new is taken, but what was taken already is answered again.
    def _mode(self, mode: Mode) -> Mode:
        return Mode.AGAIN if mode is Mode.TAKE and not self._runtime.caution.may_take() else mode

    def _gives_up(self, exc: OutboxError, patience_s: float) -> bool:
        # A server that does not answer comes back; one without the account may never have it again.
        may_come_back = isinstance(exc, OutboxUnavailable) and not isinstance(exc, OutboxMoved)
        if may_come_back and not self._runtime.stop.is_set():
            return False
        now = self._around.clock()
        if self._impatient_since is None:
            self._impatient_since = now
        return now - self._impatient_since >= patience_s

    # What was posted and could not be written down is reclaimed as uncertain; only the log has its verdicts.
    def _log_lost(self, settlement: Settlement | None) -> None:
        if settlement is not None:
            accepted = [
                verdict.msg_key for verdict in settlement.verdicts if verdict.outcome is Outcome.ACCEPTED
            ]
            self._log.error(
                "verdicts lost",
                unsettled=len(settlement.verdicts),
                accepted=accepted,
                msg_keys=self.keys_in_hand,
            )

    def _send(self, batch: Batch) -> Settlement:
        if not self._runtime.policies.catch_up(batch.epoch):
            return give_back(batch, "POLICIES", "the policies in force could not be read")
        self._look_at_policies()
        checked = recheck(batch, self._loader, self._policies.only_to, self._policies.ad_marks)
        if checked.messages:
            sent = self._post(replace(batch, messages=checked.messages))
            settlement = replace(sent, verdicts=sent.verdicts + checked.verdicts)
        else:
            settlement = Settlement(batch.token, batch.take, checked.verdicts, taken_ms=batch.taken_ms)
        self._batch_log.note(batch, settlement)
        return settlement

    def _post(self, batch: Batch) -> Settlement:
        account = batch.lane.account
        credentials = self._runtime.credentials(account)
        kept = self._keep(batch)
        if kept is not None:
            return kept
        try:
            answer = self._runtime.client.post(
                self._service,
                credentials.header,
                [message.msg_key for message in batch.messages],
                [message.body for message in batch.messages],
                variant=batch.lane.variant,
            )
        except UsageError as exc:
            # Raised before anything is sent: no request can be made for this lane, such as one of a variant
            # that its product does not have.
            return give_back(batch, "NO_REQUEST", str(exc), effects=(Effect(EffectKind.FAULT, 0, str(exc)),))
        if _is_refused_login(answer) and self._has_new_secret(account, credentials):
            request = Effect(EffectKind.REQUEST, len(batch.messages))
            reason = "the secret was refused and has been corrected meanwhile"
            return give_back(batch, "NEW_SECRET", reason, effects=(request,))
        settlement = self._runtime.judge(self._lane).judge(answer, batch, now_ms=batch.taken_ms)
        if any(effect.kind is EffectKind.AUTH for effect in settlement.effects):
            return replace(settlement, refused=self._runtime.fingerprint(credentials))
        return settlement

    # What is not posted after all; None: it is.
    def _keep(self, batch: Batch) -> Settlement | None:
        if self._runtime.stop.is_set():
            # Taken by a call that was under way, or that Redis answered late.
            return give_back(batch, "STOPPING", "the worker was asked to stop before it was sent")
        waited_s = self._around.clock() - self._called_at
        if waited_s > STALE_S:
            return give_back(batch, "STALE", "the worker was stopped between taking and sending")
        if crosses_into_night(batch, waited_s):
            return give_back(batch, "NIGHT", "the hours in which advertisements must not go have begun")
        return None

    def _has_new_secret(self, account: str, refused: Credentials) -> bool:
        try:
            return self._runtime.reread_credentials(account, refused)
        except SettingsError:
            return False


def _is_refused_login(answer: Answer) -> bool:
    if isinstance(answer, WholeAnswer):
        return answer.meaning is Meaning.UNAUTHORIZED
    return all(item.meaning is Meaning.UNAUTHORIZED for item in answer.by_key.values())
