"""Celery's logs, in the form that the settings ask for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from celery.app.log import Logging as CeleryLogging

from plexsend.logs import configure
from plexsend.settings import LogFormat
from plexsend.worker.campaign_queue import TICK_TASK

if TYPE_CHECKING:
    from logging import Logger

_OF_TASKS = ("celery.worker.strategy", "celery.app.trace")
"""Where Celery logs that a task came, and that it succeeded."""


class Logging(CeleryLogging):
    """Makes handlers as Celery does, by Celery's own options; they write only what a log may hold."""

    def setup_handlers(self, logger: Logger, *args: Any, **options: Any) -> Logger:
        """Make a logger's handlers: Celery calls this for the root, for tasks and for processes."""
        super().setup_handlers(logger, *args, **options)
        for name in _OF_TASKS:
            logging.getLogger(name).addFilter(_is_read)
        settings = self.app.plexsend_settings  # type: ignore[attr-defined]  # `create_app` leaves them there
        configure(logger, json=settings.log is LogFormat.JSON)
        return logger


# One tick a second: two lines of which say nothing, for as long as the worker runs.
def _is_read(record: logging.LogRecord) -> bool:
    facts = record.args
    is_tick = isinstance(facts, dict) and facts.get("name") == TICK_TASK
    return not is_tick or record.levelno > logging.INFO
