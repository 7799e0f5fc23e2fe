"""A test stand: real workers as processes, a real Valkey, and the sandbox as the gateway."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plexsend.gateway.items import get_loader
from plexsend.outbox.index import LaneNames
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.records import Record, parse_record
from plexsend.outbox.redis.store import Store
from plexsend.outbox.submit import MOST_AT_ONCE, NewMessage, Submitter
from plexsend.stack.child import Program
from tests.acceptance.process import Worker, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plexsend.outbox.reading.audit import Audit
    from plexsend.sandbox import Sandbox

CELERY = Path(sys.executable).with_name("celery")
PLEXSEND = Path(sys.executable).with_name("plexsend")
ROOT = Path(__file__).parents[2]
SENDER = "0221234567"

# Short waits, so that what takes minutes in operation takes moments here.
QUICK = {
    "PLEXSEND_RATE": "0",
    "PLEXSEND_LINGER_MS": "100",
    "PLEXSEND_RECLAIM_S": "20",
    "PLEXSEND_RETRY_FIRST_S": "0.2",
    "PLEXSEND_RETRY_LONGEST_S": "0.3",
    "PLEXSEND_SHUT_FIRST_S": "0.2",
    "PLEXSEND_SHUT_LONGEST_S": "0.5",
    "PLEXSEND_CREDIT_HOLD_S": "0.4",
    "PLEXSEND_CREDIT_HOLD_LONGEST_S": "0.8",
}


@dataclass
class Stand:
    """Workers on one key prefix, and what may stand in none of their logs."""

    url: str
    prefix: str
    sandbox: Sandbox
    folder: Path
    accounts: Mapping[str, str]
    """Account → `userID;secret_key`."""
    in_files: frozenset[str] = frozenset()
    """Accounts whose secret the workers read from a file."""
    settings: Mapping[str, str] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    receivers: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    ended: bool = False

    def __post_init__(self) -> None:
        self.store = Store.connect(self.url, self.prefix)
        self.secrets |= {text.partition(";")[2] for text in self.accounts.values()}
        for name in self.in_files:
            self.secret_file(name).write_text(self.accounts[name])

    def secret_file(self, account: str) -> Path:
        """Return the file that holds an account's secret."""
        return self.folder / f"{account}.secret"

    def user(self, account: str) -> str:
        """Return the userID by which the gateway knows an account."""
        return self.accounts[account].partition(";")[0]

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment of a process of this stand; nothing of the caller's PLEXSEND_* leaks in."""
        names = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "TMPDIR", "PYTHONPATH")
        accounts = {}
        for name, text in self.accounts.items():
            variable = f"PLEXSEND_ACCOUNT_{name.upper()}"
            if name in self.in_files:
                accounts[f"{variable}_FILE"] = str(self.secret_file(name))
            else:
                accounts[variable] = text
        return {
            **{name: os.environ[name] for name in names if name in os.environ},
            "PYTHONWARNINGS": "ignore",
            "PLEXSEND_REDIS_URL": self.url,
            "PLEXSEND_KEY_PREFIX": self.prefix,
            "PLEXSEND_MMS_URL": self.sandbox.url,
            **accounts,
            **QUICK,
            **self.settings,
            **more,
        }

    def launch(
        self,
        *arguments: str,
        app: str = "worker",
        environ: Mapping[str, str] | None = None,
        output: Path | None = None,
    ) -> Worker:
        """Start `celery -A APP ARGUMENTS` in the stand's folder; `output`: where its standard output goes."""
        return self._start(str(CELERY), "-A", app, *arguments, environ=environ, output=output)

    def launch_plexsend(
        self, *arguments: str, folder: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> Worker:
        """Start `plexsend worker` or `plexsend beat`, in the stand's folder or another."""
        return self._start(str(PLEXSEND), *arguments, folder=folder, environ=environ)

    def _start(
        self,
        *line: str,
        environ: Mapping[str, str] | None = None,
        output: Path | None = None,
        folder: Path | None = None,
    ) -> Worker:
        log = self.folder / f"celery-{len(self.workers)}.log"
        environ = dict(environ) if environ is not None else self.environ()
        # Without a leash: threads that come and go start workers too.
        program = Program(
            f"celery {len(self.workers)}",
            line,
            log,
            folder or self.folder,
            environ,
            last_signal=None,
            output=output,
        )
        worker = Worker(program)
        worker.start()
        self.workers.append(worker)
        return worker

    def start_worker(self, *arguments: str, **more: str) -> Worker:
        """Start a worker that logs all there is; it is ready some time later."""
        return self.launch("worker", "-l", "DEBUG", *arguments, environ=self.environ(**more))

    def start_workers(self, count: int, *arguments: str, **more: str) -> list[Worker]:
        """Start workers and wait until all of them are ready."""
        workers = [
            self.start_worker("-n", f"w{len(self.workers)}-{i}@stand", *arguments, **more)
            for i in range(count)
        ]
        for worker in workers:
            worker.wait_for(" ready.")
        return workers

    def body(self, service: str, msg_key: str, number: int, **changes: Any) -> bytes:
        """Return the wire form of a message whose receiver and text are its own."""
        receiver = changes.pop("receiver_number", f"0102{number:07d}")
        text = changes.pop("msg", f"아무도 못 볼 본문 {number:07d}")
        self.receivers.add(receiver)
        self.texts.add(text)
        raw = {
            "msg_key": msg_key,
            "sender_number": SENDER,
            "receiver_number": receiver,
            "msg": text,
            "file_path": ["https://images/1.jpg"],
            **changes,
        }
        return get_loader(service).load(raw).body

    def submit(
        self,
        service: str,
        keys: Sequence[str],
        *,
        account: str = "main",
        group: str | None = None,
        stamp: str | None = None,
        special: Mapping[str, Mapping[str, Any]] | None = None,
        **options: Any,
    ) -> Lane:
        """Add one message for each key and return their lane; `special` changes the item of some keys."""
        lane = Lane(service, None, account, group)
        drafts = [
            NewMessage(key, self.body(service, key, len(self.texts), **(special or {}).get(key, {})))
            for key in keys
        ]
        self.add(lane, drafts, stamp=stamp, **options)
        return lane

    def add(
        self, lane: Lane, drafts: Sequence[NewMessage], *, stamp: str | None = None, **options: Any
    ) -> None:
        """Add drafts to a lane, in as few calls as there can be."""
        intake = Submitter(self.store)
        for start in range(0, len(drafts), MOST_AT_ONCE):
            intake.add(
                lane,
                drafts[start : start + MOST_AT_ONCE],
                stamp=stamp or str(get_loader(lane.service).stamp),
                **options,
            )

    def states(self, *lanes: Lane) -> dict[str, int]:
        """Return how many messages of these lanes are in which state; states without any are left out."""
        found: dict[str, int] = {}
        for lane in lanes:
            for name, count in queries.look_at(self.store, lane).counts.items():
                if name.startswith("s:") and count:
                    found[name[2:]] = found.get(name[2:], 0) + count
        return found

    def wait_states(self, expected: Mapping[str, int], *lanes: Lane, within_s: float = 30.0) -> None:
        """Wait until these lanes hold exactly that."""
        seen: list[dict[str, int]] = [{}]

        def reached() -> bool:
            seen[0] = self.states(*lanes)
            return seen[0] == expected

        try:
            wait_until(reached, what=f"{expected}", within_s=within_s)
        except AssertionError as exc:
            raise AssertionError(f"{exc}, but {seen[0]}; holds {self.hold_names(lanes[0].account)}") from None

    def hold_names(self, account: str) -> set[str]:
        """Return the account's holds as `scope reason what`."""
        return {hold.field for hold in queries.holds(self.store, account)}

    def records(self, account: str, keys: Iterable[str]) -> list[Record]:
        """Return the records of these keys, read in one go."""
        names = list(keys)
        lanes = LaneNames(self.store, account)
        pipe = self.store.client.pipeline(transaction=False)
        for key in names:
            pipe.hgetall(self.store.keys.record(account, key))
            pipe.lrange(self.store.keys.history(account, key), 0, -1)
        replies = pipe.execute()
        return [
            parse_record(key, fields, history, lanes)
            for key, fields, history in zip(names, replies[::2], replies[1::2], strict=True)
        ]

    def requests(self, user: str | None = None) -> list[tuple[str, str | None, list[str]]]:
        """Return service, userID and keys of every request that the sandbox remembers."""
        return [
            (seen.path.split("/")[1], seen.account, keys_of(seen.body))
            for seen in self.sandbox.list_requests()
            if user in (None, seen.account)
        ]

    def audit(self) -> Audit:
        """Return the audit of everything on this stand."""
        return audit(self.store)

    def end(self) -> None:
        """End every process, then see that their logs kept everything to themselves. Once is enough."""
        if self.ended:
            return
        self.ended = True
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.end()
        self.check_logs()
        for start in range(0, len(names := list(self.store.client.scan_iter(f"{self.prefix}*", 1000))), 1000):
            self.store.client.delete(*names[start : start + 1000])
        self.store.close()

    def check_logs(self) -> None:
        """No log line of any process holds a body, a number or a secret."""
        for worker in self.workers:
            words = worker.words
            told = [text for text in (*self.texts, *self.secrets) if text in words]
            assert not told, f"{worker.log} tells a text or a secret"
            # As bytes would be shown, or escaped by JSON.
            assert "\\xec" not in words, worker.log
            assert "\\uc544" not in words, worker.log
            numbers = set(re.findall(r"\d{8,}", words)) & (self.receivers | {SENDER})
            assert not numbers, f"{worker.log} tells numbers"


def keys_of(body: bytes | None) -> list[str]:
    """Return the keys of a request's body."""
    assert body is not None
    return [item["msg_key"] for item in json.loads(body)["msg_data"]]
