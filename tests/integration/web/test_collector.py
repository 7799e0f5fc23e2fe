"""What a scrape says of a fleet: every metric that is promised, zeros too, and nothing of what is gone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from plexsend.errors import OutboxUnavailable
from plexsend.outbox.beat import note_beat
from plexsend.outbox.fleet import Announcement, alive, announce
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.metrics import ANSWERED, BOUNDS, Duration, Instruments
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.redis.store import Store
from plexsend.outbox.results.readers import Reader
from plexsend.outbox.runs import steps
from plexsend.outbox.runs.conditions import BY
from plexsend.outbox.steer import pause
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.outbox.suppression import SuppressionKind, Suppressions, SuppressionSource, Suppressor
from plexsend.settings import NumberKey
from plexsend.stack.ports import free_port
from plexsend.web.collector import CACHED_S, FleetCollector
from plexsend.web.metric_table import METRICS
from tests.integration.outbox.runs.feeder import running

if TYPE_CHECKING:
    from collections.abc import Iterator

WEB1 = Announcement(
    host="web1",
    pid=7,
    version="0.5.0",
    form=2,
    since_ms=1_800_000_000_000,
    services=("sms-bulk", "mms-bulk"),
    threads=16,
    certificates={"mms": 1_900_000_000},
)


class Scrapes:
    """A process that serves metrics, on a clock of the test's own."""

    def __init__(self, store: Store) -> None:
        self.now_s = 1000.0
        self.collector = FleetCollector(store, lambda: self.now_s)
        self._registry = CollectorRegistry()
        self._registry.register(self.collector)

    def text(self) -> str:
        return generate_latest(self._registry).decode()

    def samples(self) -> dict[tuple[str, tuple[str, ...]], float]:
        """Scrape: name and values of labels, sorted by their names → value."""
        self.now_s += CACHED_S
        return {
            (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(self.text())
            for sample in family.samples
        }


@pytest.fixture
def scrapes(store: Store) -> Scrapes:
    return Scrapes(store)


def add(store: Store, service: str, account: str, *keys: str) -> None:
    lane = Lane(service, None, account)
    Submitter(store).add(lane, [NewMessage(key, b"{}") for key in keys], stamp="test")


def join(store: Store, name: str, announced: Announcement, *, busy: int = 0) -> None:
    announce(store, name, announced)
    alive(store, name, busy=busy)


def refuse(store: Store, account: str, *numbers: str, since_ms: int = 0) -> None:
    call = Suppressor(SuppressionSource.REFUSAL_CALL)
    own = Suppressions(store, account, NumberKey("k" * 32))
    own.add(numbers, SuppressionKind.ADS, call, since_ms=since_ms)


def test_refusals_that_wait_for_their_answer_are_counted_with_the_age_of_the_oldest(
    store: Store, scrapes: Scrapes
) -> None:
    add(store, "mms-bulk", "main", "a")
    add(store, "mms-bulk", "shop", "b")
    refuse(store, "main", "01023456789", since_ms=server_ms(store) - 13 * 86_400_000)
    refuse(store, "main", "01034567890")
    samples = scrapes.samples()
    assert samples["plexsend_suppressions", ("main", "ads")] == 2
    assert samples["plexsend_refusals_unanswered", ("main",)] == 2
    age_s = samples["plexsend_refusals_oldest_unanswered_age_seconds", ("main",)]
    assert 13 * 86_400 <= age_s < 14 * 86_400
    # An account without advertisements has nothing to say.
    assert ("plexsend_refusals_unanswered", ("shop",)) not in samples


def test_every_metric_has_its_kind_and_labels(store: Store, scrapes: Scrapes) -> None:
    add(store, "mms-bulk", "main", "a")
    join(store, "p1", WEB1)
    Reader(store, "main", "billing", "p", from_start=True).read()
    refuse(store, "main", "01023456789")
    store.client.sadd(store.keys.campaigns, "main")
    found = {family.name: family for family in text_string_to_metric_families(scrapes.text())}
    for metric in METRICS:
        family = found.pop(metric.name.removesuffix("_total"))
        assert (family.type, family.documentation) == (str(metric.kind), metric.meaning)
        assert family.samples, metric.name
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels), metric.name
    assert found == {}


