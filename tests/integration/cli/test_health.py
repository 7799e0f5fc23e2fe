"""`plexsend health`: what probes ask, with a reason in words and an exit code."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.clock import elapsed_s
from plexsend.outbox.beat import note_beat
from plexsend.outbox.doors import Door
from plexsend.outbox.doors import announce as announce_door
from plexsend.outbox.fleet import announce
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.policies.open_hours import OPEN_HOURS
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.stack.ports import free_port
from tests.integration.cli.test_fleet import WEB1
from tests.integration.outbox.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

HERE = replace(WEB1, host=socket.gethostname())


def see(store: Store, name: str, ago_s: float, announced: Any = HERE) -> None:
    announce(store, name, announced)
    store.client.hset(store.keys.alive, name, f"{server_ms(store) - round(ago_s * 1000)} 0 1")


def test_worker_of_this_host_that_was_just_seen_is_well(run: Callable[..., Any], store: Store) -> None:
    see(store, "p1", 1)
    see(store, "p2", 60)
    ended = run("health", "worker")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"well: worker process {socket.gethostname()} pid 7 was last seen 1.")


def test_worker_that_fell_silent_is_not_well_and_says_for_how_long(
    run: Callable[..., Any], store: Store
) -> None:
    see(store, "p1", 8)
    ended = run("health", "worker")
    assert (ended.code, ended.out) == (1, "")
    assert "was last seen 8." in ended.err
    assert "5.0 s are allowed" in ended.err
    assert run("health", "worker", "--max-age", "30").code == 0


def test_worker_of_another_host_counts_only_where_any_will_do(run: Callable[..., Any], store: Store) -> None:
    see(store, "p1", 1, WEB1)
    ended = run("health", "worker")
    assert ended.code == 1
    assert f"no worker process is known on {socket.gethostname()}; 1 run elsewhere" in ended.err
    assert run("health", "worker", "--anywhere").code == 0


def test_programs_get_one_object_whatever_comes_of_it(run: Callable[..., Any], store: Store) -> None:
    ended = run("health", "worker", "--json")
    assert (ended.code, ended.err) == (1, "")
    (facts,) = ended.lines
    assert (facts["what"], facts["ok"], facts["age_s"]) == ("worker", False, None)
    see(store, "p1", 2)
    (facts,) = run("health", "worker", "--json").lines
    assert (facts["ok"], facts["remedy"], 2 <= facts["age_s"] < 5) == (True, None, True)


@pytest.mark.parametrize("what", ["worker", "receipts", "outbox"])
def test_redis_that_does_not_answer_is_a_reason_and_not_a_fault(run: Callable[..., Any], what: str) -> None:
    gone = {"PLEXSEND_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    ended = run("health", what, "--json", **gone)
    (facts,) = ended.lines
    assert (ended.code, facts["ok"]) == (1, False)
    assert "Redis does not answer" in facts["reason"]


def open_door(store: Store, host: str, *parts: str, ago_s: float = 0.0) -> None:
    door = Door(host, host, 9, "0.5.0", parts)
    announce_door(store, door)
    facts = json.loads(store.client.hget(store.keys.doors, host) or "")
    store.client.hset(
        store.keys.doors, host, json.dumps({**facts, "seen_ms": facts["seen_ms"] - ago_s * 1000})
    )


def test_server_for_receipts_of_this_host_is_well_while_it_gives_signs(
    run: Callable[..., Any], store: Store
) -> None:
    open_door(store, "web2", "receipts", "metrics")
    ended = run("health", "receipts")
    assert ended.code == 1
    assert "no server for receipts is known" in ended.err
    assert run("health", "receipts", "--anywhere").code == 0
    open_door(store, socket.gethostname(), "receipts", ago_s=12)
    assert "was last seen 12" in run("health", "receipts").err
    assert run("health", "receipts", "--max-age", "60").code == 0
    open_door(store, socket.gethostname(), "receipts")
    assert run("health", "receipts").code == 0


def test_server_that_serves_only_metrics_takes_no_receipts(run: Callable[..., Any], store: Store) -> None:
    open_door(store, socket.gethostname(), "metrics")
    assert run("health", "receipts").code == 1
    assert run("health", "metrics").code == 0


def test_server_that_takes_only_receipts_serves_no_metrics(run: Callable[..., Any], store: Store) -> None:
    open_door(store, socket.gethostname(), "receipts")
    ended = run("health", "metrics")
    assert ended.code == 1
    assert "no server of metrics is known" in ended.err
    assert "plexsend serve metrics" in ended.err


def test_outbox_that_answers_is_well_and_one_that_is_full_is_not(
    run: Callable[..., Any], store: Store
) -> None:
    assert run("health", "outbox").code == 0
    used = int(store.client.info("memory")["used_memory"])
    store.client.config_set("maxmemory", str(round(used * 1.1)))
    try:
        ended = run("health", "outbox")
    finally:
        store.client.config_set("maxmemory", "0")
    assert ended.code == 1
    assert "above 80% nothing more is taken in" in ended.err


def test_outbox_that_may_lose_messages_is_not_well_where_that_is_asked_for(run: Callable[..., Any]) -> None:
    ended = run("health", "outbox", PLEXSEND_DURABLE="1")
    assert ended.code == 1
    assert "appendfsync always" in ended.err


def test_outbox_in_which_a_message_waits_too_long_is_not_well(run: Callable[..., Any], store: Store) -> None:
    lane = Lane("mms-bulk", None, "main", "spring")
    Submitter(store).add(lane, [NewMessage("k", b"{}")], stamp="test")
    ready = store.keys.lane("main", lane.name, "ready")
    store.client.zadd(ready, {"k": server_ms(store) * 1000 - 90_000_000})
    ended = run("health", "outbox", "--max-age", "60")
    assert ended.code == 1
    assert "a message of mms-bulk of account main has waited 1 min" in ended.err
    ended = run("health", "outbox", "--max-age", "120", "--json")
    assert (ended.code, 90 <= ended.lines[0]["oldest_waiting_s"] < 120) == (0, True)
    assert run("health", "outbox").code == 0


def test_outbox_in_which_advertisements_wait_for_the_morning_is_well(
    run: Callable[..., Any], store: Store
) -> None:
    lane, now_ms = Lane.of("mms-bulk", None, "main", None, Advertising.QUIET), server_ms(store)
    Bench(store).submit(["k"], lane)
    store.client.zadd(store.keys.lane("main", lane.name, "ready"), {"k": (now_ms - 90_000) * 1000})
    ended = {}
    for spans in (f"{now_ms + 3_600_000}-{now_ms + 7_200_000}", f"{now_ms - 100_000}-{now_ms + 3_600_000}"):
        store.client.hset(store.keys.in_force("main"), OPEN_HOURS, spans)
        ended[spans] = run("health", "outbox", "--max-age", "60").code
    assert [*ended.values()] == [0, 1]


def test_beat_of_this_host_is_well_while_it_rings_whatever_others_do(
    run: Callable[..., Any], store: Store
) -> None:
    host = socket.gethostname()
    note_beat(store, "web2")
    ended = run("health", "beat")
    assert ended.code == 1
    assert f"no beat is known on {host}; 1 run elsewhere" in ended.err
    assert "plexsend beat" in ended.err
    assert run("health", "beat", "--anywhere").code == 0
    store.client.hset(store.keys.beat, host, server_ms(store) - 12_000)
    assert f"beat on {host} was last seen 12" in run("health", "beat").err
    assert run("health", "beat", "--max-age", "60").code == 0
    note_beat(store, host)
    note_beat(store, "web2")
    ended = run("health", "beat", "--json")
    assert (ended.code, ended.lines[0]["age_s"] < 5) == (0, True)


@pytest.mark.parametrize(
    "args",
    [
        ["outbox", "--anywhere"],
        ["outbox", "--live"],
        ["worker", "--max-age", "0"],
        ["scheduler"],
        [],
        ["outbox", "--max-age", "nan"],
        ["worker", "--max-age", "inf"],
    ],
)
def test_wrong_usage_ends_with_two(run: Callable[..., Any], args: list[str]) -> None:
    assert run("health", *args).code == 2


def liveness_of_the_page() -> list[str]:
    page = Path(__file__).parents[3].joinpath("docs", "operating.md").read_text("utf-8")
    (line,) = re.findall(r"livenessProbe:\n +exec: \{command: \[plexsend, ([^\]]+)\]\}", page)
    return [word.strip().strip('"') for word in line.split(",")]


def test_probe_of_the_page_restarts_a_silent_worker_only_while_redis_answers(
    run: Callable[..., Any], store: Store
) -> None:
    asked = liveness_of_the_page()
    assert run(*asked).code == 1
    see(store, "p1", 90)
    assert run(*asked).code == 1
    see(store, "p1", 30)
    assert run(*asked).code == 0
    gone = {"PLEXSEND_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    ended = run(*asked, **gone)
    assert (ended.code, ended.out[:44]) == (0, "well: nobody can know, since Redis does not ")
    assert run("health", "worker", **gone).code == 1


@pytest.mark.parametrize("what", ["worker", "beat", "receipts", "metrics"])
def test_a_process_is_not_restarted_while_redis_takes_no_writes(
    what: str, run: Callable[..., Any], store: Store
) -> None:
    """No sign of life can be written then, and a worker that is ended takes with it what it has to record."""
    see(store, "p1", 90)
    assert run("health", what, "--live", "--max-age", "60").code == 1
    # As with a full disk: it answers, and refuses what writes.
    store.client.config_set("min-replicas-to-write", 1)
    try:
        ended = run("health", what, "--live", "--max-age", "60")
        assert (ended.code, ended.out[:44]) == (0, "well: nobody can know, since Redis cannot se")
        assert run("health", what, "--max-age", "60").code == 1
    finally:
        store.client.config_set("min-replicas-to-write", 0)


def test_beat_is_not_restarted_while_redis_is_full(run: Callable[..., Any], store: Store) -> None:
    """A full server refuses the sign of beat alone."""
    asked = ("health", "beat", "--live", "--max-age", "60", "--json")
    assert run(*asked).code == 1
    store.client.config_set("maxmemory", 1)
    try:
        (seen,) = run(*asked).lines
    finally:
        store.client.config_set("maxmemory", 0)
    assert (seen["ok"], seen["reason"][:36]) == (True, "nobody can know, since Redis is full")
    assert run(*asked, "--anywhere").code == 1, "what was tried is no sign of life"


def test_redis_that_hangs_is_given_up_within_the_time_of_a_probe(run: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        url = f"redis://127.0.0.1:{hangs.getsockname()[1]}/0"
        began = elapsed_s()
        ended = run("health", "worker", "--live", PLEXSEND_REDIS_URL=url)
        took_s = elapsed_s() - began
    assert (ended.code, ended.err) == (0, "")
    assert took_s < 15, "a probe without an answer in time counts as failed, and the worker would be ended"
