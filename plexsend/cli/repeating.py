"""Options that are given more than once: click takes the last value and forgets the others without a word."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence


def refuse_repeated(command: click.Command, name: str, args: Sequence[str], parent: click.Context) -> None:
    """Raise a usage error for an option that takes one value and is given several times.

    The command parses its arguments once more afterwards, and reports all else that is wrong with them.

    Args:
        command: The command, or a group of commands.
        name: Its name, as it was typed.
        args: What follows the name.
        parent: The context of the command before it.
    """
    ctx = click.Context(command, info_name=name, parent=parent, **command.context_settings)
    try:
        _, rest, order = command.make_parser(ctx).parse_args(list(args))
    except click.UsageError:
        return
    for given, times in Counter(order).items():
        if times > 1 and isinstance(given, click.Option) and not (given.multiple or given.is_flag):
            raise click.UsageError(
                f"{given.opts[0]} is given {times} times and takes one value. Give it once.", ctx
            )
    if isinstance(command, click.Group) and rest:
        inner = command.get_command(ctx, rest[0])
        if inner is not None:
            refuse_repeated(inner, rest[0], rest[1:], ctx)