def test_states_are_there_with_zeros_for_every_service_and_account_ever_used(
    store: Store, scrapes: Scrapes
) -> None:
    add(store, "mms-bulk", "main", "a", "b")
    add(store, "sms-bulk", "shop", "c")
    counts = store.keys.lane("shop", "sms-bulk@shop", "counts")
    store.client.hset(counts, mapping={"s:waiting": 0, "a:accepted": 1, "x:accepted": 1, "x:delivered": 2})
    store.client.delete(store.keys.lane("shop", "sms-bulk@shop", "ready"))
    seen = scrapes.samples()
    assert {key[1]: n for key, n in seen.items() if key[0] == "plexsend_messages"} == {
        ("main", "mms-bulk", "scheduled"): 0,
        ("main", "mms-bulk", "waiting"): 2,
        ("main", "mms-bulk", "sending"): 0,
        ("main", "mms-bulk", "uncertain"): 0,
        ("shop", "sms-bulk", "scheduled"): 0,
        ("shop", "sms-bulk", "waiting"): 0,
        ("shop", "sms-bulk", "sending"): 0,
        ("shop", "sms-bulk", "uncertain"): 0,
    }
    ended = {key[1]: n for key, n in seen.items() if key[0] == "plexsend_messages_ended_total"}
    assert ended["shop", "sms-bulk", "accepted"] == 2
    assert ended["shop", "sms-bulk", "delivered"] == 2
    assert len(ended) == 2 * 8
    assert seen["plexsend_oldest_waiting_age_seconds", ("shop", "sms-bulk")] == 0
    assert seen["plexsend_requests_total", (ANSWERED, "sms-bulk")] == 0


def test_age_of_what_waits(store: Store, scrapes: Scrapes) -> None:
    add(store, "mms-bulk", "main", "a")
    ready = store.keys.lane("main", "mms-bulk@main", "ready")
    store.client.zadd(ready, {"a": server_ms(store) * 1000 - 90_000_000})
    assert 90 <= scrapes.samples()["plexsend_oldest_waiting_age_seconds", ("main", "mms-bulk")] < 120


def test_workers_are_those_that_live_now(store: Store, scrapes: Scrapes) -> None:
    add(store, "lms-bulk", "main", "a")
    join(store, "p1", WEB1, busy=3)
    join(store, "p2", replace(WEB1, pid=8, certificates={"mms": 1_800_000_000}), busy=20)
    join(store, "p3", replace(WEB1, pid=9, services=("mms-bulk",), threads=4, feeds=True), busy=1)
    join(store, "p4", replace(WEB1, pid=10, services=(), threads=4), busy=1)
    seen = scrapes.samples()
    names = ("mms-bulk", "sms-bulk", "lms-bulk", "sms-verify", "campaigns")
    assert [seen["plexsend_workers", (name,)] for name in names] == [3, 2, 0, 0, 1]
    threads = {key[1]: n for key, n in seen.items() if key[0] == "plexsend_worker_threads"}
    assert threads == {
        ("mms-bulk,sms-bulk", "busy"): 23,
        ("mms-bulk,sms-bulk", "idle"): 13,
        ("mms-bulk", "busy"): 1,
        ("mms-bulk", "idle"): 3,
        ("none", "busy"): 1,
        ("none", "idle"): 3,
    }
    # The one that ends first counts: some of the gateway's hosts may have a new one already.
    assert seen["plexsend_gateway_certificate_expiry_timestamp_seconds", ("mms",)] == 1_800_000_000
    for name in ("p1", "p2", "p3", "p4"):
        store.client.hset(store.keys.alive, name, f"{server_ms(store) - 60_000} 1 1")
    seen = scrapes.samples()
    assert seen["plexsend_workers", ("mms-bulk",)] == 0
    gone = {"plexsend_worker_threads", "plexsend_gateway_certificate_expiry_timestamp_seconds"}
    assert [key for key in seen if key[0] in gone] == []


