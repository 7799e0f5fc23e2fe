"""Celery's application, set up by plexsend's settings alone.

Celery lets variables of its own win over what an application was set up with. One that is set on one host,
or for another program, would send that host's doorbells to another broker than the fleet's.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from celery import Celery

from plexsend.settings import take_out_foreign
from plexsend.worker.broker_login import broker_url

if TYPE_CHECKING:
    from plexsend.errors import Problem
    from plexsend.settings import Settings


class Application(Celery):
    """A Celery application that has one broker and no results, whatever its environment says."""

    backend_cls = "disabled"

    def __init__(self, settings: Settings, **options: Any) -> None:
        # Before anything of Celery reads them. A command's own options may set them again, later.
        self._foreign = take_out_foreign()
        # Without fixups: Celery's for Django would load a project that a variable names.
        super().__init__("plexsend", loader="celery.loaders.app:AppLoader", fixups=[], **options)
        self.plexsend_settings = settings
        self.plexsend_broker_url = broker_url(settings.broker)

    def take_ignored(self) -> list[Problem]:
        """Return a warning for each variable of Celery that was set, each once."""
        found = list(dict.fromkeys([*self._foreign, *take_out_foreign()]))
        self._foreign = []
        return found

    def write_ignored(self) -> None:
        """Write these warnings to standard error, unless they were taken."""
        for problem in self.take_ignored():
            sys.stderr.write(f"plexsend: {problem.field} {problem.reason}. {problem.remedy}\n")

    def connection_for_read(self, url: Any = None, **options: Any) -> Any:
        """Return a connection for fetching doorbells."""
        return super().connection_for_read(url or self.plexsend_broker_url, **options)

    def connection_for_write(self, url: Any = None, **options: Any) -> Any:
        """Return a connection for sending doorbells and commands."""
        return super().connection_for_write(url or self.plexsend_broker_url, **options)

    def connection(self, hostname: Any = None, *arguments: Any, **options: Any) -> Any:
        """Return a connection for whatever asks by the older name."""
        url = hostname or self.plexsend_broker_url
        return super().connection(url, *arguments, **options)
