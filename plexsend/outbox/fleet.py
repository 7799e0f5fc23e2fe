"""The fleet: every worker process, what it announces of itself, and when it was last seen.

A process writes its announcement when it starts and when it changes, and a sign of life once a second. Both
are kept for ten minutes after its last sign, so that what a process asked for counts until then however it
ended. A process that a fleet of an older program runs announces nothing here: it is read from `procs`.
"""

from __future__ import annotations

import hmac
import json
import secrets as random
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from plexsend.errors import OutboxError
from plexsend.outbox.arguments import ALIVE
from plexsend.outbox.constants import SILENT_MS
from plexsend.outbox.form import OLD_FORM
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.redis.put import put
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plexsend.outbox.redis.store import Store

FORGOTTEN_MS = 600_000
"""For how long what a process announced counts after its last sign of life."""

_AHEAD_MS = 2_000
"""A sign of life further ahead than this is from before the clock was set back."""
_FINGERPRINT_BYTES = 8
"""Enough to tell the secrets of one account apart, and far too few to say anything about a secret."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a worker process says of itself. Nothing here is a secret."""

    host: str
    pid: int
    version: str
    form: int
    """The newest form of records and keys that it reads and writes."""
    since_ms: int
    services: tuple[str, ...]
    """Whose doorbells it answers; empty once it is to stop."""
    threads: int
    asks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Service → policy → what its environment asks for explicitly, as it is written there."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Account → the fingerprint of its secret here; an account without a readable secret is left out."""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Product → the gateway's address."""
    number_key: str = ""
    """The fingerprint of the key with which receivers' numbers are hashed, where there is one."""
    hashes_by: str = ""
    """What tells that key from others, as accounts with suppressions keep it."""
    certificates: Mapping[str, int] = field(default_factory=dict)
    """Product → when the certificate ends that the gateway showed this process (seconds since 1970)."""
    feeds: bool = False
    """Whether it takes the tasks of campaigns."""
    folder: str = ""
    """What tells the folder of campaigns that it sees from others; empty where it has not looked."""

    def to_json(self) -> str:
        """Return the announcement as it is kept."""
        facts = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(facts, sort_keys=True, separators=(",", ":"), default=dict)

    @classmethod
    def parse(cls, content: str) -> Announcement:
        """Return the announcement that was kept; ValueError where another program wrote something else."""
        try:
            found = json.loads(content)
            return cls(
                host=str(found["host"]),
                pid=int(found["pid"]),
                version=str(found["version"]),
                form=int(found["form"]),
                since_ms=int(found["since_ms"]),
                services=tuple(map(str, found["services"])),
                threads=int(found["threads"]),
                asks={str(service): _texts(asked) for service, asked in found["asks"].items()},
                secrets=_texts(found["secrets"]),
                urls=_texts(found["urls"]),
                number_key=str(found["number_key"]),
                # Programs of 0.5.0 and before announce none.
                hashes_by=str(found.get("hashes_by", "")),
                # Programs of 0.4.0 announce none.
                certificates={str(name): int(end) for name, end in found.get("certificates", {}).items()},
                # Programs of 0.6.0 and before know no campaigns.
                feeds=bool(found.get("feeds", False)),
                folder=str(found.get("folder", "")),
            )
        except (TypeError, KeyError, AttributeError, RecursionError) as exc:
            raise ValueError("not an announcement") from exc


def _texts(found: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in found.items()}


@dataclass(frozen=True, slots=True)
class FleetProcess:
    """A worker process that was seen within the last ten minutes."""

    name: str
    """Letters and digits only; the drains' names begin with it."""
    announced: Announcement
    silent_ms: int
    """How long ago it was seen."""
    busy: int = 0
    """How many of its threads send."""

    @property
    def lives(self) -> bool:
        """Whether it was seen within the last five seconds."""
        return self.silent_ms <= SILENT_MS

    @property
    def is_older(self) -> bool:
        """Whether an older program runs it, which announces only its threads and services."""
        return self.announced.form == OLD_FORM

    @property
    def label(self) -> str:
        """The process for people: where it runs."""
        if self.is_older:
            return f"a worker of an older version (process {self.name})"
        return f"{self.announced.host} pid {self.announced.pid}"


@dataclass(frozen=True, slots=True)
class Sign:
    """The last sign of life of a process."""

    silent_ms: int
    busy: int
    revision: int
    """Which of its announcements counts."""


@dataclass(frozen=True, slots=True)
class SignGiven:
    """What a process learns when it gives a sign of life."""

    now_ms: int
    is_first: bool
    """Whether Redis knew nothing of the process: then it must announce itself again."""
    lanes: int
    """How many names of lanes there are: where this changed, there are lanes that one does not know yet."""
    was_ms: int = 0
    """Its last sign before, as Redis knew it; 0: none."""


def alive(store: Store, name: str, *, busy: int = 0, revision: int = 1) -> SignGiven:
    """Give a sign of life."""
    now, is_first, lanes, was = store.run_for_fleet(
        Script.ALIVE, ALIVE.write(process=name, busy=busy, revision=revision, announced="")
    )
    return SignGiven(number(now), is_first == 1, number(lanes), number(text(was).partition(" ")[0]))


