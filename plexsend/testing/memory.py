"""The outbox in memory: a test of an application submits into it, and says what becomes of the messages."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Self

from plexsend.errors import UsageError
from plexsend.gateway.codes import Meaning, find_code
from plexsend.gateway.environment import read_settings
from plexsend.gateway.receipt_codes import Family, family_of, receipt_code
from plexsend.outbox.reading.queries import only_account
from plexsend.outbox.receipt_events import EVENT_OF
from plexsend.outbox.records import ReceiptNote
from plexsend.outbox.states import Event, State
from plexsend.producers.lazy import DEFAULT
from plexsend.producers.producer import Producer
from plexsend.testing.box import Box
from plexsend.testing.codes import require_undelivered
from plexsend.testing.policies import MemoryPolicies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from plexsend.testing.messages import SubmittedMessage


AD_POLICIES = {"sender_name": "테스트상점", "refusal_number": "080-123-4567"}
"""What an account needs to send advertisements: policies as a test finds them, unless it sets others."""
_ENVIRONMENT = {"PLEXSEND_NUMBER_KEY": "0123456789abcdef" * 2}
"""Nothing of the developer's own counts. Without a key for numbers no advertisement is taken."""


class MemoryOutbox:
    """An outbox in memory, and the gateway and the carriers behind it, played by a test.

    As a context manager it takes the place of the outbox in Redis: `plexsend.send`, `submit`, `status`,
    `cancel`, `cancel_group`, `results` and those beside them use it until it ends. An item that production
    would refuse is refused, and a message moves along the transitions of docs/architecture.md alone.

    Advertisements are taken, with their marks in the text. Quiet hours do not hold here, nor does anybody
    suppress a number: nothing goes by itself, so a test says what becomes of each message.

    Args:
        policies: Policies in force and their values as a person writes them, such as `{"senders":
            "02-2123-4567"}`, beside those of AD_POLICIES. UsageError for one that does not exist,
            SettingsError for a wrong value.
        now: Returns the time in seconds since 1970; a test may pass its own clock.
    """

    def __init__(
        self, *, policies: dict[str, str] | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self._box = Box(MemoryPolicies({**AD_POLICIES, **(policies or {})}), now)
        self.producer = Producer(read_settings(_ENVIRONMENT), outbox=self._box)
        """For code that is given a producer instead of using the module."""
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(DEFAULT.replaced(self.producer))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def submitted(self) -> list[SubmittedMessage]:
        """Every message that was taken in, in that order, whatever became of it."""
        return self._box.messages()

    def message(self, msg_key: str, *, account: str | None = None) -> SubmittedMessage:
        """Return a message; raises UsageError where none has this key."""
        found = self._box.with_key(msg_key, account)
        where = only_account(msg_key, (each.account for each in found))
        if where is None:
            keys = ", ".join(each.msg_key for each in self.submitted[:10]) or "none"
            raise UsageError(f"No message has the key {msg_key!r}. Submitted so far: {keys}.")
        return next(each for each in found if each.account == where)

    def take(self, msg_key: str, *, account: str | None = None) -> SubmittedMessage:
        """Let a worker take the message: it is being sent now. What is scheduled becomes due."""
        message = self.message(msg_key, account=account)
        with self._box.changing():
            self._take(message)
        return message

    def give_back(self, msg_key: str, *, account: str | None = None) -> SubmittedMessage:
        """Let a message that is being sent come back unsent: it waits again, or a cancel is honoured."""
        message = self.message(msg_key, account=account)
        with self._box.changing():
            self._box.move(message, Event.CANCEL if message.is_cancel_wanted else Event.GIVE_BACK)
        return message

    def accept(self, msg_key: str, *, account: str | None = None) -> SubmittedMessage:
        """Let the gateway accept the message; a parked one by an answer that came late."""
        message = self.message(msg_key, account=account)
        with self._box.changing():
            self._accept(message)
        return message

    def reject(self, msg_key: str, code: str = "G141", *, account: str | None = None) -> SubmittedMessage:
        """Let the gateway refuse the message; raises UsageError for a code that refuses no message."""
        message = self.message(msg_key, account=account)
        known = find_code(_text("code", code))
        if known is None or known.as_item not in (Meaning.REJECTED, Meaning.DUPLICATE):
            raise UsageError(
                f"{code!r} is not a code with which the gateway refuses a message, such as G141 (recipient "
                "number), G140 (sender number) or C400_2. A code that nobody knows: `fail`."
            )
        with self._box.changing():
            self._take(message)
            self._box.move(message, Event.REJECT, code=code, words=known.description)
        return message

    def fail(self, msg_key: str, code: str = "X999", *, account: str | None = None) -> SubmittedMessage:
        """Let the gateway answer with a code that nobody knows; raises UsageError for one that is known."""
        message = self.message(msg_key, account=account)
        if find_code(_text("code", code)) is not None:
            raise UsageError(f"{code!r} is a code that is known. A message fails by one that is not.")
        with self._box.changing():
            self._take(message)
            self._box.move(message, Event.FAIL, code=code, words="a code that is not known")
        return message

    def park(self, msg_key: str, code: str = "TIMEOUT", *, account: str | None = None) -> SubmittedMessage:
        """Let the gateway not answer: the message may have been sent, and waits for a person or a receipt."""
        message = self.message(msg_key, account=account)
        _text("code", code)
        with self._box.changing():
            self._take(message)
            self._box.move(message, Event.PARK, code=code, words="it may have been sent")
        return message

    def expire(self, msg_key: str, *, account: str | None = None) -> SubmittedMessage:
        """Let the message's `expires_at` pass; raises UsageError where it has none."""
        message = self.message(msg_key, account=account)
        if message.expires_at is None:
            raise UsageError(f"The message {msg_key} has no expires_at, so it never expires.")
        with self._box.changing():
            if message.can(Event.DUE):
                self._box.move(message, Event.DUE)
            self._box.move(message, Event.EXPIRE)
        return message

    def deliver(
        self,
        msg_key: str,
        *,
        carrier: str = "SKT",
        done_at: datetime | None = None,
        account: str | None = None,
    ) -> SubmittedMessage:
        """Let a receipt say that the message was delivered. What was not sent is accepted first."""
        message = self.message(msg_key, account=account)
        code = "00000" if family_of(message.service) is Family.RCS else "0"
        with self._box.changing():
            self._receive(message, code, carrier, done_at)
        return message

    def undeliver(
        self,
        msg_key: str,
        code: str,
        *,
        carrier: str = "SKT",
        done_at: datetime | None = None,
        account: str | None = None,
    ) -> SubmittedMessage:
        """Let a receipt say that the message was not delivered. What was not sent is accepted first.

        By a code that says that nobody knows, such as `5` of SMS, the message becomes *unknown*. As in
        production a receipt changes nothing where a better one came before.

        Raises UsageError for the code of a delivery, and for one that the product does not have: the class of
        a code that is not listed is *unknown*, so a slip would pass as another outcome.
        """
        message = self.message(msg_key, account=account)
        require_undelivered(message.service, _text("code", code))
        with self._box.changing():
            self._receive(message, code, carrier, done_at)
        return message

    def no_receipt(self, msg_key: str, *, account: str | None = None) -> SubmittedMessage:
        """Let the time pass in which a receipt must come: the accepted message becomes *unknown*."""
        message = self.message(msg_key, account=account)
        with self._box.changing():
            self._box.move(message, Event.NO_RECEIPT)
        return message

    def fall_back(self, msg_key: str, *, account: str | None = None) -> SubmittedMessage:
        """Let the time of `fallback_after_s` pass without a receipt: the fallback of the message is sent.

        Raises UsageError where it was not accepted, has no such fallback, or has its receipt.
        """
        message = self.message(msg_key, account=account)
        with self._box.changing():
            self._box.fall_back(message)
        return message

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let Redis not answer: every call raises OutboxUnavailable, a loop over results hears nothing."""
        with self._box.away():
            yield

    def _take(self, message: SubmittedMessage) -> None:
        if message.can(Event.DUE):
            self._box.move(message, Event.DUE)
        if message.state is not State.SENDING:
            self._box.move(message, Event.TAKE)

    def _accept(self, message: SubmittedMessage) -> None:
        if message.state is State.UNCERTAIN:
            self._box.move(message, Event.ACCEPT_LATE, code="C100", words="accepted")
            return
        self._take(message)
        self._box.move(message, Event.ACCEPT, code="C100")

    def _receive(self, message: SubmittedMessage, code: str, carrier: str, done_at: datetime | None) -> None:
        _text("carrier", carrier)
        if done_at is not None and not isinstance(done_at, datetime):
            raise UsageError(f"done_at is {done_at!r}. Give an aware datetime.")
        if done_at is not None and done_at.utcoffset() is None:
            raise UsageError("done_at has no time zone. Give an aware datetime.")
        if message.state in _NOT_ANSWERED:
            self._accept(message)
        meaning = receipt_code(family_of(message.service), code)
        event = EVENT_OF[meaning.kind]
        if not message.can(event) or not _concerns(message, event):
            return
        now_ms = self._box.now_ms()
        done_ms = now_ms if done_at is None else round(done_at.timestamp() * 1000)
        # What went the straight way needs no history: its record says it all.
        words = "" if message.state is State.ACCEPTED else "by its receipt"
        self._box.move(
            message, event, code=code, words=words, receipt=ReceiptNote(meaning, carrier, done_ms, now_ms)
        )


# Tests are often not type-checked: a code that is a number would be none of those that are known.
def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name} is {value!r}. Give it as text: {str(value)!r}.")
    return value


_NOT_ANSWERED = (State.SCHEDULED, State.WAITING, State.SENDING)


# As the script `receipts` does: what the gateway refused was sent only where it knew the key before.
def _concerns(message: SubmittedMessage, event: Event) -> bool:
    if event is Event.DELIVER:
        return True
    if event is Event.ACCEPT_LATE:
        return message.state is State.UNCERTAIN
    known = find_code(message.code)
    was_double = known is not None and known.as_item is Meaning.DUPLICATE
    return message.state is not State.REJECTED or was_double
