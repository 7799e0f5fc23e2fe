"""`plexsend up`: a set of processes that stays, and can be used from another terminal."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from tests.pages import Page, printed
from tests.pictures import jpg

if TYPE_CHECKING:
    from typing import Any

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]

DATA = "da ta 한글"
SEND = ("send", "mms-bulk", "--from", "02-2345-6789", "--to", "010-2345-6789", "--text", "안녕하세요")
IMAGE = ("--image", "https://img.example/1.jpg")
REAL = {
    "PLEXSEND_ACCOUNT_MAIN": "real;very-secret",
    "PLEXSEND_ACCOUNT_SHOP": "shop;also-secret",
    "PLEXSEND_MMS_URL": "https://gateway.example",
    "PLEXSEND_REDIS_URL": "redis://127.0.0.1:1/0",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/1",
}


@pytest.fixture(scope="module")
def up(shared_terminal: Any) -> Any:
    """One that runs, among a stranger's settings, in a folder whose name needs quoting."""
    run = shared_terminal.start("up", "--sandbox", "--data", DATA, PLEXSEND_DURABLE="1", **REAL)
    run.wait_for("Ctrl-C stops everything.")
    return run


@pytest.fixture(scope="module")
def exports(up: Any) -> dict[str, str]:
    """What it says to export, as a shell would understand it."""
    (line,) = re.findall(r"^  export (.*)$", up.text(), re.MULTILINE)
    return variables(line)


def variables(words: str) -> dict[str, str]:
    """Return what words of a shell set."""
    return dict(word.split("=", 1) for word in shlex.split(words))


def wait_for_state(terminal: Any, exports: dict[str, str], key: str, state: str) -> None:
    deadline = time.monotonic() + 60
    while f'"state": "{state}"' not in (told := terminal.run("status", key, "--json", **exports).text()):
        assert time.monotonic() < deadline, told


def send(terminal: Any, exports: dict[str, str]) -> str:
    run = terminal.run(*SEND, *IMAGE, "--json", **exports)
    assert run.process.returncode == 0, run.err.read_text()
    return str(json.loads(run.text().splitlines()[-1])["msg_key"])


def test_the_first_message_of_a_new_user_ends_delivered(
    up: Any, exports: dict[str, str], shared_terminal: Any
) -> None:
    # A file holds the password: what is printed may be kept in a log.
    assert exports["PLEXSEND_ACCOUNT_MAIN"] == "sandbox;made-up"
    (password,) = re.findall(r"redis://:([^@]+)@", Path(exports["PLEXSEND_REDIS_URL_FILE"]).read_text())
    assert password not in up.text() + up.err.read_text()
    assert up.process.poll() is None
    (line,) = re.findall(r"^  plexsend (send .*)$", up.text(), re.MULTILINE)
    run = shared_terminal.run(*shlex.split(line), **exports)
    assert (run.process.returncode, run.err.read_text()) == (0, "")
    seen = [line.split()[3] for line in run.text().splitlines() if re.match(r" +\d+\.\d s  ", line)]
    assert seen[-2:] == ["accepted", "delivered:"]
    assert run.text().endswith(" is delivered.\n")
    # What the README says to type.
    run = shared_terminal.run(*SEND, *IMAGE, "--wait", "60", "--json", **exports)
    assert (run.process.returncode, json.loads(run.text().splitlines()[-1])["state"]) == (0, "delivered")


def test_a_receipt_that_says_otherwise_makes_the_exit_code_1(
    up: Any, exports: dict[str, str], shared_terminal: Any
) -> None:
    secret = Path(exports["PLEXSEND_REDIS_URL_FILE"]).with_name("receipt.secret").read_text().strip()
    assert secret not in up.text()
    assert "receipts  http://127.0.0.1:" in up.text()
    to = ("--to", "010-9998-0050", *SEND[6:])
    run = shared_terminal.run(*SEND[:4], *to, *IMAGE, "--wait", "60", **exports)
    assert run.process.returncode == 1
    assert " is undelivered: code 2, no such number" in run.text()
    for pid in up.children():
        assert secret not in Path(f"/proc/{pid}/cmdline").read_text()


APPLICATION = """
import plexsend

words = {"from_": "02-2345-6789", "text": "안녕하세요", "images": ["https://img.example/1.jpg"]}
keys = {plexsend.send("mms-bulk", to=to, **words) for to in ("010-2345-6789", "010-9998-0050")}
for result in plexsend.results(reader="application", from_start=True):
    if result.msg_key in keys and result.final:
        print(result.state, result.outcome, result.code_from, result.reason, result.permanent, sep=",")
        keys.discard(result.msg_key)
    if not keys:
        break
"""


