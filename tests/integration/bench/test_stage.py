"""The pieces of the bench on real processes: small runs, no figures asserted."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from bench.clock import TooLate, wait_for
from bench.gateway import Gateway
from bench.items import msg_key, wire_body
from bench.programs import measure
from bench.rows.limits import Grants
from bench.rows.redis_cost import send, without_limits
from bench.senders import cpu_of_bare, send_bare, send_with_worker
from bench.stage import LANE, Stage
from bench.valkey import Valkey
from plexsend.outbox.advance import Ticket, advance
from plexsend.outbox.reading import queries
from plexsend.stack.child import ChildFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON = Path(sys.executable)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("bench"), python=PYTHON, keep_keys=True) as stage:
        yield stage


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with Gateway(tmp_path, python=PYTHON, keep_keys=True) as gateway:
        yield gateway


def post(gateway: Gateway, *numbers: int) -> requests.Response:
    bodies = b",".join(wire_body(number) for number in numbers)
    return requests.post(f"{gateway.url}/mms-bulk/v2/send", b'{"msg_data":[' + bodies + b"]}", timeout=10)


def test_gateway_accepts_every_key_and_counts_it(gateway: Gateway) -> None:
    answer = post(gateway, 1, 2).json()
    assert [(one["msg_key"], one["code"]) for one in answer["results"]] == [
        (msg_key(1), "C100"),
        (msg_key(2), "C100"),
    ]
    post(gateway, 3)
    stats = gateway.stats()
    assert (stats["requests"], stats["messages"], sum(stats["by_second"].values())) == (2, 3, 3)
    assert [one.messages for one in gateway.arrivals()] == [2, 1]
    assert [key for key, _ in gateway.moments()] == [msg_key(1), msg_key(2), msg_key(3)]


def test_gateways_clock_is_that_of_this_process(gateway: Gateway) -> None:
    before_s = time.monotonic()
    post(gateway, 1)
    assert before_s <= gateway.arrivals()[0].at_s <= time.monotonic()


def test_gateway_takes_its_time_when_told_and_forgets(gateway: Gateway) -> None:
    post(gateway, 1)
    gateway.reset(delay_ms=200)
    assert gateway.total() == 0
    began_s = time.monotonic()
    post(gateway, 2)
    assert time.monotonic() - began_s >= 0.2


def test_valkey_keeps_its_data_while_it_is_away(tmp_path: Path) -> None:
    with Valkey(tmp_path / "valkey") as valkey:
        valkey.client.set("a", "b")
        valkey.go_away()
        valkey.come_back()
        assert valkey.client.get("a") == b"b"
        assert valkey.client.config_get("appendfsync") == {"appendfsync": "everysec"}


def test_worker_sends_what_was_preloaded_and_its_cost_is_told(stage: Stage) -> None:
    shown = send_with_worker(stage, 2000, "--concurrency", "2")
    assert shown.keys() == {"per_s", "sender_us", "valkey_us", "gateway_us"}
    assert shown["per_s"] > 0
    assert len({key for key, _ in stage.gateway.moments()}) == stage.sent() == 2000


def test_foreign_stamps_are_sent_too(stage: Stage) -> None:
    send_with_worker(stage, 1000, "--concurrency", "2", stamp="mms:v2:1:00000000")
    assert stage.sent() == 1000


def test_bare_loop_sends_the_same_messages(stage: Stage) -> None:
    shown = send_bare(stage, 2000, 4)
    assert shown["per_s"] > 0
    assert {key for key, _ in stage.gateway.moments()} == {msg_key(number) for number in range(2000)}


@pytest.mark.parametrize(("mode", "sent"), [("json", 500), ("load", 0)])
def test_bare_loop_tells_its_own_cost(stage: Stage, mode: str, sent: int) -> None:
    assert cpu_of_bare(stage, 500, mode) > 0
    assert stage.sent() == sent


def test_grants_are_heard_from_redis_itself(stage: Stage) -> None:
    stage.clear()
    stage.preload(50)
    with Grants(stage.valkey) as grants:
        # Handed out, and never settled.
        for sequence in (1, 2):
            advance(stage.store, LANE, Ticket("heard.1", sequence))
    assert len(grants.at_s) == 20


def test_batches_are_taken_and_settled_without_a_gateway(stage: Stage) -> None:
    stage.clear()
    without_limits(stage.store)
    stage.preload(50)
    send(stage.store, 3, "quiet.1")
    counts = queries.look_at(stage.store, LANE).counts
    assert {name: count for name, count in counts.items() if name.startswith("s:") and count} == {
        "s:accepted": 30,
        "s:waiting": 20,
    }


def test_program_that_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('last words'); raise SystemExit(3)"]
    with (
        measure(command, log=tmp_path / "log", folder=tmp_path) as program,
        pytest.raises(ChildFailed, match=r"ended \(exit code 3\):\nlast words"),
    ):
        program.wait_for("never said")


def test_program_ends_with_its_children(tmp_path: Path) -> None:
    # Some work first: the kernel counts processor time in steps of 10 ms.
    code = (
        "import subprocess, sys, time\n"
        "while time.process_time() < 0.05: pass\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(child.pid, 'started', flush=True); time.sleep(60)"
    )
    with measure([sys.executable, "-c", code], log=tmp_path / "log", folder=tmp_path) as program:
        program.wait_for("started")
        child = int(program.words.split()[0])
        assert program.cpu_s() > 0

    def is_gone() -> bool:
        stat = Path(f"/proc/{child}/stat")
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"

    wait_for(is_gone, what="the child's end", within_s=10)


def test_waiting_for_what_never_comes_is_told() -> None:
    with pytest.raises(TooLate, match=r"not within 0.1 s: the moon"):
        wait_for(lambda: False, what="the moon", within_s=0.1)
