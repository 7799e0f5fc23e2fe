"""The installed command as a process: pipes, terminals, signals."""

from __future__ import annotations

import http.client
import json
import os
import pty
import select
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

ITEM = (
    '{"sender_number": "0234567890", "receiver_number": "01023456789", "msg": "안녕", '
    '"file_path": ["https://example.com/a.jpg"]}\n'
)


@contextmanager
def started(
    command: list[str], environment: dict[str, str], **streams: Any
) -> Iterator[subprocess.Popen[str]]:
    """A process that does not outlive the test."""
    process = subprocess.Popen(
        command,
        env=os.environ | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **streams,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def at_terminal(environment: dict[str, str], command: list[str]) -> Callable[..., tuple[int, str]]:
    """Run a command to its end with a terminal on all its streams; returns exit code and what was shown."""

    def at_terminal(*args: str, typed: str = "", **settings: str) -> tuple[int, str]:
        terminal = {"COLUMNS": "60", "TERM": "xterm-256color"}
        return watch([*command, *args], terminal | environment | settings, typed=typed)

    return at_terminal


def watch(command: list[str], environment: dict[str, str], *, typed: str) -> tuple[int, str]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, env=os.environ | environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    shown = b""
    deadline_s = time.monotonic() + 20
    try:
        while select.select([ours], [], [], max(0.0, deadline_s - time.monotonic()))[0]:
            try:
                seen = os.read(ours, 65536)
            except OSError:
                # How Linux says that nobody holds the other end any more.
                seen = b""
            if not seen:
                break
            shown += seen
        return process.wait(timeout=5), shown.decode()
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_message_goes_in_and_is_found_by_other_processes(spawn: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    file.write_text(ITEM * 3, "utf-8")

    ended = spawn("import", str(file), "--service", "mms-bulk", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines[-1] == {"added": 3, "duplicates": 0, "changed": 0, "conflicts": 0, "invalid": 0}
    assert spawn("lanes", "--json").lines[0]["ready"] == 3
    assert spawn("audit").code == 0


def test_wrong_usage_ends_with_2_and_an_outage_with_1(spawn: Callable[..., Any]) -> None:
    for args, code in ((("nonsense",), 2), (("status",), 2), (("status", "k1"), 1)):
        ended = spawn(*args)
        assert (ended.code, ended.out) == (code, "")
        assert ended.err.startswith("plexsend: ")
    ended = spawn("lanes", PLEXSEND_REDIS_URL="redis://127.0.0.1:1/0")
    assert ended.code == 1
    assert "Traceback" not in ended.err


def test_korean_is_printed_where_the_locale_knows_only_ascii(spawn: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.REJECTED, "k1", code="G141", detail="수신번호")
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    assert spawn("status", "k1", "--json", **ascii_only).lines[0]["desc"] == "수신번호"
    assert spawn("status", "k1", **ascii_only).code == 0


def test_a_reader_that_has_seen_enough_is_no_error(
    environment: dict[str, str], command: list[str], yard: Any
) -> None:
    yard.end(Outcome.REJECTED, *(f"k{n}" for n in range(600)), detail="words " * 20)
    for form in ("--json", "--all"):
        with started([*command, "dead", "list", form], environment) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.stdout.close()
            process.stdout = None
            _, err = process.communicate(timeout=20)
            assert err == ""
            assert process.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_was_gone_before_is_no_error(
    unbuffered: str, environment: dict[str, str], command: list[str], yard: Any
) -> None:
    yard.add("k1")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*command, "lanes", "--json"],
            env=os.environ | environment | {"PYTHONUNBUFFERED": unbuffered},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=20,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


def test_ctrl_c_ends_quietly_with_130(environment: dict[str, str], command: list[str]) -> None:
    # A server that accepts and never answers keeps the command waiting.
    with socket.create_server(("127.0.0.1", 0)) as server:
        environment["PLEXSEND_REDIS_URL"] = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        for form, told in (([], "plexsend: Interrupted."), (["--json"], '{"error"')):
            with started([*command, "lanes", *form], environment) as process:
                connection, _ = server.accept()
                with connection:
                    assert connection.recv(1)
                    process.send_signal(signal.SIGINT)
                    out, err = process.communicate(timeout=20)
            assert (process.returncode, out) == (130, "")
            assert err.startswith(told)
            assert "Traceback" not in err


def test_a_key_is_whole_on_a_narrow_terminal(at_terminal: Callable[..., tuple[int, str]], yard: Any) -> None:
    key = "k" * 128
    yard.end(Outcome.REJECTED, key, code="G141", detail="recipient number " * 5)

    code, shown = at_terminal("dead", "list")
    assert code == 0
    assert key in shown
    assert "\x1b[" in shown

    code, shown = at_terminal("dead", "list", NO_COLOR="1")
    assert key in shown
    assert "\x1b[3" not in shown


@pytest.mark.parametrize(("answer", "code", "state"), [("n\n", 1, "rejected"), ("y\n", 0, None)])
def test_drop_asks_on_a_terminal(
    answer: str, code: int, state: str | None, at_terminal: Callable[..., tuple[int, str]], yard: Any
) -> None:
    yard.end(Outcome.REJECTED, "d1", "d2")
    ended, shown = at_terminal("dead", "drop", "--all", typed=answer)
    assert "Drop 2 dead letters for good? [y/N]" in shown
    assert ended == code
    assert yard.state("d1") == state


def test_drop_with_yes_does_not_ask(at_terminal: Callable[..., tuple[int, str]], yard: Any) -> None:
    yard.end(Outcome.REJECTED, "d1")
    code, shown = at_terminal("dead", "drop", "d1", "--yes")
    assert code == 0
    assert "Drop 1" not in shown


def test_an_import_shows_its_progress_on_a_terminal(
    at_terminal: Callable[..., tuple[int, str]], store: Store, tmp_path: Path
) -> None:
    del store  # clears the keys afterwards
    file = tmp_path / "m.jsonl"
    file.write_text(ITEM * 1500, "utf-8")
    code, shown = at_terminal("import", str(file), "--service", "mms-bulk", COLUMNS="160")
    assert code == 0
    assert "1,500 rows, " in shown
    assert "/s  1,500 added" in shown


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_tells_where_it_is_and_ends_when_told(
    ending: signal.Signals, environment: dict[str, str], command: list[str]
) -> None:
    with started([*command, "sandbox", "--account", "shop;made-up", "--json"], environment) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
        connection.request("POST", "/mms-bulk/v2/send", b"{}")
        assert connection.getresponse().status == 401
        connection.close()
        process.send_signal(ending)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_sandbox_that_cannot_start_says_why(spawn: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        ended = spawn("sandbox", "--port", port, "--json")
        assert (ended.code, ended.out) == (1, "")
        assert f"Port {port} cannot be used" in ended.error["message"]
    ended = spawn("sandbox", "--account", "s3cret")
    assert (ended.code, ended.out) == (2, "")
    assert "userID;secret_key" in ended.err
    assert "s3cret" not in ended.err
