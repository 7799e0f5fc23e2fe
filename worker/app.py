"""The Celery application: doorbells in, the tasks of campaigns, nothing else.

Celery carries no message, so it needs none of its own means to keep one: no result backend, no late
acknowledgement, no eta, no retry, no rate limit. The reasons for each setting are in docs/decisions.md.
"""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING, Any

from celery import concurrency
from celery.signals import beat_init, celeryd_init
from kombu import Exchange, Queue

from plexsend.gateway.services import SERVICES
from plexsend.settings import LogFormat
from plexsend.worker import transport
from plexsend.worker.application import Application
from plexsend.worker.beating import SCHEDULE, SCHEDULER
from plexsend.worker.bootstep import HousekeepingStep, log_doubtful
from plexsend.worker.broker_check import broker_prefix
from plexsend.worker.campaign_queue import CAMPAIGNS
from plexsend.worker.logs import Logging

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.settings import Settings

POOL = "plexsend.worker.threads:Pool"
POOL_SIZE = 16
"""Threads in a worker process, unless `--concurrency` says otherwise."""


def create_app(settings: Settings) -> Application:
    """Return the application for these settings. Connects to nothing yet."""
    # `--pool threads` names Celery's own, which fails at a second Ctrl-C.
    concurrency.ALIASES["threads"] = POOL  # type: ignore[attr-defined]  # celery's stubs leave it out
    transport.use()
    app = Application(settings, log=Logging)
    app.conf.update(_config(settings, app.plexsend_broker_url))
    app.steps["worker"].add(HousekeepingStep)
    beat_init.connect(_warn_in_the_log, weak=False)
    celeryd_init.connect(_log_from_the_first_line, weak=False)
    celeryd_init.connect(_refuse_unknown_queues, weak=False)
    return app


# Celery sets its log up a moment later, but its warning about a worker that root runs comes before. Its
# banner is left out: standard output often goes where the log goes.
def _log_from_the_first_line(instance: Any, options: Mapping[str, Any], **_: Any) -> None:
    if instance.app.plexsend_settings.log is LogFormat.JSON:
        instance.quiet = True
        instance.app.log.setup(options.get("loglevel"), options.get("logfile"), hostname=instance.hostname)


# Of beat, which has no bootsteps.
def _warn_in_the_log(sender: Any, **_: Any) -> None:
    log_doubtful(sender.app.take_ignored())


# Celery itself ends with a traceback, and recommends a setting that would create the misspelt queue.
def _refuse_unknown_queues(options: Mapping[str, Any], **_: Any) -> None:
    named = [*(options.get("queues") or ()), *(options.get("exclude_queues") or ())]
    queues = (*SERVICES, CAMPAIGNS)
    unknown = sorted(set(named) - set(queues))
    if unknown:
        known = ", ".join(queues)
        # Logging is not set up yet.
        sys.stderr.write(f"plexsend: there is no queue {', '.join(unknown)}. Queues: {known}.\n")
        raise SystemExit(2)


def _config(settings: Settings, broker_url: str) -> dict[str, Any]:
    services = sorted(SERVICES)
    return {
        "broker_url": broker_url,
        "broker_transport_options": {
            "visibility_timeout": 300,
            # A broker whose host hangs closes no connection, and only these two show that it is gone: with 30
            # and 25, workers did nothing for 25 s after the fail-over to another (docs/reliability.md). Redis
            # itself may take 2 s where `everysec` waits for a slow disk.
            "socket_timeout": 3,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            # Nobody may send a doorbell for hours, and a firewall may forget a connection without a word.
            "socket_keepalive_options": _keepalive(settings.idle_s),
            "health_check_interval": 3,
            "global_keyprefix": broker_prefix(settings),
            **settings.broker.celery_options,
        },
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,
        "broker_pool_acquire_timeout": 10,
        "worker_consumer": "plexsend.worker.consumer:Consumer",
        "worker_pool": POOL,
        "worker_concurrency": POOL_SIZE,
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": False,
        "task_queues": [
            Queue(name, Exchange("plexsend"), routing_key=name) for name in (*services, CAMPAIGNS)
        ],
        "task_default_queue": services[0],
        "task_create_missing_queues": False,
        "task_acks_late": False,
        "task_reject_on_worker_lost": False,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "imports": ["plexsend.worker.tasks", "plexsend.worker.campaign_tasks"],
        "beat_scheduler": SCHEDULER,
        "beat_schedule": SCHEDULE,
        "timezone": "UTC",
    }


# Linux's names; elsewhere the system's own times hold.
def _keepalive(idle_s: float) -> dict[int, int]:
    if not hasattr(socket, "TCP_KEEPIDLE"):
        return {}
    return {socket.TCP_KEEPIDLE: round(idle_s), socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}