def test_the_shown_test_of_an_application_sees_what_becomes_of_its_messages(exports: dict[str, str]) -> None:
    """docs/applications.md shows it: it is for a machine on which this is running."""
    (code,) = [code for code in Page.of("docs/applications.md").blocks("python") if "wait_for_end" in code]
    done = subprocess.run(
        [sys.executable, "-c", f"import plexsend\n{code}"],
        env={**os.environ, **exports},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == printed(code)


def test_an_application_hears_what_receipts_say(exports: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", APPLICATION],
        env={**os.environ, **exports},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == [
        "delivered,success,receipt,,None",
        "undelivered,failure,receipt,no_such_number,True",
    ]


def test_a_message_shows_a_file(up: Any, exports: dict[str, str], shared_terminal: Any) -> None:
    assert "\n  plexsend upload FILE\n" in up.text()
    picture = shared_terminal.folder / "a picture.jpg"
    picture.write_bytes(jpg())
    run = shared_terminal.run(*SEND, "--image", str(picture), "--wait", "60", "--json", **exports)
    assert run.process.returncode == 0, run.err.read_text()
    assert json.loads(run.text().splitlines()[-1])["state"] == "delivered"


def test_the_line_for_another_worker_starts_one_that_sends(
    up: Any, exports: dict[str, str], shared_terminal: Any
) -> None:
    assert "\n  plexsend worker\n" in up.text()
    assert "docs/sandbox.md" in up.text()
    os.kill(up.process.pid, signal.SIGSTOP)
    own = up.children("celery")
    for pid in own:
        os.kill(pid, signal.SIGSTOP)
    try:
        worker = shared_terminal.start("worker", **exports)
        wait_for_state(shared_terminal, exports, send(shared_terminal, exports), "delivered")
        assert worker.end(signal.SIGTERM) == 0
    finally:
        for pid in (*own, up.process.pid):
            os.kill(pid, signal.SIGCONT)


def test_with_the_sandbox_no_process_knows_a_real_account_or_address(up: Any) -> None:
    celerys = up.children("celery")
    assert len(celerys) == 3, "two workers and beat"
    for pid in celerys:
        settings = Path(f"/proc/{pid}/environ").read_text().split("\0")
        assert not [text for text in settings if "secret" in text or "gateway.example" in text]
        assert not [text for text in settings if text.startswith("CELERY_")]
        assert any(text.startswith("PLEXSEND_MMS_URL=http://127.0.0.1:") for text in settings)


def test_other_users_of_the_machine_read_nothing(up: Any, exports: dict[str, str]) -> None:
    url = Path(exports["PLEXSEND_REDIS_URL_FILE"])
    assert [path for path in url.parent.rglob("*") if path.is_dir() and path.stat().st_mode & 0o077] == []
    assert [path for path in (url.parent / "valkey").rglob("*") if path.stat().st_mode & 0o077] == []
    assert url.stat().st_mode & 0o077 == 0
    place = up_place(up)
    client = Redis(host="127.0.0.1", port=place, protocol=2)
    with pytest.raises(AuthenticationError):
        client.ping()
    client.close()
    password = url.read_text().partition("redis://:")[2].partition("@")[0]
    for pid in up.children():
        assert password not in Path(f"/proc/{pid}/cmdline").read_text()


def up_place(up: Any) -> int:
    """Return the port of its Valkey."""
    (port,) = re.findall(r"^  Valkey    redis://127\.0\.0\.1:(\d+)/0", up.text(), re.MULTILINE)
    return int(port)


def test_an_address_that_is_not_used_is_told(up: Any) -> None:
    assert "PLEXSEND_REDIS_URL: is not used here" in up.err.read_text()


def test_a_second_one_on_the_same_folder_is_refused(up: Any, shared_terminal: Any) -> None:
    before = up.children()
    second = shared_terminal.run("up", "--sandbox", "--data", DATA)

    assert second.process.returncode == 1
    assert f"is in use by another plexsend (process {up.process.pid})" in second.err.read_text()
    assert sorted(up.children()) == sorted(before)


def test_a_worker_that_dies_is_told_and_started_again(
    up: Any, exports: dict[str, str], shared_terminal: Any
) -> None:
    (victim,) = up.children("celery", "worker-1@")
    os.kill(victim, signal.SIGKILL)
    up.wait_for("worker 1 ended unexpectedly (killed by SIGKILL).")
    up.wait_for("worker 1 was started again.")

    # Its last words, whatever it did last.
    assert re.search(r"  \| \[.*/MainProcess\] ", up.text())
    assert "worker-1.log" in up.text()
    (again,) = up.children("celery", "worker-1@")
    assert again != victim
    wait_for_state(shared_terminal, exports, send(shared_terminal, exports), "delivered")


def test_a_valkey_that_dies_comes_back_with_what_it_had(
    up: Any, exports: dict[str, str], shared_terminal: Any
) -> None:
    key = send(shared_terminal, exports)
    wait_for_state(shared_terminal, exports, key, "delivered")
    (victim,) = up.children("valkey-server")
    os.kill(victim, signal.SIGKILL)
    up.wait_for("valkey was started again.")

    wait_for_state(shared_terminal, exports, key, "delivered")
    wait_for_state(shared_terminal, exports, send(shared_terminal, exports), "delivered")


def test_an_advertisement_goes_with_the_key_of_the_folder(
    exports: dict[str, str], shared_terminal: Any
) -> None:
    """Nobody has to make up a key first; one with a consent for the night goes at any hour."""
    marks = ("sender_name=한빛상점", "refusal_number=080-123-4567", "--reason", "r")
    assert shared_terminal.run("policy", "set", "@main", *marks, **exports).process.returncode == 0
    ad = ("--advertisement", "--night-consent", "--wait", "60", "--json")
    run = shared_terminal.run(*SEND[:1], "lms-bulk", *SEND[2:], *ad, **exports)
    assert run.process.returncode == 0, run.err.read_text()
    assert json.loads(run.text().splitlines()[-1])["state"] == "delivered"
    key = Path(exports["PLEXSEND_NUMBER_KEY_FILE"])
    assert key.stat().st_mode & 0o077 == 0
    assert len(key.read_text().strip()) == 32


def test_what_was_kept_is_there_again_after_a_stop_and_a_start(terminal: Any) -> None:
    ports = {}
    for number in (1, 2):
        run = terminal.start("up", "--sandbox", "--workers", "1", "--json")
        run.wait_for('"event": "up"')
        facts = json.loads(run.text().splitlines()[0])
        exports = facts["export"]
        assert {"PLEXSEND_REDIS_URL_FILE", "PLEXSEND_MMS_URL", "PLEXSEND_RCS_URL"} <= exports.keys()
        if number == 1:
            key = send(terminal, exports)
            wait_for_state(terminal, exports, key, "delivered")
        assert terminal.run("status", key, **exports).process.returncode == 0
        ports[number] = facts["processes"]
        assert run.end(signal.SIGTERM) == 0
        assert terminal.left() == {}
        assert json.loads(run.text().splitlines()[-1]) == {"event": "stopped", "killed": []}
    assert ports[1].keys() == ports[2].keys() == {"valkey", "sandbox", "receipts", "worker 1", "beat"}


def test_without_the_sandbox_and_without_an_account_nothing_starts(terminal: Any) -> None:
    run = terminal.run("up")

    assert run.process.returncode == 2
    assert "PLEXSEND_ACCOUNT_<NAME>" in run.err.read_text()
    assert not (terminal.folder / ".plexsend").exists()


def test_with_a_real_account_no_sandbox_is_started_and_its_receipts_are_taken(terminal: Any) -> None:
    (terminal.folder / "secret").write_text("real;very-secret\n")
    run = terminal.start(
        *("up", "--workers", "1", "--receipts-port", "0"),
        # Relative to where it is typed, though the workers run elsewhere.
        PLEXSEND_ACCOUNT_MAIN_FILE="secret",
        PLEXSEND_MMS_URL="http://127.0.0.1:1",
        PLEXSEND_KEY_PREFIX="mine:",
        PLEXSEND_DURABLE="1",
        PLEXSEND_RECEIPT_SECRET_MAIN="as-long-as-it-must-be",
    )
    run.wait_for("Ctrl-C stops everything.")

    assert "messages are really sent" in run.text()
    assert " PLEXSEND_KEY_PREFIX=mine:" in run.text()
    assert "PLEXSEND_MMS_URL" not in run.text()
    assert run.children("plexsend.sandbox") == []
    assert re.search(r"receipts  http://127\.0\.0\.1:\d+/receipts/ACCOUNT/SECRET ", run.text())
    assert "as-long-as" not in run.text()
    assert len(run.children()) == 4
    assert run.end(signal.SIGINT) == 0
    assert terminal.left() == {}


def test_a_folder_of_the_sandbox_is_refused_to_real_accounts(terminal: Any) -> None:
    run = terminal.start("up", "--sandbox", "--workers", "1")
    run.wait_for("Ctrl-C stops everything.")
    assert run.end(signal.SIGINT) == 0
    real = terminal.run("up", **REAL)

    assert real.process.returncode == 1
    assert "with real accounts they would really be sent" in real.err.read_text()
    assert terminal.left() == {}


def test_a_port_that_is_taken_is_refused(terminal: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for option in ("--port", "--sandbox-port", "--receipts-port"):
            run = terminal.run("up", "--sandbox", option, port)

            assert run.process.returncode == 1
            assert f"Port {port} cannot be used: Address already in use" in run.err.read_text()
            assert terminal.left() == {}


@pytest.mark.parametrize(
    "words", [("--sandbox-port", "8080"), ("--sandbox", "--receipts-host", "0.0.0.0")], ids=str
)
def test_what_has_no_use_is_wrong_usage(terminal: Any, words: tuple[str, ...]) -> None:
    assert terminal.run("up", *words).process.returncode == 2
