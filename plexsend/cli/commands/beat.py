"""`plexsend beat`: Celery's beat, which rings for campaigns."""

from __future__ import annotations

import click

from plexsend.cli.becoming import become
from plexsend.cli.options import celery_arguments, celery_settings, example


@click.command(context_settings=celery_settings, epilog=example("plexsend beat", "plexsend beat -l warning"))
@celery_arguments
def beat(*, options: tuple[str, ...]) -> None:
    """Start Celery's beat, which rings for campaigns once a second.

    Workers send without it, and scheduled messages go without it. Campaigns start on time with one beat, with
    several on any hosts, and some seconds late with none: then the workers ring, and say so. It runs with
    plexsend's application, a node name of its own and the log level INFO. It writes no file. Its options are
    those of `celery beat`.
    """
    become("beat", options)
