"""Options that say of messages that they are advertisements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def advertising_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of everything that judges messages; what a row says of itself counts instead."""
    for option in (
        click.option(
            "--night-consent",
            is_flag=True,
            help="With --advertisement: the receivers agreed to get advertisements at night, too.",
        ),
        click.option(
            "--advertisement",
            is_flag=True,
            help="It is an advertisement: it gets the marks of the law, and waits in the quiet hours.",
        ),
    ):
        command = option(command)
    return command
