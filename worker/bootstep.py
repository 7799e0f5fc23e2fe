"""The bootstep that gives every worker process its runtime and its housekeeping thread."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from celery import bootsteps
from celery.worker.state import maybe_shutdown

from plexsend.errors import OutboxError, OutboxUnavailable, WrongServer
from plexsend.gateway.http.hook import post_to_hook
from plexsend.gateway.http.way import Way
from plexsend.logs import get_logger
from plexsend.outbox.fleet import fleet
from plexsend.outbox.form import form_in_force
from plexsend.outbox.policies.state import renew
from plexsend.outbox.redis.requirements import inspect, kept_texts
from plexsend.outbox.redis.rights import look_at_rights, require
from plexsend.worker.beside import Beside
from plexsend.worker.broker_check import check_broker
from plexsend.worker.campaign_queue import CAMPAIGNS
from plexsend.worker.certificates import CertificateWatch
from plexsend.worker.folder_watch import FolderWatch
from plexsend.worker.housekeeping import Housekeeping
from plexsend.worker.memory_file import MemoryFile
from plexsend.worker.notifier import Notifier
from plexsend.worker.presence import Presence
from plexsend.worker.process import Process, busy, enter
from plexsend.worker.queues import Queues
from plexsend.worker.rewind import RewindWatch
from plexsend.worker.runtime import Runtime
from plexsend.worker.stop_signals import is_stopping, listen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.errors import Problem
    from plexsend.settings import Settings

_log = get_logger("worker.bootstep")

SERVER_WRONG = 1
"""Exit code where the Redis server must not be used: it may be repaired by the next start."""
SETTINGS_WRONG = 2
"""Exit code where only a person can help: starting again changes nothing."""

_NO_ACCOUNT = (
    "no account is configured: set PLEXSEND_ACCOUNT_MAIN to userID;secret_key, or "
    "PLEXSEND_ACCOUNT_MAIN_FILE to the path of a file that holds it."
)
_POOLS = ("threads", "solo")
_TRY_AGAIN_S = 0.5


class HousekeepingStep(bootsteps.StartStopStep):
    """Runs beside the pool: checks settings and server, starts housekeeping, ends it with the worker."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._thread: threading.Thread | None = None
        self._runtime: Runtime | None = None
        self._gossip = not options.get("without_gossip")

    def create(self, parent: Any) -> None:
        """Refuse what cannot work, before anything is started: pools of processes, no accounts."""
        if _pool_name(parent) not in _POOLS:
            _refuse("plexsend sends from threads: leave out --pool, or use --pool threads.", SETTINGS_WRONG)
        if getattr(parent, "autoscale", None):
            _refuse(
                "a pool of threads cannot grow or shrink, so the worker would end at its first backlog: "
                "leave out --autoscale, and give the number of threads with --concurrency.",
                SETTINGS_WRONG,
            )
        if not parent.app.plexsend_settings.accounts:
            _refuse(_NO_ACCOUNT, SETTINGS_WRONG)

    def start(self, parent: Any) -> None:
        """Start housekeeping once Redis answers; refuses a server that loses messages."""
        settings = parent.app.plexsend_settings
        log_doubtful([*settings.warnings, *parent.app.take_ignored()])
        runtime = Runtime(settings)
        self._runtime = runtime
        _wait_for_server(runtime, durable=settings.durable)
        _refuse_wrong_broker(settings, gossip=self._gossip)
        memory_file = _memory_file(parent, settings)
        presence = Presence(
            runtime,
            partial(served, parent),
            parent.concurrency,
            busy=busy,
            feeds=partial(feeds, parent),
        )
        _announce(runtime, presence, memory_file)
        process = Process(parent.app, runtime, presence.serves, threads=parent.concurrency)
        enter(process)
        queues, broker = Queues(parent.app), Beside("plexsend-broker")
        housekeeping = Housekeeping(
            runtime,
            presence.me,
            ring=lambda lane, bell: broker.ask(partial(process.ring, lane, bell), None),
            queue_lengths=lambda services: broker.ask(partial(queues.lengths, services), None),
            purge=lambda service: broker.ask(partial(queues.purge, service), 0),
            presence=presence,
            memory_file=memory_file,
            tick=lambda: broker.ask(process.tick, None),
        )
        self._thread = threading.Thread(target=housekeeping.run, name="plexsend-housekeeping", daemon=True)
        self._thread.start()
        certificates = CertificateWatch(runtime, partial(served, parent))
        threading.Thread(target=certificates.run, name="plexsend-certificates", daemon=True).start()
        folder = FolderWatch(runtime, partial(feeds, parent))
        threading.Thread(target=folder.run, name="plexsend-folder", daemon=True).start()
        if settings.notify is not None:
            notifier = Notifier(runtime, settings.notify, post=partial(post_to_hook, way=Way.of(settings)))
            threading.Thread(target=notifier.run, name="plexsend-notifier", daemon=True).start()
        listen(runtime.stop, partial(is_stopping, parent))

    def stop(self, parent: Any) -> None:  # noqa: ARG002  Celery's signature
        """End housekeeping. The pool ends after it, once the requests under way are settled."""
        if self._runtime is not None:
            self._runtime.stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def terminate(self, parent: Any) -> None:
        """End it in the same way: no faster way would lose nothing."""
        self.stop(parent)


