"""`plexsend serve` as a process, and the application in a server of somebody else."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
import uvicorn

from plexsend.gateway.environment import read_settings
from plexsend.outbox.doors import living
from plexsend.outbox.records import read_record
from plexsend.outbox.states import State
from plexsend.web import serving
from plexsend.web.app import App
from tests.integration.outbox.bench import Bench, accepted
from tests.integration.web.conftest import SECRET, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

START = (sys.executable, "-P", "-m", "plexsend", "serve", "receipts")


@pytest.fixture
def environ(valkey_url: str, prefix: str) -> dict[str, str]:
    return {
        **os.environ,
        "PLEXSEND_REDIS_URL": valkey_url,
        "PLEXSEND_KEY_PREFIX": prefix,
        "PLEXSEND_RECEIPT_SECRET_MAIN": SECRET,
        "PLEXSEND_LOG": "json",
    }


def until(claim: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 15
    while not (found := claim()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_thread_that_writes_gets_its_turn_while_the_loop_is_busy(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    intervals_s: list[float] = []
    monkeypatch.setattr(serving, "_set_up_logs", lambda _: None)
    monkeypatch.setattr(serving, "_run", lambda *_: intervals_s.append(sys.getswitchinterval()))
    before_s = sys.getswitchinterval()
    serving.serve(("receipts",), read_settings(environ), host="127.0.0.1", port=0, ready=lambda _: None)
    assert intervals_s == [pytest.approx(0.0005)]
    assert sys.getswitchinterval() == before_s


def test_a_signal_that_was_ignored_at_the_start_stays_ignored(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []

    def look(server: uvicorn.Server, _: object) -> None:
        with server.capture_signals():
            heard.extend(map(signal.getsignal, (signal.SIGINT, signal.SIGTERM)))

    monkeypatch.setattr(serving, "_set_up_logs", lambda _: None)
    monkeypatch.setattr(uvicorn.Server, "run", look)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serving.serve(("receipts",), read_settings(environ), host="127.0.0.1", port=0, ready=lambda _: None)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard[0] is signal.SIG_IGN
    assert heard[1].__name__ == "handle_exit"


def test_it_serves_until_sigterm_and_finishes_what_has_come(
    environ: dict[str, str], store: Store, tmp_path: Path
) -> None:
    bench = Bench(store)
    bench.submit(["a", "b"])
    bench.stop(settlement=accepted(bench.take()))
    log = tmp_path / "log"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            [*START, "--port", "0", "--json"],
            env=environ,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=stderr,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            assert said["parts"] == ["receipts"]
            port = int(said["url"].rpartition(":")[2])
            assert [(door.pid, door.port) for door in living(store)] == [(process.pid, port)]
            body = json.dumps({"results": [{"msg_key": "a", "code": "0"}]}).encode()
            url = f"{said['url']}/receipts/main/{SECRET}"
            with urlopen(url, body, 10) as answer:  # noqa: S310  its own address
                assert json.loads(answer.read()) == SUCCESS
            # A post of which the half has come when it is to end.
            body = body.replace(b'"a"', b'"b"')
            head = f"POST /receipts/main/{SECRET} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(head.encode() + body[:10])
                # It is being read when another one, which came later, is answered.
                urlopen(f"{said['url']}/health/live", None, 10).close()  # noqa: S310  its own address
                process.send_signal(signal.SIGTERM)
                until(lambda: _refuses(port))
                connection.sendall(body[10:])
                assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
            assert process.wait(15) == 0
        finally:
            process.kill()
    assert {key: _state(store, key) for key in "ab"} == {"a": State.DELIVERED, "b": State.DELIVERED}
    assert living(store) == []
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert {"receipts are taken from every address", "receipts taken"} <= {line["event"] for line in lines}
    assert SECRET not in log.read_text("utf-8")


def _refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
    except ConnectionRefusedError:
        return True
    return False


def _state(store: Store, key: str) -> State:
    record = read_record(store, "main", key)
    assert record is not None
    return record.state


def run(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*START, *words], env=environ, capture_output=True, text=True, check=False, timeout=30
    )


def test_without_a_secret_it_does_not_start_and_says_what_to_do(environ: dict[str, str]) -> None:
    del environ["PLEXSEND_RECEIPT_SECRET_MAIN"]
    done = run(environ, "--port", "0")
    assert done.returncode == 2
    assert "PLEXSEND_RECEIPT_SECRET_<NAME>: is not set for any account" in done.stderr
    assert "Traceback" not in done.stderr


def test_port_that_is_taken_is_named(environ: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(environ, "--port", str(port))
    assert done.returncode == 1
    assert f"Nothing can listen at 127.0.0.1 port {port}" in done.stderr


def test_application_begins_and_ends_with_any_server(
    environ: dict[str, str], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `uvicorn plexsend.web.receipts:app` does, with uvicorn's own settings."""
    for name in ("REDIS_URL", "KEY_PREFIX", "RECEIPT_SECRET_MAIN"):
        monkeypatch.setenv(f"PLEXSEND_{name}", environ[f"PLEXSEND_{name}"])
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config("plexsend.web.receipts:app", log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        until(lambda: server.started)
        (door,) = living(store)
        assert (door.port, door.accounts) == (0, ("main",))
    finally:
        server.should_exit = True
        thread.join(20)
    assert living(store) == []


def test_application_without_a_secret_fails_at_the_start_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLEXSEND_REDIS_URL", "redis://127.0.0.1:1/0")
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(event: dict[str, Any]) -> None:
        said.append(event)

    asyncio.run(App("receipts")({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send))
    (event,) = said
    assert event["type"] == "lifespan.startup.failed"
    assert event["message"].startswith("settings are wrong:\n  PLEXSEND_RECEIPT_SECRET_<NAME>")