def test_campaigns_are_counted_with_zeros_and_beats_by_their_hosts(store: Store, scrapes: Scrapes) -> None:
    assert scrapes.samples()["plexsend_beats", ()] == 0
    run, stopped = running(store, rows=7), running(store, "other")
    steps.pause(store, "main", stopped.group, by=BY, why="too many fail")
    steps.schedule(store, "main", run.group, server_ms(store) - 180_000)
    for host in ("web1", "web2"):
        note_beat(store, host)
    store.client.hset(store.keys.beat, "web3", str(server_ms(store) - 60_000))
    seen = scrapes.samples()
    assert seen["plexsend_beats", ()] == 2
    states = {key[1][1]: n for key, n in seen.items() if key[0] == "plexsend_campaign_runs"}
    assert states == {"draft": 0, "checked": 0, "scheduled": 1, "running": 0, "paused": 1}
    stops = {key[1][1]: n for key, n in seen.items() if key[0] == "plexsend_campaign_runs_stopped"}
    assert stops == {"draft": 0, "paused": 1}
    assert seen["plexsend_campaign_starts_planned", ("main",)] == 1
    assert 180 <= seen["plexsend_campaign_start_overdue_seconds", ("main",)] < 240


def test_disagreements_are_counted(store: Store, scrapes: Scrapes) -> None:
    for at, name in enumerate(("p1", "p2")):
        join(store, name, replace(WEB1, pid=at, secrets={"main": name}, number_key=name))
    assert scrapes.samples()["plexsend_policy_disagreements", ()] == 2


def test_holds_are_there_with_zeros(store: Store, scrapes: Scrapes) -> None:
    add(store, "mms-bulk", "main", "a")
    pause(store, Scope.LANE, "mms-bulk@main", account="main", by="test", why="test")
    pause(store, Scope.SERVICE, "sms-bulk", account=None, by="test", why="test")
    seen = scrapes.samples()
    assert seen["plexsend_holds", ("main", "pause", "lane")] == 1
    assert seen["plexsend_holds", ("main", "pause", "service")] == 0
    assert seen["plexsend_holds", ("*", "pause", "service")] == 1
    assert seen["plexsend_holds", ("main", "credit", "account")] == 0


def test_answers_are_folded_into_few_codes(store: Store, scrapes: Scrapes) -> None:
    add(store, "mms-bulk", "main", "a")
    add(store, "mms-bulk", "shop", "b")
    add(store, "sms-bulk", "shop", "c")
    codes: dict[Any, Any] = {
        "c:C100": 5,
        "c:made up": 2,
        "c:*": 3,
        "c:STOPPING": 9,
        "c:C400_9": 1,
        "fill": 20,
    }
    for account in ("main", "shop"):
        store.client.hset(store.keys.lane(account, f"mms-bulk@{account}", "counts"), mapping=codes)
    seen = scrapes.samples()
    assert {key[1]: n for key, n in seen.items() if key[0] == "plexsend_answers_total"} == {
        ("C100", "mms-bulk"): 10,
        ("other", "mms-bulk"): 10,
        ("C400", "mms-bulk"): 2,
        ("C100", "sms-bulk"): 0,
    }
    assert seen["plexsend_batch_messages_total", ()] == 40


def test_requests_and_their_times_are_those_that_processes_wrote_down(store: Store, scrapes: Scrapes) -> None:
    add(store, "mms-bulk", "main", "a")
    instruments = Instruments("p1")
    for took_s in (0.02, 0.3, 20.0):
        instruments.request("mms-bulk", ANSWERED, took_s)
    instruments.receipt_lags([4.0])
    instruments.flush(store)
    seen = scrapes.samples()
    assert seen["plexsend_requests_total", (ANSWERED, "mms-bulk")] == 3
    assert seen["plexsend_requests_total", ("uncertain", "mms-bulk")] == 0
    assert [
        seen["plexsend_request_seconds_bucket", (le,)] for le in ("0.01", "0.025", "0.5", "15", "+Inf")
    ] == [*(0, 1, 2, 2, 3)]
    assert seen["plexsend_request_seconds_count", ()] == 3
    assert seen["plexsend_request_seconds_sum", ()] == pytest.approx(20.32)
    assert seen["plexsend_receipt_lag_seconds_bucket", ("5",)] == 1
    buckets = [key for key in seen if key[0] == "plexsend_receipt_lag_seconds_bucket"]
    assert len(buckets) == len(BOUNDS[Duration.RECEIPT_LAG]) + 1


