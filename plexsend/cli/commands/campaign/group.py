"""The group of the commands about campaigns."""

from __future__ import annotations

import click

from plexsend.cli.options import ACCOUNT, example

run_argument = click.argument("name", metavar="NAME")
"""A run: `NAME`, the latest of a campaign, or `NAME/3`, its third."""
run_account_option = click.option(
    "--account", type=ACCOUNT, metavar="A", help="The account of the campaign; the one that has it otherwise."
)


@click.group(
    epilog=example(
        "plexsend campaign check spring.toml", "plexsend campaign pause spring-sale --reason price"
    )
)
def campaign() -> None:
    """Check, send, watch and steer campaigns: messages to a list of people, sent in runs.

    NAME is the latest run of a campaign, NAME/3 its third.
    """
