"""`asubmit`, for applications on asyncio: there is no second outbox behind it, but a thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from plexsend.producers.api import submit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from plexsend.gateway.item_types import ServiceId
    from plexsend.producers.submissions import Submission


async def asubmit(
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
    """Put items in from asyncio and return what became of each: `submit`, called in a thread.

    A task that is cancelled does not wait for the end of the call, which may still add messages: make the
    same call again, with the same keys.

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
    return await asyncio.to_thread(
        submit,
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
