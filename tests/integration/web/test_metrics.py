"""`/metrics` over real connections, beside receipts and by itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain

from plexsend.outbox.metrics import Duration, Instruments, read_counted
from plexsend.outbox.receipts import Receipt
from plexsend.stack.ports import free_port
from plexsend.web import lag
from plexsend.web.lag import LagWatch
from plexsend.web.metric_table import METRICS
from tests.integration.outbox.bench import BULK, Bench, accepted

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store
    from tests.integration.web.conftest import Open

PAGE = Path(__file__).parents[3].joinpath("docs", "metrics.md").read_text("utf-8")
KST = timezone(timedelta(hours=9))


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store)


def sent(bench: Bench, *keys: str) -> None:
    bench.submit([*keys], BULK)
    bench.stop(settlement=accepted(bench.take(lane=BULK)), lane=BULK)


def test_metrics_are_served_without_a_secret_of_receipts(open_door: Open, bench: Bench) -> None:
    sent(bench, "a")
    door = open_door(parts=("metrics",), RECEIPT_SECRET_MAIN="")
    status, body = door.ask("GET", "/metrics")
    text = body.decode()
    assert status == 200
    assert {family.name for family in plain(text)} == {each.name.removesuffix("_total") for each in METRICS}
    assert 'plexsend_messages_ended_total{account="main",service="mms-bulk",state="accepted"} 1.0' in text


@pytest.mark.parametrize(
    "accept", ["", "text/plain; version=x", "application/openmetrics-text; version=abc;;=="]
)
def test_whatever_a_scraper_asks_for_is_answered_in_plain_text(open_door: Open, accept: str) -> None:
    door = open_door(parts=("metrics",))
    status, body = door.ask("GET", "/metrics", headers={"Accept": accept})
    assert (status, body.startswith(b"# HELP plexsend_")) == (200, True)


def test_openmetrics_is_answered_where_it_is_asked_for(open_door: Open, bench: Bench) -> None:
    sent(bench, "a")
    door = open_door(parts=("metrics",))
    _, body = door.ask("GET", "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert body.endswith(b"# EOF\n")
    families = open_metrics(body.decode())  # type: ignore[no-untyped-call]  # the library has no types there
    assert len([*families]) == len(METRICS)


def test_both_parts_are_served_by_one_process(open_door: Open, bench: Bench) -> None:
    sent(bench, "a")
    door = open_door(parts=("receipts", "metrics"))
    assert door.post({"msg_key": "a", "code": "0"}) == 200
    _, body = door.ask("GET", "/metrics")
    assert 'plexsend_receipts_total{account="main",outcome="settled"} 1.0' in body.decode()
    # It came into both states, and left the first.
    for state in ("accepted", "delivered"):
        ended = f'plexsend_messages_ended_total{{account="main",service="mms-bulk",state="{state}"}} 1.0'
        assert ended in body.decode()


def test_redis_that_is_away_fails_the_scrape_and_says_nothing_of_where_it_is(open_door: Open) -> None:
    door = open_door(parts=("metrics",), REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert door.ask("GET", "/metrics") == (503, b"try again\n")


def test_lag_of_a_receipt_is_written_down_at_the_end_at_the_latest(
    open_door: Open, bench: Bench, store: Store
) -> None:
    sent(bench, "a", "b", "c")
    door = open_door()
    done = datetime.now(KST) - timedelta(seconds=40)
    results: list[dict[str, Any]] = [
        {"msg_key": key, "code": "0", "done_date": f"{done:%Y-%m-%d %H:%M:%S}.000"} for key in ("a", "b", "a")
    ]
    assert door.post(*results, {"msg_key": "c", "code": "0"}, {"msg_key": "stranger", "code": "0"}) == 200
    door.app.end()
    # Not the one that was repeated, and not those that say no time.
    timed = read_counted(store).timed[Duration.RECEIPT_LAG]
    buckets = dict(timed.buckets)
    assert (buckets["30"], buckets["60"], timed.count) == (0, 2, 2)
    assert 80 <= timed.sum_s < 120


def test_lag_is_written_down_once_a_second_while_receipts_come(bench: Bench, store: Store) -> None:
    sent(bench, "a")
    watch = LagWatch(store, Instruments("p1"), now_s=lambda: 1_000.0)
    watch.start()
    try:
        watch.take(store, "main", [Receipt("a", "0", "KT", done_ms=1_002_000)])
        deadline = time.monotonic() + 10
        while not read_counted(store).timed[Duration.RECEIPT_LAG].count:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        watch.stop()
    # A clock that is behind the carrier's.
    assert dict(read_counted(store).timed[Duration.RECEIPT_LAG].buckets)["0.1"] == 1


def test_fault_that_nobody_foresaw_ends_no_counting(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lag, "FLUSH_S", 0.01)
    instruments = Instruments("p1")
    came: list[float] = []

    def fail(_: Store) -> None:
        came.append(0.0)
        raise ValueError("a fault")

    monkeypatch.setattr(instruments, "flush", fail)
    watch = LagWatch(store, instruments)
    watch.start()
    deadline = time.monotonic() + 10
    while len(came) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert watch.lives
    watch.stop()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_command_of_the_page_serves_them(valkey_url: str, prefix: str, bench: Bench, tmp_path: Path) -> None:
    sent(bench, "a")
    (line,) = re.findall(r"```sh\n(plexsend serve .+)\n```", PAGE)
    command = [sys.executable, "-P", "-m", *line.replace("8080", "0").split(), "--json"]
    environ = {**os.environ, "PLEXSEND_REDIS_URL": valkey_url, "PLEXSEND_KEY_PREFIX": prefix}
    with subprocess.Popen(
        command, env=environ, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            assert said["parts"] == ["metrics"]
            with urlopen(f"{said['url']}/metrics", None, 10) as answer:  # noqa: S310  its own address
                assert b"\nplexsend_build_info{" in answer.read()
        finally:
            process.terminate()
    assert process.returncode == 0
