"""Suppressions: numbers that must not be written to, known by keyed hashes alone.

Of kind `ads` nothing may advertise to the number any more, while order notices go; of kind `all` nothing
may. A scope narrows that to one sender or one refusal number of the account. Numbers cannot be read back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.outbox.arguments_lists import SUPPRESS
from plexsend.outbox.constants import MOST_ORIGINS, SUPPRESSED_BUCKETS
from plexsend.outbox.receivers import hashed_by
from plexsend.outbox.redis.reads import ask, execute
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text
from plexsend.settings.number_keys import MAKE_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plexsend.outbox.redis.store import Store
    from plexsend.settings import NumberKey

MOST_AT_ONCE = 500
"""Numbers in one call."""
ANSWER_MS = 14 * 86_400_000
"""Within which the person must hear that a refusal counts (the Act's decree, article 62-2)."""
_ENTRY_BYTES = 7
_TOLD = 4
_HOUR_MS = 3_600_000
_BUCKETS_AT_ONCE = 256


class SuppressionKind(StrEnum):
    """What is suppressed, in the order of the numbers in Redis."""

    ADS = "ads"
    """Advertisements."""
    ALL = "all"
    """Everything: nobody has the number."""
    SEEN = "seen"
    """Nothing yet: one receipt said that nobody has the number."""
    OFFERED = "offered"
    """Nothing yet: a second receipt said so, and a person may suppress it for everything."""


class SuppressionSource(StrEnum):
    """Where a suppression comes from."""

    REFUSAL_CALL = "080"
    """A call to the free refusal number."""
    RECEIPT = "receipt"
    PERSON = "person"
    IMPORT = "import"
    APPLICATION = "application"


class Suppressing(StrEnum):
    """What became of a number in a call."""

    ADDED = "added"
    KNOWN = "known"
    FULL = "full"
    REMOVED = "removed"
    ABSENT = "absent"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Suppressor:
    """Who suppressed a number, by which way, and why: the origin of an entry."""

    source: SuppressionSource
    by: str = ""
    why: str = ""

    def as_json(self) -> str:
        """Return it as Redis keeps it: the same text for the same origin."""
        return json.dumps([str(self.source), self.by, self.why], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One entry of a number."""

    kind: SuppressionKind
    scope: str
    """Empty for the whole account, else `sender 15881234` or `refusal 0801234567`."""
    origin: Suppressor
    since_ms: int
    """To the hour."""
    told: bool
    """Whether its person has heard that the refusal counts."""


class Suppressions:
    """The suppressions of one account.

    Args:
        store: Where they are.
        account: Whose they are.
        key: Under which numbers are hashed; UsageError without one.
        run: What changes of one command have in common: they are one entry of the log. Empty: in none.
        begins: Whether Redis may not know the account yet; OutboxMoved where it does not, otherwise.
    """

    def __init__(
        self, store: Store, account: str, key: NumberKey | None, *, run: str = "", begins: bool = True
    ) -> None:
        if key is None:
            raise UsageError(
                "Suppressions need PLEXSEND_NUMBER_KEY, under which numbers are hashed, and it is not set "
                f"here. Set the key that the other processes have. {MAKE_KEY}"
            )
        self._store = store
        self._account = account
        self._key = key
        self._run_name, self._begins = run, begins

    def add(
        self,
        numbers: Iterable[str],
        kind: SuppressionKind,
        origin: Suppressor,
        *,
        scope: str = "",
        since_ms: int = 0,
        told: bool = False,
    ) -> list[Suppressing]:
        """Suppress numbers; return for each whether that is new.

        Args:
            numbers: Digits alone.
            kind: What is suppressed.
            origin: Who says so.
            scope: See Suppression.
            since_ms: When they refused; 0: now.
            told: Whether the persons have heard that it counts.
        """
        return self._change(
            "add", numbers, kind=str(kind), scope=scope, origin=origin.as_json(), since_ms=since_ms, told=told
        )

    def remove(
        self,
        numbers: Iterable[str],
        kind: SuppressionKind | None = None,
        *,
        origin: Suppressor,
        scope: str | None = None,
    ) -> list[Suppressing]:
        """Take suppressions back; None: of any kind or scope. `origin`: who says so, for the log."""
        return self._change("remove", numbers, kind=str(kind or ""), scope=scope, origin=origin.as_json())

    def tell(
        self,
        numbers: Iterable[str],
        kind: SuppressionKind | None = None,
        *,
        origin: Suppressor,
        scope: str | None = None,
    ) -> list[Suppressing]:
        """Note that the persons have heard that their refusal counts. `origin`: who says so, for the log."""
        return self._change("tell", numbers, kind=str(kind or ""), scope=scope, origin=origin.as_json())

    def look(self, numbers: Iterable[str]) -> list[tuple[Suppression, ...]]:
        """Return the suppressions of each number."""
        words = read_words(self._store, self._account)
        found: list[tuple[Suppression, ...]] = []
        for hashes in self._hashes(numbers):
            reply = self._run(SUPPRESS.write(**self._values("look")), hashes)
            found += (tuple(_parse(value, words)) for value in reply)
        return found

    def _change(
        self,
        act: str,
        numbers: Iterable[str],
        *,
        kind: str,
        scope: str | None,
        origin: str = "",
        since_ms: int = 0,
        told: bool = False,
    ) -> list[Suppressing]:
        values = self._values(act, kind=kind, scope=scope, origin=origin, since_ms=since_ms, told=told)
        written = SUPPRESS.write(**values)
        parts = (self._run(written, hashes) for hashes in self._hashes(numbers))
        return [Suppressing(text(word)) for words in parts for word in words]

    def _values(
        self,
        act: str,
        *,
        kind: str = "",
        scope: str | None = None,
        origin: str = "",
        since_ms: int = 0,
        told: bool = False,
    ) -> dict[str, str | bytes | int]:
        return {
            "act": act,
            "hashed_by": hashed_by(self._key),
            "kind": kind,
            "scope": scope or "",
            "all_scopes": int(scope is None),
            "origin": origin,
            "since_ms": since_ms,
            "until_ms": 0,
            "is_told": int(told),
            "begins": int(self._begins),
            "run": self._run_name,
        }

    def _run(self, written: tuple[str | bytes | int, ...], hashes: list[bytes]) -> list[bytes]:
        reply: list[bytes] = self._store.run(Script.SUPPRESS, self._account, [*written, *hashes])
        if text(reply[0]) == "other key":
            raise UsageError(
                f"PLEXSEND_NUMBER_KEY of this environment is not the one under which account {self._account} "
                "keeps its suppressions, so nobody could tell who refused. Set the key that the others have."
            )
        return reply[1:]

    def _hashes(self, numbers: Iterable[str]) -> Iterator[list[bytes]]:
        hashes = map(self._key.hash_of, numbers)
        while part := list(islice(hashes, MOST_AT_ONCE)):
            yield part


def read_words(store: Store, account: str) -> Mapping[str, str]:
    """Return what numbers of scopes and origins mean, and how many entries of each kind there are."""
    found = ask(store, lambda pipe: pipe.hgetall(store.keys.suppressed(account)))
    return {text(name): text(value) for name, value in found.items()}


def every(store: Store, account: str) -> Iterator[tuple[Suppression, ...]]:
    """Yield the suppressions of each number of an account, in no order."""
    for _, entries in by_bucket(store, account):
        yield entries


def by_bucket(store: Store, account: str) -> Iterator[tuple[int, tuple[Suppression, ...]]]:
    """Yield the suppressions of each number of an account, and the bucket of the number."""
    words = read_words(store, account)
    for first in range(0, SUPPRESSED_BUCKETS, _BUCKETS_AT_ONCE):
        pipe = store.client.pipeline(transaction=False)
        for bucket in range(first, first + _BUCKETS_AT_ONCE):
            pipe.hvals(store.keys.suppressed(account, bucket))
        for bucket, values in enumerate(execute(store, pipe), first):
            for value in values:
                yield bucket, tuple(_parse(value, words))


def is_pending(one: Suppression) -> bool:
    """Return whether its person is still to hear that the refusal counts."""
    return one.kind is SuppressionKind.ADS and not one.told


_KINDS = tuple(SuppressionKind)


def _parse(value: bytes, words: Mapping[str, str]) -> Iterator[Suppression]:
    for at in range(0, len(value) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        first, scope = value[at], value[at + 1]
        origin = int.from_bytes(value[at + 2 : at + 4], "big")
        hours = int.from_bytes(value[at + 4 : at + _ENTRY_BYTES], "big")
        yield Suppression(
            _KINDS[first % _TOLD],
            words.get(f"scope:{scope}", "unknown") if scope else "",
            read_origin(words.get(f"origin:{origin}", "") if origin < MOST_ORIGINS else ""),
            hours * _HOUR_MS,
            first >= _TOLD,
        )


@lru_cache(maxsize=1_024)
def read_origin(written: str) -> Suppressor:
    """Return who suppressed, as it was written; an unknown one where that cannot be read."""
    try:
        source, by, why = json.loads(written)
        return Suppressor(SuppressionSource(source), str(by), str(why))
    except (ValueError, TypeError):
        return Suppressor(SuppressionSource.APPLICATION, "unknown", "")


def counts(store: Store, account: str) -> dict[SuppressionKind, int]:
    """Return how many entries of each kind an account has."""
    fields = [f"n:{kind}" for kind in SuppressionKind]
    found = ask(store, lambda pipe: pipe.hmget(store.keys.suppressed(account), fields))
    values = found or [None] * len(fields)
    return {kind: number(value) for kind, value in zip(SuppressionKind, values, strict=True)}
