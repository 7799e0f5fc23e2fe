"""Looking at the broker before Celery does: a refusal is named, where Celery would end, or try for ever."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from plexsend.errors import OutboxError, OutboxUnavailable, WrongServer
from plexsend.outbox.redis import failures
from plexsend.outbox.redis.broker_requirements import inspect_broker
from plexsend.outbox.redis.store import Store

if TYPE_CHECKING:
    from plexsend.settings import Settings


def broker_prefix(settings: Settings) -> str:
    """Return what every key and channel of Celery begins with."""
    return f"{settings.key_prefix}celery:"


def check_broker(settings: Settings, *, gossip: bool = True) -> None:
    """Return where nothing is known that keeps Celery from using the broker.

    Raises WrongServer where a person must act, OutboxUnavailable where it does not answer or takes nothing
    now. `gossip`: whether workers listen to each other.
    """
    with closing(Store.connect(settings.broker, broker_prefix(settings))) as broker:
        try:
            inspect_broker(broker, gossip=gossip)
        except OutboxError as exc:
            kind = OutboxUnavailable if isinstance(exc, OutboxUnavailable) else WrongServer
            raise kind(about_broker(settings, str(exc))) from exc


def about_broker(settings: Settings, words: str) -> str:
    """Return what was said about Redis as it is about the broker: with the setting that gave its address."""
    return words if settings.broker is settings.redis else words.replace("_REDIS_URL", "_BROKER_URL")


def why_not(settings: Settings, exc: Exception) -> str:
    """Return why kombu could not use the broker, and what to do, in whole sentences."""
    if settings.broker.url.startswith("rediss:") and failures.names_no_file(exc):
        # The system names neither the file nor the option.
        exc = RuntimeError(failures.NO_FILE)
    reason = str(exc).rstrip(".") or type(exc).__name__
    return about_broker(settings, f"{reason}. {failures.remedy_of(exc)}")
