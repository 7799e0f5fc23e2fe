"""Why rows of a run failed: the codes that are most frequent among those that were fed last, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.feeds.failure_words import failure_words
from plexsend.campaigns.ticks.ticking import Ticker
from plexsend.outbox.batches import Outcome
from plexsend.outbox.runs.fates import Fate
from tests.integration.campaigns.run_bench import RunBench
from tests.integration.campaigns.sending import make_run, read, settings_of
from tests.integration.campaigns.test_ticking import WATCHED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.outbox.bench import Bench


def test_the_codes_of_those_that_were_fed_last_are_said_in_words(bench: Bench, tmp_path: Path) -> None:
    group = make_run(bench.store, tmp_path, 1_000, definition=WATCHED).group
    spring = RunBench(bench, 1_000, group=group)
    spring.feed(10)
    spring.send(Outcome.REJECTED, "G140")
    # Rows without a message are looked past.
    for _ in range(2):
        spring.pass_over(290, Fate.INVALID)
    spring.feed(10)
    spring.send(Outcome.ACCEPTED, "C100")
    spring.receive("E", [spring.key(row) for row in range(590, 596)])
    spring.receive("1", [spring.key(row) for row in range(596, 600)])
    assert failure_words(bench.store, spring.run, 3) == "3 × 전송 시간 초과 (1)"
    words = failure_words(bench.store, spring.run, 50)
    assert words.startswith("10 × "), words
    assert words.endswith(", 6 × 단말기 전원 꺼짐 (E), 4 × 전송 시간 초과 (1)"), words
    assert "(G140)" in words
    # More codes than are named.
    spring.feed(10)
    spring.send(Outcome.REJECTED, "G141")
    assert failure_words(bench.store, spring.run, 50).endswith(", 4 others")


def test_an_automatic_pause_names_them(bench: Bench, tmp_path: Path) -> None:
    group = make_run(bench.store, tmp_path, 110, definition=WATCHED).group
    spring = RunBench(bench, 110, group=group)
    for _ in range(10):
        spring.feed(10)
        spring.send(Outcome.REJECTED, "G140")
    Ticker(bench.store, settings_of(tmp_path)).tick()
    why = read(bench.store, group).why
    assert why.startswith("100 of the last 100 failed (100 %): 100 × ")
    assert why.endswith(" (G140); pause_at_failure_ratio is 0.2")
