"""The Celery application: doorbells in, nothing else.

Celery carries no message, so it needs none of its own means to keep one: no result backend, no late
acknowledgement, no eta, no retry, no rate limit. The reasons for each setting stand in docs/decisions.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import Celery
from kombu import Queue

from plexsend.gateway.services import SERVICES
from worker.housekeeper import HousekeepingStep

if TYPE_CHECKING:
    from plexsend.settings import Settings

DRAIN_TASK = "plexsend.drain"
"""The one task: answer a doorbell."""

POOL_SIZE = 16
"""Threads in a worker process, unless `--concurrency` says otherwise."""


def create_app(settings: Settings) -> Celery:
    """Return the application for these settings. Connects to nothing yet."""
    app = Celery("plexsend")
    app.conf.update(_config(settings))
    app.steps["worker"].add(HousekeepingStep)
    app.plexsend_settings = settings  # type: ignore[attr-defined]  # the worker's bootstep finds them here
    return app


def _config(settings: Settings) -> dict[str, Any]:
    services = sorted(SERVICES)
    return {
        "broker_url": settings.broker.celery_url,
        "broker_transport_options": {
            "visibility_timeout": 300,
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "global_keyprefix": f"{settings.key_prefix}celery:",
            **settings.broker.celery_options,
        },
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,
        "broker_pool_acquire_timeout": 10,
        "worker_consumer": "worker.consumer:Consumer",
        "worker_pool": "threads",
        "worker_concurrency": POOL_SIZE,
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": False,
        "task_queues": [Queue(service) for service in services],
        "task_default_queue": services[0],
        "task_create_missing_queues": False,
        "task_acks_late": False,
        "task_reject_on_worker_lost": False,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "imports": ["worker.tasks"],
        "timezone": "UTC",
    }