def test_receipts_are_counted_by_account_and_what_nobody_could_read_by_itself(
    store: Store, scrapes: Scrapes
) -> None:
    add(store, "mms-bulk", "main", "a")
    store.client.hset(store.keys.receipts("main"), mapping={"settled": 3, "stranger": 1, "delivered": 3})
    store.client.hset(store.keys.unread_counts, mapping={"not JSON": 2, "wrong path": 50, "wrong address": 1})
    seen = scrapes.samples()
    assert {key[1]: n for key, n in seen.items() if key[0] == "plexsend_receipts_total"} == {
        ("main", "settled"): 3,
        ("main", "kept"): 0,
        ("main", "noted"): 0,
        ("main", "repeated"): 0,
        ("main", "stranger"): 1,
        ("*", "refused"): 51,
        ("*", "unreadable"): 2,
    }


def test_reader_that_was_given_nothing_is_behind_by_all(store: Store, scrapes: Scrapes) -> None:
    add(store, "mms-bulk", "main", "a")
    add(store, "mms-bulk", "shop", "b")
    for account in ("main", "shop"):
        Reader(store, account, "billing", "p", from_start=True).read()
        for _ in range(2):
            fields: dict[Any, Any] = {
                "s": "accepted",
                "l": f"mms-bulk@{account}",
                "c": "C100",
                "k": "a",
                "m": "",
            }
            store.client.xadd(store.keys.results(account), fields)
    assert scrapes.samples()["plexsend_results_behind", ("billing",)] == 4


def test_two_scrapes_within_a_second_are_one_look(store: Store, scrapes: Scrapes) -> None:
    add(store, "mms-bulk", "main", "a")
    first = scrapes.samples()
    add(store, "mms-bulk", "main", "b")
    assert 'state="waiting"} 1.0' in scrapes.text()
    assert scrapes.samples()["plexsend_messages", ("main", "mms-bulk", "waiting")] == 2
    assert first["plexsend_messages", ("main", "mms-bulk", "waiting")] == 1


def test_counter_does_not_fall_while_a_group_ends(store: Store, scrapes: Scrapes) -> None:
    """Between two calls the lane of a group is gone, and its route does not have its counts yet."""
    add(store, "mms-bulk", "main", "a")
    counts = store.keys.lane("main", "mms-bulk@main", "counts")
    name = "plexsend_messages_ended_total", ("main", "mms-bulk", "accepted")
    shown = []
    for accepted in (100, 40, 101):
        store.client.hset(counts, "s:accepted", accepted)
        shown.append(scrapes.samples()[name])
    assert shown == [100, 100, 101]


def test_redis_that_is_away_fails_the_scrape() -> None:
    gone = Store.connect(f"redis://127.0.0.1:{free_port()}/0", "x:")
    with pytest.raises(OutboxUnavailable):
        list(FleetCollector(gone).collect())


def test_own_registry_has_nothing_of_the_process_itself(store: Store, scrapes: Scrapes) -> None:
    add(store, "mms-bulk", "main", "a")
    assert [
        line for line in scrapes.text().splitlines() if not line.strip("# HELPTY").startswith("plexsend_")
    ] == []


def test_promtool_finds_nothing_to_remark(store: Store, scrapes: Scrapes) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is missing: .ci/run installs it (Debian: prometheus)")
        pytest.skip("promtool is missing (Debian: prometheus)")
    add(store, "mms-bulk", "main", "a")
    join(store, "p1", WEB1)
    ended = subprocess.run(
        [promtool, "check", "metrics"], input=scrapes.text(), capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def commands(store: Store) -> Iterator[tuple[str, int]]:
    for name, facts in store.client.info("commandstats").items():
        yield name, facts["calls"]


def test_scrape_of_two_hundred_lanes_is_a_few_calls(store: Store, scrapes: Scrapes) -> None:
    for at in range(196):
        lane = Lane("mms-bulk", None, "main", f"g{at}")
        Submitter(store).add(lane, [NewMessage(f"k{at}", b"{}")], stamp="test")
    scrapes.samples()
    before = Counter(dict(commands(store)))
    scrapes.samples()
    made = Counter(dict(commands(store))) - before
    # Of what a script calls Redis counts each: two reads a lane.
    assert made["cmdstat_evalsha_ro"] == 4
    assert sum(made.values()) - 2 * 197 <= 40, made
