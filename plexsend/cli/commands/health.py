"""`plexsend health`: is a worker, a server, beat or the outbox well? For probes, so it is quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plexsend.cli.finite import FiniteRange
from plexsend.cli.options import example, json_option
from plexsend.terminal.faults import EXIT_REFUSED, Fault
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from plexsend.outbox.reading.liveness import Liveness
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings

_WORKER_AGE_S, _DOOR_AGE_S, _BEAT_AGE_S = 5.0, 10.0, 10.0
"""As long as each counts as alive for the others."""


@click.command(epilog=example("plexsend health worker", "plexsend health outbox --max-age 600"))
@click.argument("what", type=click.Choice(["worker", "receipts", "metrics", "beat", "outbox"]))
@click.option(
    "--max-age",
    "max_age_s",
    type=FiniteRange(min=0, min_open=True),
    metavar="S",
    help="Seconds: how old the last sign of life may be [default: 5 of a worker, 10 of a server "
    "and of beat]; of the outbox, how long a message may have been ready to go [default: however "
    "long].",
)
@click.option("--anywhere", is_flag=True, help="One on any host will do, not only on this one.")
@click.option(
    "--live",
    is_flag=True,
    help="For a probe that restarts: well too while Redis does not answer or takes no writes, since a "
    "restart would not help.",
)
@json_option
def health(*, what: str, max_age_s: float | None, anywhere: bool, live: bool, as_json: bool) -> int:
    """Say whether a worker, a server or beat of this host, or the outbox, is well.

    worker, receipts, metrics: a worker process, or a server that takes receipts or serves metrics, of this
    host (of this container) has just given its sign of life. beat: a beat of this host has just rung for
    campaigns. outbox: Redis answers, is one that plexsend can use, and takes messages.
    Exit code 0: it is well; 1: it is not, and why; 2: wrong usage or settings.
    """
    if anywhere and what == "outbox":
        raise click.UsageError("--anywhere says where a process runs; there is one outbox.")
    if live and what == "outbox":
        raise click.UsageError("--live is about a process; an outbox that cannot be asked is not well.")
    screen = Screen(as_json=as_json)
    found = _look(what, max_age_s, anywhere=anywhere, live=live)
    facts = {"what": what, "ok": found.ok, "reason": found.words, "remedy": found.remedy or None}
    screen.facts({**facts, **found.facts})
    if found.ok:
        screen.say(f"well: {found.words}")
        return 0
    if not as_json:
        screen.complain(Fault("unwell", f"not well: {found.words}.", hint=found.remedy))
    return EXIT_REFUSED


def _look(what: str, max_age_s: float | None, *, anywhere: bool, live: bool) -> Liveness:
    from plexsend.errors import OutboxError
    from plexsend.gateway.environment import read_settings
    from plexsend.outbox.reading.liveness import Liveness
    from plexsend.outbox.redis.store import Store

    settings = read_settings()
    store = Store.connect(settings.redis, settings.key_prefix, idle_s=settings.idle_s)
    try:
        found = _ask(what, settings, store, max_age_s, anywhere=anywhere)
        if live and not found.ok:
            _try_to_write(store, what)
    except OutboxError as exc:
        reason = str(exc).rstrip(".")
        return Liveness(ok=live, words=f"nobody can know, since {reason}" if live else reason)
    else:
        return found
    finally:
        store.close()


# A server that answers and takes no writes (its disk is full, it is a replica) takes no sign of life either.
def _try_to_write(store: Store, what: str) -> None:
    from contextlib import suppress

    from plexsend.errors import OutboxUnsuitable
    from plexsend.outbox.redis.store import mapped

    # A login that may not write says nothing of what the process may.
    with suppress(OutboxUnsuitable), mapped():
        if what == "beat":
            # Refused by a full server too, as beat's sign is. One from 1970 counts as none.
            store.client.hsetnx(store.keys.beat, "nobody", "0")
        else:
            store.client.hdel(store.keys.alive if what == "worker" else store.keys.doors, "nobody")


def _ask(what: str, settings: Settings, store: Store, max_age_s: float | None, *, anywhere: bool) -> Liveness:
    if what == "outbox":
        from plexsend.outbox.reading.outbox_liveness import look_at_outbox

        return look_at_outbox(store, durable=settings.durable, max_age_s=max_age_s)
    import socket

    host = "" if anywhere else socket.gethostname()
    if what in {"receipts", "metrics"}:
        from plexsend.outbox.doors import known
        from plexsend.outbox.reading.liveness import look_at_doors

        now_ms, doors = known(store)
        return look_at_doors(doors, what, now_ms, host, max_age_s or _DOOR_AGE_S)
    if what == "beat":
        from plexsend.outbox.beat import beat_signs
        from plexsend.outbox.reading.liveness import look_at_beat

        return look_at_beat(beat_signs(store), host, max_age_s or _BEAT_AGE_S)
    from plexsend.outbox.fleet import fleet
    from plexsend.outbox.reading.liveness import look_at_workers

    return look_at_workers(fleet(store), host, max_age_s or _WORKER_AGE_S)