def served(worker: Any) -> tuple[str, ...]:
    """Return the services whose doorbells a worker fetches now.

    `add_consumer` and `cancel_consumer` change what is wanted at once and what is fetched a moment later.
    While the broker is away nothing is fetched, and what is wanted counts: it will be again.
    """
    return tuple(queue for queue in _fetched(worker) if queue != CAMPAIGNS)


def feeds(worker: Any) -> bool:
    """Return whether a worker takes the tasks of campaigns now."""
    return CAMPAIGNS in _fetched(worker)


def _fetched(worker: Any) -> tuple[str, ...]:
    wanted = tuple(worker.app.amqp.queues.consume_from)
    # Celery makes the consumer after this bootstep has started.
    fetches = getattr(getattr(worker, "consumer", None), "task_consumer", None)
    fetched = tuple(queue for queue in wanted if fetches and fetches.consuming_from(queue))
    return tuple(sorted(fetched or wanted))


# Beside the log of the worker, unless a folder is set.
def _memory_file(parent: Any, settings: Settings) -> MemoryFile | None:
    log = getattr(parent, "logfile", None)
    folder = settings.state_dir or (Path(log).absolute().parent if isinstance(log, str) and log else None)
    return None if folder is None else MemoryFile(folder, str(parent.hostname), settings.key_prefix)


# Before any doorbell is answered: of a route from which no process that wrote a file ever took, a drain of
# this process would notice nothing by itself.
def _look_back(runtime: Runtime, memory_file: MemoryFile) -> None:
    runtime.memory.recall(memory_file.read())
    RewindWatch(runtime).look()


def log_doubtful(problems: Iterable[Problem]) -> None:
    """Log what is doubtful about the settings of this process."""
    for problem in problems:
        _log.warning(
            "a setting is doubtful", setting=problem.field, reason=problem.reason, remedy=problem.remedy
        )


def _pool_name(worker: Any) -> str:
    module: str = worker.pool_cls.__module__ if not isinstance(worker.pool_cls, str) else worker.pool_cls
    return {"plexsend.worker.threads": "threads", "celery.concurrency.thread": "threads"}.get(
        module, module.rpartition(".")[2]
    )


def _refuse(reason: str, code: int) -> NoReturn:
    _log.critical("worker refuses to start", reason=reason)
    raise SystemExit(code)


# What this process asks for holds before it sends anything. Announced first: another that renews what is in
# force in the same moment would not know of it.
def _announce(runtime: Runtime, presence: Presence, memory_file: MemoryFile | None) -> None:
    try:
        presence.beat()
        if memory_file is not None:
            _look_back(runtime, memory_file)
        renew(runtime.store, lambda: [each.announced.asks for each in fleet(runtime.store)])
    except WrongServer as exc:
        # A login that may not ask for its rights shows them at the first write.
        _refuse(str(exc), SETTINGS_WRONG)
    except OutboxError as exc:
        _refuse(str(exc), SERVER_WRONG)


# One that does not answer, or takes nothing yet, is waited for by the consumer.
def _refuse_wrong_broker(settings: Settings, *, gossip: bool) -> None:
    try:
        check_broker(settings, gossip=gossip)
    except OutboxUnavailable:
        return
    except WrongServer as exc:
        _refuse(str(exc), SETTINGS_WRONG)
    except OutboxError as exc:
        _refuse(str(exc), SERVER_WRONG)


def _wait_for_server(runtime: Runtime, *, durable: bool) -> None:
    reported = False
    while True:
        try:
            require(look_at_rights(runtime.store))
            problems = inspect(runtime.store, durable=durable)
            runtime.form = form_in_force(runtime.store)
        except WrongServer as exc:
            _refuse(str(exc), SETTINGS_WRONG)
        except OutboxUnavailable as exc:
            if not reported:
                _log.warning("redis does not answer, trying again", reason=str(exc))
            reported = True
            maybe_shutdown()
            time.sleep(_TRY_AGAIN_S)
        except OutboxError as exc:
            _refuse(str(exc), SERVER_WRONG)
        else:
            for problem in problems:
                _log.warning(
                    "redis may lose messages",
                    setting=problem.field,
                    reason=problem.reason,
                    remedy=problem.remedy,
                )
            for problem in kept_texts(runtime.store):
                _log.warning(
                    "redis keeps texts of messages in its logs",
                    setting=problem.field,
                    reason=problem.reason,
                    remedy=problem.remedy,
                )
            return
