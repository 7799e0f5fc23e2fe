"""Celery's logs, in the form that the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery.app.log import Logging as CeleryLogging

from plexsend.logs import configure
from plexsend.settings import LogFormat

if TYPE_CHECKING:
    from logging import Logger


class Logging(CeleryLogging):
    """Makes handlers as Celery does, by Celery's own options; they write only what a log may hold."""

    def setup_handlers(self, logger: Logger, *args: Any, **options: Any) -> Logger:
        """Make a logger's handlers: Celery calls this for the root, for tasks and for processes."""
        super().setup_handlers(logger, *args, **options)
        settings = self.app.plexsend_settings  # type: ignore[attr-defined]  # `create_app` leaves them there
        configure(logger, json=settings.log is LogFormat.JSON)
        return logger
