"""Becoming a Celery process: the command's own process goes on as Celery, under the same id."""

from __future__ import annotations

import os
import sys
from secrets import token_hex
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.extras import require

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

_PROGRAM = "plexsend.worker"

_FOREIGN = ("-A", "--app")
"""Options that would name another application."""


def command_line(kind: str, defaults: Sequence[str], given: Sequence[str]) -> list[str]:
    """Return the command line of a Celery process of this project.

    Args:
        kind: Celery's own command, such as `worker`.
        defaults: Options that count unless the caller gives them.
        given: The caller's options, as Celery knows them.
    """
    # The name is unique, since Celery takes two workers of one name for the same one. Of an option that is
    # given twice Celery takes the last.
    name = f"plexsend-{token_hex(4)}@%h"
    options = ("-n", name, "--loglevel", "INFO", *defaults, *given)
    # -P: the folder where it is typed may have modules of the same names as ours, or as Celery's.
    return [sys.executable, "-P", "-m", _PROGRAM, kind, *options]


def become(kind: str, given: Sequence[str], *, defaults: Sequence[str] = ()) -> NoReturn:
    """Go on as this Celery process; see `command_line`. Raises UsageError or MissingExtra where it cannot."""
    require("worker")
    if any(word == name or word.startswith(f"{name}=") for word in given for name in _FOREIGN):
        raise UsageError(
            f"`plexsend {kind}` runs plexsend's own Celery application: leave {_FOREIGN[0]} out."
        )
    line = command_line(kind, defaults, given)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(line[0], line)  # noqa: S606  a fixed program, without a shell
