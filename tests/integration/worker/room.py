"""A worker without Celery: its drains and its housekeeping, run by hand on a clock that a test may turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plexsend.errors import OutboxUnavailable
from plexsend.gateway.answers import WholeAnswer, read_answer
from plexsend.gateway.codes import Meaning
from plexsend.gateway.environment import read_settings
from plexsend.gateway.items import get_loader
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.state import renew
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading import queries
from plexsend.outbox.records import Record, read_record
from plexsend.outbox.redis.store import Store
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.worker.drain import Drain, Surroundings
from plexsend.worker.housekeeping import Housekeeping
from plexsend.worker.runtime import Runtime
from tests.integration.outbox.passing_time import let_pass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from plexsend.gateway.answers import Answer
    from plexsend.gateway.http.transport import Transport
    from plexsend.gateway.services import Service
    from plexsend.outbox.redis.scripts import Script

BULK = Lane("mms-bulk", None, "main")
STANDARD = Lane("mms-standard", None, "main")

# As in operation, but for the rate, which would only cost time.
SETTINGS = {
    "PLEXSEND_RATE": "0",
    "PLEXSEND_LINGER_MS": "0",
    "PLEXSEND_ACCOUNT_MAIN": "user-main;secret-main",
    "PLEXSEND_ACCOUNT_SECOND": "user-second;secret-second",
}

REFUSED = WholeAnswer(Meaning.UNAVAILABLE, "REFUSED", "nothing was sent", None, explicit=False)
SILENCE = WholeAnswer(Meaning.UNCERTAIN, "TIMEOUT", "no usable answer came", None, explicit=False)


class ScriptedClient:
    """A transport whose answers a test makes up; it remembers the keys of every request."""

    def __init__(self, answer: Callable[[Sequence[str]], Answer] | None = None) -> None:
        self.answer = answer or accept
        self.requests: list[list[str]] = []

    def post(
        self,
        service: Service,
        credentials: str,
        keys: Sequence[str],
        bodies: Sequence[bytes],
        *,
        variant: str | None = None,
    ) -> Answer:
        del service, credentials, bodies, variant
        self.requests.append(list(keys))
        return self.answer(keys)


def accept(keys: Sequence[str]) -> Answer:
    """Accept everything."""
    results = ",".join(f'{{"code":"C100","desc":"","msg_key":"{key}"}}' for key in keys)
    return _read(200, f'{{"results":[{results}]}}', keys)


def refuse(status: int, code: str | None = None) -> Callable[[Sequence[str]], Answer]:
    """Return a gateway that answers every request so."""
    body = "" if code is None else f'{{"code":"{code}","name":"","description":"its words"}}'
    return lambda keys: _read(status, body, keys)


def _read(status: int, body: str, keys: Sequence[str]) -> Answer:
    return read_answer(status, None, body.encode(), keys, datetime.now(UTC))


class ForgetfulStore(Store):
    """A store whose next calls fail: before they do anything, or after they did it."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.client, store.keys.prefix)
        self.failures: list[str] = []
        """`before` or `after`, for each of the next calls; any other text is let through."""

    def run(self, script: Script, account: str, args: Sequence[str | bytes | int]) -> list[Any]:
        fails = self.failures.pop(0) if self.failures else ""
        if fails == "before":
            raise OutboxUnavailable("the call was lost")
        reply = super().run(script, account, args)
        if fails == "after":
            raise OutboxUnavailable("the reply was lost")
        return reply


