"""Whether a Redis server may be Celery's broker: asked before Celery does, which would try for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redis.exceptions import NoPermissionError, ResponseError

from plexsend.errors import OutboxUnsuitable, WrongServer
from plexsend.outbox.redis.requirements import refuse_other_roles
from plexsend.outbox.redis.rights import look_at_broker_rights, require
from plexsend.outbox.redis.store import mapped

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

_NO_HELLO = (
    "Redis does not know the command HELLO, with which Celery's connections begin. Use Redis 7.0, Valkey 7.2 "
    "or newer, without a proxy that keeps HELLO from it."
)


def inspect_broker(broker: Store, *, gossip: bool = True) -> None:
    """Return where nothing keeps Celery from using the server, as far as it says.

    Args:
        broker: The server; its prefix is what Celery's keys and channels begin with.
        gossip: Whether the workers listen to each other (without `--without-gossip`).

    Raises:
        WrongServer: a person must act.
        OutboxUnavailable: it does not answer, or takes nothing now.
    """
    with mapped():
        try:
            # In the old form of replies, which this connection has anyway.
            broker.client.execute_command("HELLO", "2")  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        except ResponseError as exc:
            if "unknown command" in str(exc).lower():
                raise WrongServer(_NO_HELLO) from exc
            raise
    try:
        refuse_other_roles(broker)
    except OutboxUnsuitable as exc:
        # Celery needs no INFO; then nothing is known, and nothing is guessed.
        if not isinstance(exc.__cause__, NoPermissionError):
            raise
    require(look_at_broker_rights(broker, gossip=gossip))
