"""A progress bar on stderr, for people at a terminal; others see nothing of it."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.terminal.screen import Screen

_SHOWN_EVERY_S = 0.1
"""A report sooner than this after the last one is not drawn, so that reporting costs nothing."""


class Report(Protocol):
    """Reports how far the work is."""

    def __call__(self, done: int, total: int, *, count: int | None = None, words: str = "") -> None:
        """Show `done` of `total`, and `words` beside it; `count` is what the pace counts (None: `done`)."""


def towards(report: Report, total: int) -> Callable[[int], None]:
    """Return what reports how far the work is where its end is known, more or less, from the beginning."""
    return lambda done: report(done, max(done, total))


@contextmanager
def meter(screen: Screen, title: str, unit: str) -> Iterator[Report]:
    """Give a function that reports progress.

    `unit` is what is counted, in the plural; where it is empty, `words` say how many and how fast.
    """
    if screen.as_json or not sys.stderr.isatty():
        yield _say_nothing
        return
    from rich.console import Console  # noqa: PLC0415  only a terminal pays for it
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415  a pipe does not pay for it

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    with progress:
        task = progress.add_task(title, total=None, words="")
        started_s = time.monotonic()
        drawn_s = 0.0

        def report(done: int, total: int, *, count: int | None = None, words: str = "") -> None:
            nonlocal drawn_s
            now_s = time.monotonic()
            if done < total and now_s - drawn_s < _SHOWN_EVERY_S:
                return
            drawn_s = now_s
            counted = done if count is None else count
            pace = counted / max(now_s - started_s, 0.001)
            shown = [f"{counted:,} {unit}, {pace:,.0f}/s"] if unit else []
            shown += [words] if words else []
            progress.update(task, completed=done, total=total, words="  ".join(shown))

        yield report


def _say_nothing(done: int, total: int, *, count: int | None = None, words: str = "") -> None:
    """Report to nobody."""
