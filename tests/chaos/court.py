"""Brings a judgement about: ends the faults, waits until everything is decided, collects the evidence."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from redis import Redis

from tests.chaos.evidence import Event, Evidence, Fleet, GatewayLedger, ProducerLedgers, Record, acceptances
from tests.chaos.fallback_oracle import fallbacks_of
from tests.chaos.hearing import Hearing
from tests.chaos.law import Law
from tests.chaos.load import (
    ACCOUNTS,
    FALLBACK_MARK,
    LANE_OF_CODE,
    LANES,
    Secrets,
    lane_of,
    parks,
    receiver_of,
)
from tests.chaos.oracle import judge
from tests.chaos.pictures import PictureLedgers, Pictures
from tests.chaos.receipt_codes import refuses
from tests.chaos.watch import Watch
from tests.chaos.world import PREFIX, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.oracle import Judgement
    from tests.chaos.sequel import Sequel
    from tests.chaos.world import World

DECIDED_WITHIN_S = 120.0
_UNDECIDED = ("s:scheduled", "s:waiting", "s:sending")
_COMMAND_S = 300.0
_PAGE = 1000
_PAUSED_WITHIN_S = 60.0
_CHAINS = 3


@dataclass
class Court:
    """Judges a world, again and again; each judgement covers what came since the last, the last one all."""

    world: World
    producers: ProducerLedgers = field(default_factory=ProducerLedgers)
    pictures: PictureLedgers = field(default_factory=PictureLedgers)
    blurred: list[tuple[float, float]] = field(default_factory=list)
    leaks: list[tuple[str, str]] = field(default_factory=list)
    odd_holds: list[tuple[str, float]] = field(default_factory=list)
    """Accounts that were held as after a restore when there was none, and when that was seen."""
    decided_after_s: float = 0.0
    heard_after_s: float = 0.0
    _judged: set[str] = field(default_factory=set)
    _since: float = 0.0
    _read_logs: dict[Path, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gateway = GatewayLedger(self.world.liars.gateway_ledger)
        self.elsewhere = GatewayLedger(self.world.liars.elsewhere_ledger)
        self.watch = Watch(self.world)
        self._hearing = Hearing(self.world, self._tell)
        self._secrets = Secrets(
            (*self.world.secrets.values(), self.world.wrong_secret, *self.world.hearers.secrets.values())
        )

    def judge(self, *, whole: bool) -> Judgement:
        """Judge what came since the last judgement, or everything. Faults must have ended."""
        self.world.pause_file.touch()
        try:
            self._wait_paused()
            self._wait_decided()
            self.heard_after_s = self._hearing.wait()
            # A receipt that came meanwhile may have let a fallback go.
            for _ in range(_CHAINS):
                if self._undecided() == 0:
                    break
                self._wait_decided()
                self.heard_after_s += self._hearing.wait()
            return judge(self._evidence(whole=whole))
        finally:
            self.world.pause_file.unlink()

    def resume_all(self) -> list[str]:
        """Do what a person would: resume whatever waits for one. Returns what was resumed."""
        resumed: list[str] = []
        self.world.persons.open_hours()
        for account in ACCOUNTS:
            holds = self.world.valkey.patiently(partial(Redis.hgetall, name=f"{PREFIX}{{{account}}}:holds"))
            for name, text in holds.items():
                scope, reason, what = name.decode().split(" ")
                # A person who decides ends it, and nothing else.
                if reason == "rewound":
                    self.odd_holds.append((account, time.time()))
                    self.world.persons.settle_rewound("sent")
                    resumed.append(name.decode())
                elif json.loads(text)["until"] == 0 and scope == "group":
                    self.world.persons.open_group(account, what)
                    resumed.append(name.decode())
                elif json.loads(text)["until"] == 0:
                    self._run("resume", f"{scope}:{what}")
                    resumed.append(name.decode())
            closed = self.world.valkey.patiently(partial(Redis.hkeys, name=self.world.key(account, "closed")))
            for group in closed:
                self.world.persons.open_group(account, group.decode())
                resumed.append(f"group closed {group.decode()}")
        return resumed

    def search_queues(self) -> int:
        """Search what Celery holds for what nobody may read; returns how many doorbells were seen."""
        client: Any = self.world.valkey.client
        seen = 0
        for service in {lane.service for lane in LANES}:
            for bell in client.lrange(f"{PREFIX}celery:{service}", 0, -1):
                seen += 1
                self.leaks += [(f"a doorbell of {service}", what) for what in self._secrets.find(bell)]
        for bell in client.hvals(f"{PREFIX}celery:unacked"):
            self.leaks += [("an unacknowledged doorbell", what) for what in self._secrets.find(bell)]
        return seen

    # An application that is in the middle of a submit ends it first.
    def _wait_paused(self) -> None:
        until = time.monotonic() + _PAUSED_WITHIN_S
        while True:
            for ledger in self.world.ledgers:
                self.producers.read(ledger)
            paused = [
                self.producers.pauses.get(path, False)
                for path in self.world.ledgers
                if "application" in path.name
            ]
            if all(paused) or time.monotonic() > until:
                return
            time.sleep(0.1)

    def _wait_decided(self) -> None:
        began = time.monotonic()
        while time.monotonic() - began < DECIDED_WITHIN_S:
            self.resume_all()
            if self._undecided() == 0:
                break
            time.sleep(0.3)
        self.decided_after_s = time.monotonic() - began

    def _undecided(self) -> int:
        found = 0
        for lane in LANE_OF_CODE.values():
            name = self.world.key(lane.account, f"{lane.name}:counts")
            counts = self.world.valkey.patiently(partial(Redis.hmget, name=name, keys=_UNDECIDED))
            found += sum(int(count or 0) for count in counts)
        for account in ACCOUNTS:
            # Fallbacks that go if no receipt comes.
            name = self.world.key(account, "overdue")
            found += int(self.world.valkey.patiently(partial(Redis.zcard, name=name)))
        return found

    def _evidence(self, *, whole: bool) -> Evidence:
        world = self.world
        audit = self._tell("audit")
        parked = {line["msg_key"] for line in self._tell("uncertain", "list")}
        self.gateway.read()
        self.elsewhere.read()
        told = {key: each for key, each in self.producers.told.items() if whole or key not in self._judged}
        records = self._records([*told, *(key + FALLBACK_MARK for key in told)])
        fallbacks = fallbacks_of(told, records, acceptances(self.gateway.requests))
        sequel = self._hearing.sequel()
        since, self._since = (0.0 if whole else self._since), time.time()
        evidence = Evidence(
            told={**told, **fallbacks},
            requests=tuple(self.gateway.requests),
            records=records,
            parked=frozenset(parked),
            audit=audit[0] if audit else {},
            users=world.users,
            parking=frozenset(lane.name for lane in LANES if parks(lane, world.on_uncertain)),
            whole=whole,
            forgetful=world.valkey.fsync != "always",
            kills=tuple(world.valkey.kills),
            blurred=tuple(self.blurred),
            since=since,
            leaks=tuple(dict.fromkeys((*self.leaks, *self._search_logs()))),
            fleet=self._fleet(),
            restores=tuple(world.restores),
            planted=tuple(world.planted),
            odd_holds=tuple(self.odd_holds),
            sequel=sequel,
            law=self._law(sequel),
            pictures=self._read_pictures(),
        )
        self._judged.update(told)
        self.leaks = []
        return evidence

    def _law(self, sequel: Sequel) -> Law:
        found = Law(self.world.persons.refusals, once_a_day_since=self.world.persons.once_a_day_since)
        for key, receipts in sequel.receipts.items():
            lane = lane_of(key)
            for each in receipts:
                if lane is not None and refuses(lane.path, each.code):
                    found.of_receipts.setdefault((lane.account, receiver_of(key)), []).append(each)
        return found

    def _read_pictures(self) -> Pictures:
        self.pictures.read_gateway(self.world.uploaders.gateway_ledger)
        for path in self.world.uploaders.ledgers:
            self.pictures.read_uploader(path)
        return Pictures(self.pictures.taken, self.pictures.wants, self.world.uploaders.aged)

    def _fleet(self) -> Fleet:
        world, persons = self.world, self.world.persons
        return Fleet(
            policies=self.watch.policies,
            asks=tuple(world.asks),
            set_values=tuple(persons.set_values),
            group_acts=tuple(persons.group_acts),
            daily_limits=tuple(persons.daily_limits),
            absences=tuple(world.absences),
            elsewhere=tuple(self.elsewhere.requests),
            good_secrets=tuple(world.good_secrets),
            auth_holds=tuple(self.watch.auth_holds),
        )

    def _records(self, keys: list[str]) -> dict[str, Record]:
        found: dict[str, Record] = {}
        for start in range(0, len(keys), _PAGE):
            page = keys[start : start + _PAGE]
            lanes_of = [LANE_OF_CODE[key.partition(".")[0]] for key in page]
            starts = [f"{PREFIX}{{{lane.account}}}:" for lane in lanes_of]

            def read(client: Redis, page: list[str] = page, starts: list[str] = starts) -> Any:
                pipe = client.pipeline(transaction=False)
                for name, key in zip(starts, page, strict=True):
                    pipe.hmget(f"{name}m:{key}", "s", "l", "c")
                    pipe.lrange(f"{name}h:{key}", 0, -1)
                for name in sorted(set(starts)):
                    pipe.hgetall(f"{name}lanes")
                return pipe.execute()

            replies = self.world.valkey.patiently(read)
            records = replies[: 2 * len(page)]
            lanes = dict(zip(sorted(set(starts)), replies[2 * len(page) :], strict=True))
            for key, name, (state, lane, code), history in zip(
                page, starts, records[::2], records[1::2], strict=True
            ):
                if state is not None:
                    # A record names its lane by the number that the index gives it.
                    written = lanes[name].get(b"#" + lane, lane).decode()
                    found[key] = Record(
                        state.decode(), written, (code or b"").decode(), tuple(map(_event, history))
                    )
        return found

    def _search_logs(self) -> list[tuple[str, str]]:
        found = []
        for path in self.world.logs():
            with path.open("rb") as file:
                file.seek(self._read_logs.get(path, 0))
                new = file.read()
            self._read_logs[path] = self._read_logs.get(path, 0) + len(new)
            found += [(path.name, what) for what in self._secrets.find(new)]
        return found

    def _tell(self, *arguments: str) -> list[dict[str, Any]]:
        done = self._run(*arguments, "--json")
        self.leaks += [
            (f"plexsend {arguments[0]}", what) for what in self._secrets.find(done.stdout + done.stderr)
        ]
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self.world.plexsend(*arguments),
            cwd=ROOT,
            env=self.world.environ(direct=True),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMMAND_S,
            check=False,
        )


def _event(line: bytes) -> Event:
    at, event, code, words = line.decode("utf-8", "replace").split("|", 3)
    return Event(int(at) / 1000, event, code, words)
