"""The default producer: `send`, `submit` and more for applications set up by their environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from plexsend.gateway.services import get_service
from plexsend.producers.lazy import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from os import PathLike
    from pathlib import Path

    from plexsend.gateway.item_types import ServiceId
    from plexsend.outbox.groups import GroupCancelled
    from plexsend.outbox.records import Record
    from plexsend.outbox.steer import Decision
    from plexsend.producers.pictures.image import Image
    from plexsend.producers.submissions import Submission


def submit(
    service: ServiceId,
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
        SettingsError: the environment is wrong; `problems` lists all of it. Nothing was done.
    """
    return DEFAULT.get().submit(
        service,
        items,
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


def send(
    service: ServiceId,
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
        images: Addresses of uploaded images, or paths (`Path`) of files, which are uploaded: up to three of
            an MMS, one of an RCS card.
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
        SettingsError: the environment is wrong; `problems` lists all of it. Nothing was done.
    """
    return DEFAULT.get().send(
        service,
        to=to,
        from_=from_,
        text=text,
        title=title,
        images=images,
        msg_key=msg_key,
        account=account,
        group=group,
        msg_type=msg_type,
        send_at=send_at,
        expires_at=expires_at,
        advertisement=advertisement,
        night_consent=night_consent,
        replace=replace,
        timeout_s=timeout_s,
        **fields,
    )


def upload(
    picture: str | PathLike[str] | bytes,
    *,
    product: str = "mms",
    account: str = "main",
    fit: bool = False,
) -> Image:
    """Upload a picture and return where it is; one that was uploaded before is only looked up.

    Args:
        picture: Its file, or its content.
        product: Whose messages show it: `mms` or `rcs-mms`.
        account: The account to upload with. Its secret must be set here.
        fit: Convert what the gateway would refuse: upright, RGB, baseline, without metadata, smaller.

    Raises:
        UsageError: an argument is not what it must be.
        PictureRefused: the gateway would refuse it, or did; with everything that is wrong.
        UploadFailed: the gateway takes no picture now, or not from this account; it says which.
        MissingExtra: the extra `images` is not installed.
        OutboxUnavailable: Redis does not answer. The call may be repeated.
        OutboxFull: Redis has no memory left.
        OutboxUnsuitable: Redis refuses the login, or a call.
        SettingsError: the environment is wrong; `problems` lists all of it. Nothing was done.
    """
    return DEFAULT.get().upload(picture, product=product, account=account, fit=fit)


def service_id(text: str) -> ServiceId:
    """Return a service id, given as text, as the type that `submit` and `send` take.

    Args:
        text: What may be a service id.

    Raises:
        UsageError: there is no such service; it names the known ones.
    """
    return cast("ServiceId", get_service(text).id)


def status(msg_key: str, *, account: str | None = None) -> Record | None:
    """Return the record of a message, or None where there is none with this key.

    Args:
        msg_key: The key of the message.
        account: The account to look in; None: all, in the order of their names. The first record counts.

    Raises:
        UsageError: the key is not text, or the account is not a name.
        OutboxUnavailable: Redis does not answer.
        OutboxUnsuitable: Redis refuses the login, or a call.
        RecordBroken: another program spoilt the record.
        SettingsError: the environment is wrong; `problems` lists all of it. Nothing was done.
    """
    return DEFAULT.get().status(msg_key, account=account)


def cancel(msg_key: str, *, account: str | None = None) -> Decision:
    """Cancel a message that waits; one that is being sent is cancelled if it comes back unsent.

    Args:
        msg_key: The key of the message.
        account: The account that it was sent with; None: all are searched.

    Raises:
        UsageError: the key is not text, the account is not a name, or several accounts have a message of
            this key: nothing is cancelled by guessing.
        OutboxUnavailable: Redis does not answer. The call may be repeated.
        OutboxFull: Redis has no memory left even for this. Try again later.
        OutboxUnsuitable: Redis refuses the login, or a call.
        RecordBroken: another program spoilt the record.
        SettingsError: the environment is wrong; `problems` lists all of it. Nothing was done.
    """
    return DEFAULT.get().cancel(msg_key, account=account)


def cancel_group(
    group: str, *, account: str | None = None, reason: str = "", by: str = "an application"
) -> GroupCancelled:
    """Close a group and cancel all of it that was not sent; return how much, and what may have been sent.

    Nothing can be submitted into it from then on, until `plexsend resume group:NAME` opens it again. A group
    that has no message yet is closed as well: `known` is False then, as it is for a slip. After an error the
    call may be repeated: it goes on.

    Args:
        group: The group's name.
        account: The account that it belongs to; None: the one that knows it, `main` where none does.
        reason: Why, for the people who find it closed.
        by: Who cancels it.

    Raises:
        UsageError: an argument is not what it must be, several accounts know the group, or nobody has ever
            sent with the account: nothing is cancelled by guessing.
        OutboxUnavailable: Redis does not answer. What was cancelled before stays so.
        OutboxFull: Redis has no memory left even for this. Try again later.
        OutboxUnsuitable: Redis refuses the login, or a call.
        SettingsError: the environment is wrong; `problems` lists all of it. Nothing was done.
    """
    return DEFAULT.get().cancel_group(group, account=account, reason=reason, by=by)
