"""A stack of real processes, without the command around it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.reading.queries import lanes
from plexsend.outbox.redis.store import Store
from plexsend.stack import environment, programs
from plexsend.stack.child import Child
from plexsend.stack.folder import DataFolder
from plexsend.stack.stack import PartFailed, Plan, Stack
from plexsend.stack.stops import Stops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


def settings(redis_url: str, sandbox_url: str | None) -> Mapping[str, str]:
    environ = environment.without_ours(os.environ)
    return environ | environment.with_sandbox({}, redis_url=redis_url, sandbox_url=sandbox_url or "")


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """Build a stack; it is stopped after the test."""
    built: list[Stack] = []
    stops = Stops()
    with DataFolder(tmp_path / "data") as folder:

        def build(
            settings: Callable[[str, str | None], Mapping[str, str]] = settings,
            *,
            workers: int = 0,
            sandbox: bool = False,
            free_port: Callable[[], int] | None = None,
        ) -> Stack:
            environ = environment.without_ours(os.environ)
            plan = Plan(workers, environ, settings, sandbox=sandbox)
            built.append(Stack(plan, folder, stops, free_port=free_port))
            return built[-1]

        yield build
        for stack in built:
            stack.stop()


def test_a_free_port_that_another_server_takes_first_is_given_up_for_the_next(
    build: Callable[..., Stack], valkey_url: str, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    taken = int(valkey_url.rpartition(":")[2].partition("/")[0])
    stack = build(free_port=iter((taken, free)).__next__)
    stack.start()

    assert stack.redis_place == f"redis://127.0.0.1:{free}/0"
    assert re.fullmatch(rf"redis://:[\w-]{{32}}@127\.0\.0\.1:{free}/0", stack.redis_url)
    store = Store.connect(stack.redis_url, "p:")
    assert lanes(store) == []
    store.close()
    assert "already in use" in (tmp_path / "data" / "logs" / "valkey.log").read_text()


def test_a_foreign_server_on_the_port_is_not_taken_for_our_own(
    build: Callable[..., Stack], valkey_url: str, tmp_path: Path
) -> None:
    stack = build()
    stack.redis_url = valkey_url
    program = programs.valkey(DataFolder(tmp_path), {}, port=1, durable=False)
    stack._valkey = Child(program)

    assert not stack._valkey_answers()


def test_a_worker_that_cannot_start_is_named_with_its_last_words(build: Callable[..., Stack]) -> None:
    def broken(redis_url: str, sandbox_url: str | None) -> Mapping[str, str]:
        return {**settings(redis_url, sandbox_url), "PLEXSEND_RATE": "nonsense"}

    stack = build(broken, workers=1)
    stack.start()
    with pytest.raises(PartFailed) as failed:
        stack.wait_for_workers()

    told = str(failed.value)
    assert told.startswith("worker 1 ended while it started (exit code 2). Its last words:\n  | ")
    assert "PLEXSEND_RATE" in told
    assert "logs/worker-1.log" in told


def test_a_worker_that_logs_for_programs_is_seen_to_be_ready(
    build: Callable[..., Stack], tmp_path: Path
) -> None:
    def as_json(redis_url: str, sandbox_url: str | None) -> Mapping[str, str]:
        return {**settings(redis_url, sandbox_url), "PLEXSEND_LOG": "json"}

    stack = build(as_json, workers=1, sandbox=True)
    stack.start()
    stack.wait_for_workers()

    lines = (tmp_path / "data" / "logs" / "worker-1.log").read_text().strip().splitlines()
    assert any(json.loads(line)["event"].endswith(" ready.") for line in lines)


@pytest.mark.parametrize("own", [False, True])
def test_beside_the_sandbox_numbers_are_hashed_from_the_start(
    build: Callable[..., Stack], tmp_path: Path, *, own: bool
) -> None:
    file = tmp_path / "data" / "number.key"
    file.write_text("made before" * 3)
    more = {environment.NUMBER_KEY: "k" * 32} if own else {}
    stack = build(lambda redis_url, sandbox_url: {**settings(redis_url, sandbox_url), **more}, sandbox=True)
    stack.start()
    assert stack.number_key_file == (None if own else file)
    # What is suppressed is kept, so its key is too.
    assert file.read_text() == "made before" * 3


@pytest.mark.parametrize("own", [False, True])
def test_beside_the_sandbox_the_recipients_of_campaigns_are_in_the_folder(
    build: Callable[..., Stack], tmp_path: Path, *, own: bool
) -> None:
    more = {environment.CAMPAIGN_DIR: "/lists"} if own else {}
    stack = build(
        lambda redis_url, sandbox_url: {**settings(redis_url, sandbox_url), **more}, sandbox=True, workers=1
    )
    stack.start()
    (worker,) = stack.workers
    seen = worker.program.environ[environment.CAMPAIGN_DIR]
    assert seen == ("/lists" if own else str(tmp_path / "data" / "campaigns"))


def test_what_does_not_end_in_a_hurry_is_killed_and_named(build: Callable[..., Stack]) -> None:
    stack = build(sandbox=True)
    stack.start()
    valkey, sandbox = stack.children
    os.kill(sandbox.pid, signal.SIGSTOP)
    stack._stops.hurried = True

    assert stack.stop() == [sandbox]
    assert sandbox.how_it_ended() == "killed by SIGKILL"
    # However hurried, Valkey writes down what it has.
    assert valkey.how_it_ended() == "exit code 0"
    assert stack.stop() == []


def test_a_server_that_dies_while_workers_start_is_named_and_not_the_worker_that_waits_for_it(
    build: Callable[..., Stack],
) -> None:
    stack = build(workers=1)
    stack.start()
    valkey = stack.children[0]
    assert valkey.pid is not None
    os.kill(valkey.pid, signal.SIGKILL)

    with pytest.raises(PartFailed, match=r"valkey ended while worker 1 started \(killed by SIGKILL\)"):
        stack.wait_for_workers()