def signs(store: Store, now_ms: int) -> dict[str, Sign]:
    """Return the last sign of every process, also of those that are gone."""
    with mapped():
        entries = store.client.hgetall(store.keys.alive)
    return dict(_signs([word for entry in entries.items() for word in entry], now_ms))


def _signs(entries: Sequence[Any], now_ms: int) -> Iterator[tuple[str, Sign]]:
    for name, entry in zip(entries[::2], entries[1::2], strict=True):
        seen_ms, busy, revision = (number(word) for word in (*text(entry).split(" "), "", "")[:3])
        silent_ms = now_ms - seen_ms
        # A time that is ahead is from before Redis's clock was set back: a process that lives writes the new
        # time within a second, and one that is gone never will.
        yield text(name), Sign(SILENT_MS + 1 if silent_ms < -_AHEAD_MS else max(0, silent_ms), busy, revision)


def announce(store: Store, name: str, announced: Announcement) -> None:
    """Write what a process announces, and have the others look at once."""
    args = ALIVE.write(process=name, busy=0, revision=0, announced=announced.to_json())
    store.run_for_fleet(Script.ALIVE, args)
    nudge(store)


def nudge(store: Store) -> None:
    """Have every process look at once at what is new. It may be lost: they look once a second anyway."""
    # Where the login has no rights to channels the others only hear later.
    with suppress(OutboxError), mapped():
        store.client.publish(store.keys.fleet_nudge, "")


def announcements(store: Store, names: Iterable[str]) -> dict[str, Announcement]:
    """Return what these processes announced, without those of which nothing readable is kept."""
    asked = list(names)
    if not asked:
        return {}
    with mapped():
        contents = store.client.hmget(store.keys.fleet, asked)
    return dict(_parsed(zip(asked, contents, strict=True)))


def _parsed(entries: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, Announcement]]:
    for name, content in entries:
        with suppress(ValueError):
            if content is not None:
                yield text(name), Announcement.parse(text(content))


def fleet(store: Store, accounts: Iterable[str] = ()) -> list[FleetProcess]:
    """Return every process that was seen within ten minutes, the longest running first.

    `accounts`: where to look for the processes of an older program, which announce themselves there.
    """
    pipe = store.client.pipeline(transaction=False)
    pipe.time()
    pipe.hgetall(store.keys.alive)
    pipe.hgetall(store.keys.fleet)
    clock, entries, contents = execute(store, pipe)
    seconds, micros = clock
    older = _older_entries(store, accounts)
    now_ms = int(seconds) * 1000 + int(micros) // 1000
    flat = [word for entry in entries.items() for word in entry]
    found = together(dict(_signs(flat, now_ms)), dict(_parsed(contents.items())))
    seen: dict[Any, float] = {}
    for member, score in chain.from_iterable(older):
        seen[member] = max(score, seen.get(member, 0.0))
    return sorted(
        [*found, *_older(seen, now_ms)], key=lambda process: (process.announced.since_ms, process.name)
    )


# A newer form has put something else in the place of the older processes, on purpose.
def _older_entries(store: Store, accounts: Iterable[str]) -> list[list[tuple[bytes, float]]]:
    with mapped():
        pipe = store.client.pipeline(transaction=False)
        for account in accounts:
            pipe.zrange(store.keys.procs(account), 0, -1, withscores=True)
        return [reply for reply in pipe.execute(raise_on_error=False) if isinstance(reply, list)]


def together(signs: Mapping[str, Sign], announced: Mapping[str, Announcement]) -> list[FleetProcess]:
    """Return the processes of which both a sign of life within ten minutes and an announcement is known."""
    return [
        FleetProcess(name, announced[name], sign.silent_ms, sign.busy)
        for name, sign in signs.items()
        if name in announced and sign.silent_ms <= FORGOTTEN_MS
    ]


def _older(seen: Mapping[Any, float], now_ms: int) -> Iterator[FleetProcess]:
    for entry, seen_ms in seen.items():
        for process in WorkerProcess.parse_all([entry]):
            yield older_process(process, max(0, now_ms - int(seen_ms)))


def older_process(process: WorkerProcess, silent_ms: int = 0) -> FleetProcess:
    """Return a process of an older program as a member of the fleet."""
    announced = Announcement("", 0, "", OLD_FORM, 0, process.services, process.pool_size)
    return FleetProcess(process.name, announced, silent_ms)


def forget(store: Store, names: Iterable[str]) -> None:
    """Take out processes that were silent for too long."""
    gone = list(names)
    if gone:
        with mapped():
            pipe = store.client.pipeline(transaction=True)
            pipe.hdel(store.keys.alive, *gone)
            pipe.hdel(store.keys.fleet, *gone)
            pipe.execute()


def salt(store: Store) -> bytes:
    """Return the random key of the fleet's fingerprints, made when it is first asked for."""
    with mapped():
        found: Any = store.client.get(store.keys.salt)
    if found is None:
        put(store, "SET", store.keys.salt, random.token_hex(16), "NX")
        with mapped():
            found = store.client.get(store.keys.salt)
    return bytes(found)


def fingerprint(secret: str, key: bytes) -> str:
    """Return by what a secret is known in the fleet: the same for the same secret, and not to be undone."""
    return hmac.digest(key, secret.encode(), "sha256")[:_FINGERPRINT_BYTES].hex()
