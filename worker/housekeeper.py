"""The bootstep that gives every worker process its runtime and its housekeeping thread."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from celery import bootsteps
from celery.signals import worker_shutting_down
from celery.worker.state import maybe_shutdown

from plexsend.errors import OutboxError, OutboxUnavailable, OutboxUnsuitable
from plexsend.logs import get_logger
from plexsend.outbox.server import inspect
from plexsend.outbox.sweeping import Process as SweepingProcess
from worker.housekeeping import Housekeeping
from worker.process import Process, enter
from worker.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celery import Celery

_log = get_logger("worker.housekeeper")

_POOLS = ("threads", "solo")
_TRY_AGAIN_S = 0.5


class HousekeepingStep(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery's class is untyped
    """Runs beside the pool: checks the server, starts housekeeping, ends it with the worker."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._thread: threading.Thread | None = None
        self._runtime: Runtime | None = None

    def start(self, worker: Any) -> None:
        """Start housekeeping; refuses a pool of processes, a server that loses messages, or a worker without accounts."""
        settings = worker.app.plexsend_settings
        _refuse_unless(
            _pool_name(worker) in _POOLS,
            "plexsend sends from threads: leave out --pool, or use --pool threads.",
        )
        _refuse_unless(
            bool(settings.accounts),
            "no account is configured: set PLEXSEND_ACCOUNT_MAIN to userID;secret_key (or PLEXSEND_ACCOUNT_MAIN_FILE).",
        )
        for problem in settings.warnings:
            _log.warning(
                "a setting is doubtful", setting=problem.field, reason=problem.reason, remedy=problem.remedy
            )
        runtime = Runtime(settings)
        self._runtime = runtime
        _wait_for_server(runtime, durable=settings.durable)
        process = Process(worker.app, runtime, drain_task="plexsend.drain")
        enter(process)
        worker_shutting_down.connect(self._on_shutdown, weak=False)
        services = tuple(sorted(worker.app.amqp.queues.consume_from))
        me = SweepingProcess(runtime.name, worker.concurrency, services)
        housekeeping = Housekeeping(runtime, me, ring=process.ring, queue_lengths=QueueLengths(worker.app))
        self._thread = threading.Thread(target=housekeeping.run, name="plexsend-housekeeping", daemon=True)
        self._thread.start()

    def stop(self, worker: Any) -> None:  # noqa: ARG002  Celery's signature
        """End housekeeping. The pool has already been told to finish what it does."""
        if self._runtime is not None:
            self._runtime.stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    terminate = stop

    def _on_shutdown(self, **_: Any) -> None:
        if self._runtime is not None:
            self._runtime.stop.set()


class QueueLengths:
    """How many doorbells wait in the broker, by service. One connection, kept."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Any = None

    def __call__(self, services: Mapping[str, int]) -> dict[str, int]:
        """Return the length of each service's queue. Raises what the transport raises."""
        if self._connection is None:
            self._connection = self._app.connection_for_write()
        try:
            channel = self._connection.default_channel
            return {service: channel.queue_declare(service).message_count for service in services}
        except Exception:
            self._connection.release()
            self._connection = None
            raise


def _pool_name(worker: Any) -> str:
    module: str = worker.pool_cls.__module__ if not isinstance(worker.pool_cls, str) else worker.pool_cls
    return {"celery.concurrency.thread": "threads"}.get(module, module.rpartition(".")[2])


def _refuse_unless(holds: bool, text: str) -> None:  # noqa: FBT001  the condition is the subject
    if not holds:
        _log.critical("worker refuses to start", reason=text)
        raise SystemExit(f"plexsend: {text}")


def _wait_for_server(runtime: Runtime, *, durable: bool) -> None:
    told = False
    while True:
        try:
            problems = inspect(runtime.store, durable=durable)
        except OutboxUnavailable as exc:
            if not told:
                _log.warning("redis does not answer, trying on", reason=str(exc))
            told = True
            maybe_shutdown()
            time.sleep(_TRY_AGAIN_S)
        except (OutboxUnsuitable, OutboxError) as exc:
            _refuse_unless(holds=False, text=str(exc))
        else:
            for problem in problems:
                _log.warning(
                    "redis may lose messages",
                    setting=problem.field,
                    reason=problem.reason,
                    remedy=problem.remedy,
                )
            return