@dataclass
class Room:
    """One worker process."""

    store: Store
    client: Transport
    settings: Mapping[str, str] = field(default_factory=dict)
    now_s: float = 1000.0
    bell_waits: bool = False
    ungrouped_waits: bool = False
    queued: dict[str, int] | None = field(default_factory=dict)
    """What the broker would tell of its queues."""
    rung: list[tuple[Lane, str]] = field(default_factory=list)
    passed_s: float = 0.0

    def __post_init__(self) -> None:
        settings = read_settings({**SETTINGS, **self.settings})
        self.runtime = Runtime(settings, store=self.store, client=self.client)
        renew(self.store, lambda: [settings.asks])
        self.around = self._around(self.clock)
        self.me = WorkerProcess(self.runtime.name, 16, ("mms-bulk", "mms-finance", "mms-standard"))
        self.housekeeping = Housekeeping(
            self.runtime, self.me, ring=self.ring, queue_lengths=self.tell_queues, clock=self.clock
        )

    def clock(self) -> float:
        return self.now_s

    def _around(self, clock: Callable[[], float]) -> Surroundings:
        return Surroundings(lambda: self.bell_waits, lambda: self.ungrouped_waits, self.ring, clock)

    def tick(self, times_s: Iterable[float]) -> None:
        """Let each look at the clock by a drain tell the next of these times."""
        ticks = iter(times_s)
        self.around = self._around(lambda: float(next(ticks)))

    @property
    def sent(self) -> list[list[str]]:
        """The keys of every request, with a scripted client."""
        assert isinstance(self.client, ScriptedClient)
        return self.client.requests

    def answer_by(self, answer: Callable[[Sequence[str]], Answer]) -> None:
        """Let a scripted client answer so from now on."""
        assert isinstance(self.client, ScriptedClient)
        self.client.answer = answer

    def ring(self, lane: Lane, bell: str) -> None:
        self.rung.append((lane, bell))

    def tell_queues(self, services: Iterable[str]) -> dict[str, int] | None:
        return None if self.queued is None else {name: self.queued.get(name, 0) for name in services}

    def submit(
        self,
        lane: Lane,
        keys: Sequence[str],
        *,
        special: Mapping[str, str] | None = None,
        stamp: str | None = None,
        **options: Any,
    ) -> None:
        """Add one message for each key; `special` gives some of them a receiver."""
        loader = get_loader(lane.service)
        drafts = [
            NewMessage(
                key,
                loader.load(
                    {
                        "msg_key": key,
                        "sender_number": "0221234567",
                        "receiver_number": (special or {}).get(key, "01023456789"),
                        "msg": "안녕하세요",
                        "file_path": ["https://images/1.jpg"],
                    }
                ).body,
            )
            for key in keys
        ]
        Submitter(self.store).add(lane, drafts, stamp=stamp or str(loader.stamp), **options)

    def drain(self, lane: Lane, bell: str = "") -> None:
        """Run one drain to its end."""
        Drain(self.runtime, lane, self.around).run(bell)

    def work(self) -> None:
        """Let housekeeping go round once and answer all its doorbells."""
        self.housekeeping.round()
        while self.rung:
            lane, bell = self.rung.pop(0)
            self.drain(lane, bell)

    def let_pass(self, seconds: float) -> None:
        """Let time pass, for this process and for Redis."""
        self.now_s += seconds
        self.passed_s += seconds
        for account in queries.accounts(self.store):
            let_pass(self.store, account, round(seconds * 1000))

    def work_until(self, done: Callable[[], bool], *, within_s: float = 7200) -> None:
        """Work, and let time pass to the next event whenever there is nothing to do."""
        until_s = self.passed_s + within_s
        while not done():
            assert self.passed_s < until_s, (
                f"not within {within_s} s: {self.states(*queries.lanes(self.store))}"
            )
            self.work()
            self.let_pass(self._until_next_event_s())

    def _until_next_event_s(self) -> float:
        now_ms = queries.server_ms(self.store)
        client: Any = self.store.client
        wakes = [
            score
            for account in queries.accounts(self.store)
            for _, score in client.zrange(self.store.keys.wake(account), 0, 0, withscores=True)
        ]
        return max(0.05, (min(wakes) - now_ms) / 1000) if wakes else 0.5

    def states(self, *lanes: Lane) -> dict[str, int]:
        """Return how many messages of these lanes are in which state; states without any are left out."""
        found: dict[str, int] = {}
        for lane in lanes:
            for name, count in queries.look_at(self.store, lane).counts.items():
                if name.startswith("s:") and count:
                    found[name[2:]] = found.get(name[2:], 0) + count
        return found

    def record(self, key: str, account: str = "main") -> Record:
        """Return a message's record."""
        record = read_record(self.store, account, key)
        assert record is not None
        return record

    def holds(self, account: str = "main") -> set[str]:
        """Return the account's holds as `scope reason what`."""
        return {hold.field for hold in queries.holds(self.store, account)}


def names(count: int, word: str = "k") -> list[str]:
    """Return so many keys, of which the last digits are not those of a phone number."""
    return [f"{word}-{i}" for i in range(count)]
