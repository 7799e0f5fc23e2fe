"""`plexsend worker`: a worker process."""

from __future__ import annotations

import click

from plexsend.cli.becoming import become
from plexsend.cli.options import celery_arguments, celery_settings, example


@click.command(
    context_settings=celery_settings,
    epilog=example("plexsend worker", "plexsend worker -Q mms-finance --concurrency 8"),
)
@celery_arguments
def worker(*, options: tuple[str, ...]) -> None:
    """Start a worker process, which sends what waits.

    It is Celery's worker with plexsend's application, a node name of its own and the log level INFO. Its
    options are those of `celery worker`: -Q names the services that it sends for (all, unless given),
    --concurrency its threads. It works in any folder. Ctrl-C or SIGTERM lets it finish its requests.
    """
    become("worker", options)
