"""Celery's command line with this project's application: `python -P -m plexsend.worker worker`, or `beat`.

Celery puts the current folder first on the path while it looks for its application, whatever Python was told.
There a module of an application may have the name of one that is needed here (`redis.py`, `plexsend.py`), so
everything is imported before Celery looks.
"""

from __future__ import annotations

import sys

from celery.bin.celery import celery

# The broker's transport too is imported by its name.
from kombu.transport import redis as _transport  # noqa: F401  see above

# The first import ends the process where the settings are wrong. Celery asks for the others by name, later.
import plexsend.worker.beating
import plexsend.worker.campaign_tasks
import plexsend.worker.celery
import plexsend.worker.consumer
import plexsend.worker.tasks
import plexsend.worker.threads
from plexsend.settings import LogFormat


def main() -> None:
    """Run Celery with the arguments of this process; it ends the process."""
    # A banner is not a line of a log for programs, and standard output often goes where the log goes.
    settings = plexsend.worker.celery.app.plexsend_settings
    logs_json = settings.log is LogFormat.JSON
    celery(
        args=["-A", "plexsend.worker.celery", *(["--quiet"] if logs_json else []), *sys.argv[1:]],
        # What a person typed, in usage and errors.
        prog_name="plexsend",
        auto_envvar_prefix="CELERY",
    )


if __name__ == "__main__":
    main()
