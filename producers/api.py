"""The default producer: `send`, `submit` and more for applications set up by their environment."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, cast

from plexsend.gateway.environment import read_settings
from plexsend.gateway.services import get_service
from plexsend.producers.producer import Producer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from plexsend.gateway.item_types import ServiceId
    from plexsend.outbox.records import Record
    from plexsend.outbox.steer import Decision
    from plexsend.producers.submissions import Submission


# An application has its own ways with logs, and most of them begin at the standard library.
_log = logging.getLogger("plexsend")


class LazyProducer:
    """A producer that is made when it is first needed: importing this package reads no environment.

    Args:
        make: Returns the producer. Called once, and again only after it raised.
    """

    def __init__(self, make: Callable[[], Producer]) -> None:
        self._make = make
        self._producer: Producer | None = None
        self._lock = threading.Lock()

    def get(self) -> Producer:
        """Return the one producer of this process."""
        with self._lock:
            if self._producer is None:
                self._producer = self._make()
            return self._producer


def make_producer() -> Producer:
    """Return a producer made from the environment, and log what is doubtful there: no command prints it here.

    Raises SettingsError with every wrong or missing setting.
    """
    settings = read_settings()
    producer = Producer(settings)
    for problem in settings.warnings:
        _log.warning("%s", problem)
    return producer


_default = LazyProducer(make_producer)


def submit(
    service: ServiceId,
    items: Iterable[object],
    *,
    account: str = "main",
    msg_type: str | None = None,
    send_at: datetime | None = None,
    expires_at: datetime | None = None,
    replace: bool = False,
    timeout_s: float | None = None,
) -> Submission:
    """Put items in and return what became of each; see `Producer.submit`.

    Raises SettingsError where the environment is wrong.
    """
    return _default.get().submit(
        service,
        items,
        account=account,
        msg_type=msg_type,
        send_at=send_at,
        expires_at=expires_at,
        replace=replace,
        timeout_s=timeout_s,
    )


def send(
    service: ServiceId,
    *,
    to: str,
    from_: str,
    text: str,
    title: str | None = None,
    images: Sequence[str] = (),
    msg_key: str | None = None,
    account: str = "main",
    msg_type: str | None = None,
    send_at: datetime | None = None,
    expires_at: datetime | None = None,
    replace: bool = False,
    timeout_s: float | None = None,
    **fields: object,
) -> str:
    """Put one message in and return its key, or raise Refused with every problem; see `Producer.send`.

    Raises SettingsError where the environment is wrong.
    """
    return _default.get().send(
        service,
        to=to,
        from_=from_,
        text=text,
        title=title,
        images=images,
        msg_key=msg_key,
        account=account,
        msg_type=msg_type,
        send_at=send_at,
        expires_at=expires_at,
        replace=replace,
        timeout_s=timeout_s,
        **fields,
    )


def service_id(text: str) -> ServiceId:
    """Return a service id, given as text, as the type that `submit` and `send` take.

    Raises UsageError, which names the known ones, where there is no such service.
    """
    return cast("ServiceId", get_service(text).id)


def status(msg_key: str, *, account: str | None = None) -> Record | None:
    """Return the record of a message, or None where there is none; see `Producer.status`."""
    return _default.get().status(msg_key, account=account)


def cancel(msg_key: str, *, account: str | None = None) -> Decision:
    """Cancel a message that waits; see `Producer.cancel`."""
    return _default.get().cancel(msg_key, account=account)
