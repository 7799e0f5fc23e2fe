"""The sandbox as a process of its own."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox import Sandbox, SandboxAdmin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start a sandbox with options; returns the process and the URL it prints."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*options: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "plexsend.sandbox", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        found = re.fullmatch(r"sandbox listens on (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())
        assert found is not None
        return process, found[1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_cleanly_with_a_connection_open(start: Any, number: signal.Signals) -> None:
    process, url = start()
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 5):
        process.send_signal(number)
        output, errors = process.communicate(timeout=5)
    assert (process.returncode, output, errors) == (0, "", "")


def test_options_reach_the_sandbox(start: Any) -> None:
    options = ("--account", "main;secret", "--credit", "5", "--rate", "50", "--duplicates", "accept")
    _, url = start(*options, "--receipts", "http://127.0.0.1:8081/receipts/main/hush")
    admin = SandboxAdmin(url)
    assert admin.get_receipts_url() == "http://127.0.0.1:8081/receipts/main/***"
    assert admin.list_accounts() == ["main"]
    assert admin.get_credit("main") == 5
    assert admin.get_behaviour().messages_per_s == 50
    assert admin.get_behaviour().duplicates == "accept"


def test_bodies_are_kept_only_when_asked_for(start: Any) -> None:
    for options, kept in (((), None), (("--keep-bodies",), b"hello")):
        _, url = start(*options)
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
        connection.request("POST", "/nowhere", b"hello")
        assert json.loads(connection.getresponse().read())["code"] == "C404_1"
        connection.close()
        assert [seen.body for seen in SandboxAdmin(url).list_requests()] == [kept]


def test_killed_sandbox_starts_again_on_its_port(start: Any) -> None:
    process, url = start()
    port = url.rpartition(":")[2]
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=5)
    connection.request("GET", "/_sandbox/stats")
    connection.getresponse().read()
    process.kill()
    process.communicate()
    connection.close()
    assert start("--port", port)[1] == url


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "plexsend.sandbox", *options],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )


def test_taken_port_is_said_without_a_traceback() -> None:
    with Sandbox() as sandbox:
        done = run("--port", str(sandbox.port))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"plexsend sandbox: cannot listen on 127.0.0.1:{sandbox.port}: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--account", "hush"),
        ("--rate", "0"),
        ("--host", "0.0.0.0"),
        ("--port", "70000"),
        ("--credit", "-1"),
        ("--receipts", "http://example.com/hush"),
    ],
)
def test_wrong_options_end_it_at_once(options: tuple[str, ...]) -> None:
    done = run(*options)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "hush" not in done.stderr


def test_sandbox_stands_on_the_standard_library_alone() -> None:
    """It is written from the contract a second time, so it may borrow nothing from what it is to test."""
    script = (
        "import sys; before = set(sys.modules); import plexsend.sandbox; "
        "names = {name for name in set(sys.modules) - before if not name.startswith('plexsend.sandbox')}; "
        "print(sorted(n for n in names if n.partition('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "['plexsend']\n"
