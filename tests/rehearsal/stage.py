"""The stage of a rehearsal: hosts, services, gateway and applications, and what a step does with them."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from plexsend.stack.child import Child, Program
from tests.rehearsal import compose
from tests.rehearsal.authority import Authority
from tests.rehearsal.chat import Chat
from tests.rehearsal.credentials import USER, Credentials
from tests.rehearsal.fleet import ROOT, Fleet
from tests.rehearsal.hosts import HOSTS, WORLD, Hosts, address_of, mount_disk, unmount_disks
from tests.rehearsal.ledgers import Blur, Request, read_added, read_requests
from tests.rehearsal.monitoring import Monitoring, write_configs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEPLOY = ROOT / "deploy"
VALKEY_DISK_MB = 512
"""For the append-only file of a whole rehearsal, which is rewritten only once it has 512 MB. It takes memory
only as it fills."""
STATE_DISK_MB = 2
_GATEWAY_PORT, _CONTROL_PORT, _CHAT_PORT = 8443, 8444, 8445
_QUICK = {
    # Short waits, so that what takes minutes otherwise takes seconds.
    "PLEXSEND_RATE": "0",
    "PLEXSEND_RECLAIM_S": "20",
    "PLEXSEND_RETRY_FIRST_S": "0.5",
    "PLEXSEND_RETRY_LONGEST_S": "2",
    "PLEXSEND_SHUT_FIRST_S": "0.5",
    "PLEXSEND_SHUT_LONGEST_S": "2",
    "PLEXSEND_CREDIT_HOLD_S": "3",
    "PLEXSEND_CREDIT_HOLD_LONGEST_S": "3",
}
_LOOK_S = 0.1
_BEFORE_S = 0.5
"""What was asked so shortly before is answered within."""


class Failed(AssertionError):
    """A step did not show what it has to show."""


@dataclass
class Stage:
    """Everything that a step needs. `begin` sets it up; `end` takes it down."""

    folder: Path
    say: Callable[[str], None]
    blurs: list[Blur] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)
    """Keys on which a person decided."""
    elsewhere: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Alert that another step than `alerts` brought about → when its cause began, and when it was ended."""
    _bursts: int = 0

    def begin(self) -> None:
        """Start hosts, gateway, services and the application; return once all is well."""
        self.hosts = Hosts(self.folder)
        self.hosts.begin()
        self.authority = Authority(self.folder / "authority")
        self.credentials = Credentials(self.folder / "secrets", DEPLOY / "make-secrets.sh")
        self.chat = Chat(WORLD, _CHAT_PORT)
        self.credentials.put("alertmanager-webhook", self.chat.url)
        for name, mounted in (("valkey-data", VALKEY_DISK_MB), ("state", STATE_DISK_MB)):
            for host in HOSTS:
                mount_disk(self.folder / "disks" / host / name, mounted)
        self.scaled = write_configs(DEPLOY, self.folder)
        services = compose.read(DEPLOY / "compose.yaml")
        address = f"https://gateway:{_GATEWAY_PORT}"
        products = {f"PLEXSEND_{product}_URL": address for product in ("MMS", "RCS", "SMS", "LMS", "UPLOAD")}
        ca = self.folder / "seen" / "authority.pem"
        ca.parent.mkdir()
        ca.write_text(self.authority.certificate.read_text("utf-8"), "utf-8")
        self.fleet = Fleet(
            self.folder,
            self.hosts,
            services,
            self.credentials,
            {**products, **_QUICK, "PLEXSEND_CA_FILE": str(ca)},
            self.scaled.configs,
        )
        self.ledger = self.folder / "gateway.jsonl"
        self._url_file = self.folder / "application-url"
        self.gateway = self._program(
            "gateway",
            *("-m", "tests.rehearsal.gateway", "--host", WORLD, "--port", str(_GATEWAY_PORT)),
            *("--control", str(_CONTROL_PORT), "--ledger", str(self.ledger)),
            *("--certificate", str(self.authority.issue(300))),
        )
        self.gateway.start()
        self.gateway.wait_for("ready")
        self.order(secrets={USER: self.credentials.account}, receipts_to=self.receipts_url())
        self.fleet.begin()
        self.monitoring = Monitoring(
            f"http://{address_of(self.fleet.host_of('prometheus'))}:9090",
            f"http://{address_of(self.fleet.host_of('alertmanager'))}:9093",
        )
        self.connect()
        self._orders = self.folder / "rate"
        self._orders.write_text("0", "utf-8")
        self.application = self.start_application(ROOT)

    def end(self) -> None:
        """Take everything down."""
        for name in ("monitoring", "application", "fleet", "gateway", "chat", "hosts"):
            found = getattr(self, name, None)
            if found is not None:
                found.end()
        unmount_disks(self.folder)

    # The application and the gateway.

    def start_application(self, version: Path) -> Child:
        """Start the application with the code of a version; it has a ledger of its own."""
        self._bursts += 1
        ledger = self.folder / f"application-{self._bursts}.jsonl"
        child = self._program(
            f"application-{self._bursts}",
            *("-m", "tests.rehearsal.producing", "--ledger", str(ledger), "--orders", str(self._orders)),
            version=version,
        )
        child.start()
        return child

    def load(self, rate_per_s: float) -> None:
        """Let the application submit so many messages a second from now on."""
        beside = self._orders.with_suffix(".new")
        beside.write_text(str(rate_per_s), "utf-8")
        beside.replace(self._orders)

    def pause_load(self) -> None:
        """Let the application submit nothing; return once it has stopped."""
        ledger = self.folder / f"{self.application.name}.jsonl"
        self.load(0)
        self.wait(
            lambda: (
                not ledger.exists()
                or not ledger.stat().st_size
                or b"paused" in ledger.read_bytes().splitlines()[-1]
            ),
            "the application pauses",
        )

    def burst(self, count: int, service: str = "mms-bulk") -> float:
        """Submit so many messages at once; returns how long it took, in seconds."""
        self._bursts += 1
        ledger = self.folder / f"application-{self._bursts}.jsonl"
        child = self._program(
            f"burst-{self._bursts}",
            *("-m", "tests.rehearsal.producing", "--ledger", str(ledger)),
            *("--count", str(count), "--service", service),
        )
        began = time.monotonic()
        child.start()
        if child.wait(120):
            raise Failed(f"a burst failed: {child.last_words()}")
        return time.monotonic() - began

    def order(self, **orders: Any) -> dict[str, Any]:
        """Order the gateway something, and return its counts."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{_CONTROL_PORT}/control", json.dumps(orders).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  our own stand-in
            return dict(json.load(answer))

    def put_url(self) -> None:
        """Write the file by which the application finds Valkey, with the password as it is now."""
        beside = self._url_file.with_suffix(".new")
        url = self.credentials.url("producer", address_of(self.fleet.host_of("valkey")))
        beside.write_text(url, "utf-8")
        beside.replace(self._url_file)

    def accept_all(self) -> None:
        """Let the gateway be well again."""
        self.order(answer="accept", share=1.0, delay_s=0.1)

    def receipts_url(self, secret: str | None = None) -> str:
        """Return where the gateway posts receipts."""
        where = address_of(self.fleet.host_of("receipts"))
        return f"http://{where}:8080/receipts/main/{secret or self.credentials.receipt}"

    def requests(self) -> list[Request]:
        """Return all that the gateway has seen."""
        return read_requests(self.ledger)

    def added(self) -> dict[str, float]:
        """Return all that applications were told to be added."""
        return read_added(self.folder.glob("application-*.jsonl"))

    # Valkey, and waiting.

    def connect(self) -> None:
        """Connect the person's own client to Valkey, with the password as it is now."""
        self.redis = Redis.from_url(
            self.credentials.url("admin", address_of(self.fleet.host_of("valkey"))),
            socket_timeout=5,
            socket_connect_timeout=3,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )

    def counts(self) -> dict[str, int]:
        """Return how many messages of all lanes are ready, later, sending, uncertain."""
        found = dict.fromkeys(("ready", "later", "sending", "uncertain"), 0)
        for line in self.fleet.must("lanes", "--json").splitlines():
            for state in found:
                found[state] += int(json.loads(line).get(state) or 0)
        return found

    def wait_empty(self, within_s: float = 120.0) -> float:
        """Wait until nothing waits or is being sent; returns how long that took, in seconds."""
        began = time.monotonic()
        self.wait(lambda: not any(self.counts().values()), "everything is sent", within_s, 0.5)
        return time.monotonic() - began

    def wait_valkey(self, within_s: float = 60.0) -> None:
        """Wait until Valkey answers."""

        def answers() -> bool:
            try:
                return bool(self.redis.ping())
            except (RedisError, OSError):
                return False

        self.wait(answers, "Valkey answers", within_s)

    @staticmethod
    def wait(
        holds: Callable[[], object], what: str, within_s: float = 60.0, every_s: float = _LOOK_S
    ) -> float:
        """Wait until it holds; returns how long that took, in seconds. Raises Failed after the time."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > within_s:
                raise Failed(f"not within {within_s:g} s: {what}")
            time.sleep(every_s)
        return time.monotonic() - began

    @contextmanager
    def blurred(self, why: str, after_s: float = 0.5) -> Iterator[None]:
        """Remember that answers may be lost within, and for so many seconds after."""
        begin = time.time()
        try:
            yield
        finally:
            self.blur(begin - _BEFORE_S, time.time() + after_s, why)

    def blur(self, begin: float, end: float, why: str) -> None:
        """Remember that answers may be lost in this time."""
        self.blurs.append(Blur(begin, end, why))

    def _program(self, name: str, *words: str, version: Path = ROOT) -> Child:
        self.put_url()
        environ = {
            name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "PATH") if name in os.environ
        }
        environ |= {
            "PLEXSEND_REDIS_URL_FILE": str(self._url_file),
            "PLEXSEND_NUMBER_KEY": self.credentials.number_key,
            "PYTHONPATH": os.pathsep.join(map(str, dict.fromkeys((version, ROOT)))),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        log = self.folder / f"{name}.log"
        return Child(Program(name, (sys.executable, *words), log, self.folder, environ))
