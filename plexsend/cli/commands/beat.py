"""`plexsend beat`: Celery's scheduler of periodic tasks."""

from __future__ import annotations

import click

from plexsend.cli.becoming import become
from plexsend.cli.options import celery_arguments, celery_settings, example


@click.command(context_settings=celery_settings, epilog=example("plexsend beat", "plexsend beat -l warning"))
@celery_arguments
def beat(*, options: tuple[str, ...]) -> None:
    """Start Celery's beat, for periodic tasks.

    plexsend itself has none yet: workers send without it, and scheduled messages go without it. It runs with
    plexsend's application, a node name of its own and the log level INFO. Its schedule is in memory: it
    writes no file. Its options are those of `celery beat`.
    """
    become("beat", options, defaults=("--scheduler", "celery.beat:Scheduler"))
