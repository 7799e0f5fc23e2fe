"""Following a run until it is over: what `plexsend campaign show --follow` prints meanwhile."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from plexsend.campaigns.reading.finding import find_run
from plexsend.campaigns.viewing import view_run
from plexsend.cli.run_bar import bar_title, bar_words
from plexsend.cli.run_showing import state_words
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.terminal.meter import meter
from plexsend.terminal.wrapping import terminal_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.campaigns.viewing import RunView
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from plexsend.terminal.screen import Screen

_EVERY_S = 1.0
_LATELY = 10
"""The pace is that of so many looks: of one alone it would jump with each batch."""


class RunFollower:
    """Shows how far a run is, once a second, until it is over.

    Args:
        screen: Where to. A terminal gets a bar; a pipe a line, and a program an object, for each change.
        store: Where the run is.
        sleep: Waits so many seconds.
    """

    def __init__(self, screen: Screen, store: Store, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._screen = screen
        self._store = store
        self._sleep = sleep
        self._looks: list[RunView] = []

    def follow(self, run: Run) -> Run:
        """Return the run as it is once it is over. What it was after the last look is not shown."""
        try:
            with meter(self._screen, bar_title(run.written), "") as report:
                while True:
                    view = self._look(run)
                    counts = view.counts
                    report(counts.gone, counts.rows, words=self._beside(view))
                    if view.is_over:
                        return view.run
                    self._say(view)
                    self._sleep(_EVERY_S)
        except KeyboardInterrupt:
            self._screen.note(f"Not shown any longer; it goes on: plexsend campaign show {run.written}")
            raise

    def _look(self, run: Run) -> RunView:
        now = find_run(self._store, run.written, run.account)
        view = view_run(self._store, now, before=self._looks[0] if self._looks else None)
        self._looks = [*self._looks, view][-_LATELY:]
        return view

    def _say(self, view: RunView) -> None:
        before = self._looks[-2] if len(self._looks) > 1 else None
        if before is not None and (before.counts, before.state) == (view.counts, view.state):
            return
        self._screen.facts(view.as_json())
        # A terminal has the bar.
        if not sys.stderr.isatty():
            self._screen.say(f"{view.run.written}  {self._words(view)}")
        sys.stdout.flush()

    def _beside(self, view: RunView) -> str:
        clock = clock_of(self._store, view.run.account)
        return bar_words(view, clock, terminal_width(sys.stderr))

    def _words(self, view: RunView) -> str:
        ends = clock_of(self._store, view.run.account).words(view.ends_at_ms) if view.ends_at_ms else ""
        return "  ".join(
            (state_words(view.state), *_outcomes(view), *([f"ends about {ends}"] if ends else []))
        )


def _outcomes(view: RunView) -> Iterator[str]:
    outcomes = zip(("성공", "실패", "대기", "제외"), view.counts.outcomes.values(), strict=True)
    yield from (f"{word} {n:,}" for word, n in outcomes)
