"""Producer: the one door through which applications and files put messages in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Self

from plexsend.errors import UsageError
from plexsend.gateway.services import get_service
from plexsend.outbox.redis.store import Store
from plexsend.producers.accounts import check_account
from plexsend.producers.calls import Calls, TooLate
from plexsend.producers.groups import check_group
from plexsend.producers.incoming import Incoming
from plexsend.producers.message import make_item, name_as_written
from plexsend.producers.moments import not_after_ms, not_before_ms
from plexsend.producers.pipelines import Pipelines
from plexsend.producers.redis_outbox import RedisOutbox
from plexsend.producers.submissions import Submission, SubmitInterrupted, carry, interruption, join
from plexsend.producers.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from plexsend.producers.outboxes import Outbox
    from plexsend.producers.pipeline import Pipeline
    from plexsend.settings import Settings


class Producer(Pipelines):
    """Puts messages in, reports their states and cancels them. Safe to share between threads.

    It needs no account's secret but to upload pictures: the workers know it.

    Args:
        settings: What the environment says, from `plexsend.gateway.environment.read_settings`.
        store: Where the messages are; None connects to what the settings name, at the first call.
        outbox: An outbox that is not in Redis, instead of a store; None: none.
    """

    def __init__(
        self, settings: Settings, store: Store | None = None, *, outbox: Outbox | None = None
    ) -> None:
        if outbox is None:
            self._store = store or Store.connect(settings.redis, settings.key_prefix, idle_s=settings.idle_s)
            outbox = RedisOutbox(self._store, is_owned=store is None, number_key=settings.number_key)
        super().__init__(settings, outbox)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless the store was given."""
        self._outbox.close()

    def submit(
        self,
        service: str,
        items: Iterable[object],
        *,
        account: str = "main",
        group: str | None = None,
        msg_type: str | None = None,
        send_at: datetime | None = None,
        expires_at: datetime | None = None,
        advertisement: bool = False,
        night_consent: bool = False,
        replace: bool = False,
        timeout_s: float | None = None,
    ) -> Submission:
        """Put items in and return what became of each. Memory holds these outcomes, never the items.

        Args:
            service: A service id, such as `mms-bulk`.
            items: Mappings with the gateway's field names, from any iterable. They are not changed. An item
                without `msg_key` gets a UUID, where the product lets the key be left out. Beside those
                fields each may have `send_at` and `expires_at`, aware or ISO 8601 text with a zone, which
                count for it instead of the call's.
            account: The account to send with.
            group: The group that they belong to, such as `spring-sale`; None: none.
            msg_type: The RCS `msg_type` of all items; None: each names its own. An item that names another is
                refused.
            send_at: Aware; None or a moment that has passed: now.
            expires_at: Aware; what was never sent until then is not sent any more. None: never.
            advertisement: Whether they are advertisements, which wait for the morning in the quiet hours.
            night_consent: For advertisements: whether their receivers agreed to get them at night.
            replace: Put the usual replacements for characters outside EUC-KR, and report them.
            timeout_s: Seconds after which it gives up, also while Redis hangs; None: never. The time that
                `items` takes to make its items counts too.

        Raises:
            UsageError: the call itself is wrong; nothing was done.
            OutboxUnavailable: Redis does not answer. Nothing was added, unless it is a SubmitInterrupted too.
            OutboxFull: Redis is above its mark. The same; try again later.
            GroupClosed: a cancel closed the group. The same; a person opens it again.
            OutboxUnsuitable: Redis must not be used as it is configured, refuses the login, or holds what a
                newer version wrote; nothing was added.
            OutboxError: Redis fails in another way. The same as OutboxUnavailable.
            SubmitInterrupted: Redis failed part-way, not everything was taken in time, or `items` raised. Its
                `submission` says what became of every item read, its `cause` why it ended. It is an
                OutboxUnavailable, OutboxFull or GroupClosed as well, where that is the cause.
            KeyboardInterrupt, SystemExit and other errors that end a program: these themselves, with the
                `submission` and `taken` of a SubmitInterrupted.
        """
        if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable):
            raise UsageError(
                f"items is of type {type(items).__name__}. Give a list of items, for one item too."
            )

        def prepare() -> Pipeline:
            pipeline = self.pipeline(
                service,
                account=account,
                group=group,
                msg_type=msg_type,
                send_at=send_at,
                expires_at=expires_at,
                advertisement=advertisement,
                night_consent=night_consent,
                replace=replace,
            )
            if timeout_s is not None:
                # Asked for here, where the time limit counts for it too.
                pipeline.now_ms()
            return pipeline

        parts: list[Submission] = []
        with Calls(timeout_s) as calls:
            try:
                pipeline = prepare() if timeout_s is None else calls.finish(calls.begin(prepare))
            except TooLate:
                cause = calls.too_late()
                raise interruption(cause, Submission(), 0) from cause
            try:
                entries = (Incoming(index, raw) for index, raw in enumerate(items))
                parts.extend(pipeline.run_ahead(entries, calls))
            except SubmitInterrupted as stopped:
                parts.append(stopped.submission)
                raise interruption(stopped.cause, join(parts), stopped.taken) from stopped.cause
            except Exception as exc:
                if isinstance(exc, UsageError) and not parts:
                    raise
                pipeline.add_unseen(parts)
                raise interruption(exc, join(parts), pipeline.taken) from exc
            except BaseException as stop:
                pipeline.add_unseen(parts)
                carry(stop, join(parts), pipeline.taken)
                raise
        return join(parts)

    def send(
        self,
        service: str,
        *,
        to: str,
        from_: str = "",
        text: str,
        title: str | None = None,
        images: Sequence[str | Path] = (),
        msg_key: str | None = None,
        account: str = "main",
        group: str | None = None,
        msg_type: str | None = None,
        send_at: datetime | None = None,
        expires_at: datetime | None = None,
        advertisement: bool = False,
        night_consent: bool = False,
        replace: bool = False,
        timeout_s: float | None = None,
        **fields: object,
    ) -> str:
        """Put one message in and return its key. The same message under the same key again changes nothing.

        Args:
            service: A service id, such as `mms-bulk`.
            to: The receiver's mobile number.
            from_: A sender number registered with the gateway. Empty: the first of the policy `senders`.
            text: Its text; for an RCS card its description. Empty: none.
            title: Its title.
            images: Addresses of uploaded images, or paths (`Path`) of files, which are uploaded: up to three
                of an MMS, one of an RCS card.
            msg_key: Its key. None: a UUID, where the product lets the key be left out (RCS does not).
            account: The account to send with.
            group: The group that it belongs to, such as `spring-sale`; None: none.
            msg_type: For RCS: RMM or RMH.
            send_at: Aware; it is not sent before this. None or a moment that has passed: now.
            expires_at: Aware; it is not sent from then on. None: never too late.
            advertisement: Whether it is an advertisement, which waits for the morning in the quiet hours.
            night_consent: For an advertisement: whether its receiver agreed to get it at night.
            replace: Put the usual replacements for characters outside EUC-KR.
            timeout_s: Seconds after which it gives up, also while Redis hangs; None: never.
            **fields: Any other field by the gateway's name, such as `header="0"` or `br_id="BR.1"` of RCS.

        Raises:
            Refused: with everything that is wrong with it; or its key belongs to another message.
            UsageError: the call itself is wrong; nothing was done.
            OutboxUnavailable: Redis does not answer. Nothing was added, unless it is a SubmitInterrupted too.
            OutboxFull: Redis is above its mark. The same; try again later.
            GroupClosed: a cancel closed the group. The same; a person opens it again.
            OutboxUnsuitable: Redis must not be used as it is configured, refuses the login, or holds what a
                newer version wrote; nothing was added.
            OutboxError: Redis fails in another way. The same as OutboxUnavailable.
            SubmitInterrupted: Redis failed part-way, or the time was over. Where `submission.in_doubt` names
                a key, send it again under that key: it may have been taken in. Otherwise it was not.
            KeyboardInterrupt, SystemExit: these themselves, with the `submission` of a SubmitInterrupted.
        """
        item = make_item(
            service,
            to=to,
            from_=from_,
            text=text,
            title=title,
            images=images,
            msg_key=msg_key,
            fields=fields,
        )
        submission = self.submit(
            service,
            [item],
            account=account,
            group=group,
            msg_type=msg_type,
            send_at=send_at,
            expires_at=expires_at,
            advertisement=advertisement,
            night_consent=night_consent,
            replace=replace,
            timeout_s=timeout_s,
        )
        submission.map_problems(lambda each: name_as_written(each, service, fields)).raise_for_refused()
        taken = submission.added[0] if submission.added else submission.duplicates[0]
        return taken.msg_key

    def pipeline(
        self,
        service: str,
        *,
        account: str = "main",
        group: str | None = None,
        msg_type: str | None = None,
        send_at: datetime | None = None,
        expires_at: datetime | None = None,
        advertisement: bool = False,
        night_consent: bool = False,
        replace: bool = False,
        mend_numbers: bool = False,
        from_file: Path | None = None,
    ) -> Pipeline:
        """Return a pipeline into the service and account, for callers that keep no outcomes. See `submit`.

        `from_file` is the file whose rows the items are: its author reads what is wrong with them, and names
        pictures relative to its folder. With `mend_numbers` the 0 that a spreadsheet took from their numbers
        is put back.
        """
        # The account is checked after the service: an account with a service's name is the likelier slip.
        get_service(service).check_variant(msg_type)
        check_account(account, self._settings.accounts)
        check_group(group)
        send_at_ms = not_before_ms(send_at, name="send_at")
        expires_at_ms = not_after_ms(expires_at, name="expires_at")
        if expires_at_ms is not None and expires_at_ms <= (send_at_ms or 0):
            raise UsageError("expires_at is not after send_at, so nothing would ever be sent.")
        terms = Terms(
            service=service,
            account=account,
            group=group,
            send_at_ms=send_at_ms,
            expires_at_ms=expires_at_ms,
            advertisement=advertisement,
            night_consent=night_consent,
            variant=msg_type,
            replace=replace,
            mend_numbers=mend_numbers,
            from_file=from_file is not None,
            number_key=self._settings.number_key,
        )
        folder = None if from_file is None else from_file.absolute().parent
        return self.pipeline_by(terms, folder=folder)
