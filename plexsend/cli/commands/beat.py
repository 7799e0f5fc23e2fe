"""`plexsend beat`: Celery's scheduler."""

from __future__ import annotations

import click

from plexsend.cli.becoming import become
from plexsend.cli.options import celery_arguments, celery_settings, example


@click.command(context_settings=celery_settings, epilog=example("plexsend beat", "plexsend beat -l warning"))
@celery_arguments
def beat(*, options: tuple[str, ...]) -> None:
    """Start the process that gives the signal for what is to happen at a time.

    It is Celery's beat with plexsend's application, a node name of its own and the log level INFO. Its
    schedule is in memory: it writes no file. Its options are those of `celery beat`. Workers send without it.
    """
    become("beat", options, defaults=("--scheduler", "celery.beat:Scheduler"))
