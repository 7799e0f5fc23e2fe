"""One pass over all that Redis has under the prefix: every record is looked at in a script, with its places.

The keys come from one SCAN for all accounts. The script compares 150 records in a call of half a millisecond
and answers sums, so that a million records are neither kept nor sent. The next call is under way while the
reply of the last is judged.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from plexsend.errors import UsageError
from plexsend.outbox.arguments import AUDIT
from plexsend.outbox.lanes import NAME, Lane
from plexsend.outbox.reading.bodies import BodyComparison
from plexsend.outbox.reading.books import SETS, Tally
from plexsend.outbox.reading.discrepancies import about_key, about_message
from plexsend.outbox.redis.ahead import CallsAhead
from plexsend.outbox.redis.key_types import type_in_account
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from plexsend.outbox.reading.discrepancies import Discrepancy
    from plexsend.outbox.redis.store import Store

_KEYS_A_PAGE = 1_000
_KEYS_A_CALL = 150
_RECORDS_A_CALL = 150
_STRAYS_A_CALL = 500
_ACTS = {b"b:": "bodies", b"h:": "histories", b"f:": "fallbacks"}


@dataclass(slots=True)
class PassResult:
    """What one pass found."""

    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    """Lane → what its records say. A number that nobody knows is a lane's name here."""
    lanes: dict[str, set[Lane]] = field(default_factory=lambda: defaultdict(set))
    """Account → lanes that have a key."""
    named: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Account → lanes that its records name."""
    of_days: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Account → `YYYYMMDD|<field of that day>` → messages that it must count at least."""
    found: dict[Discrepancy, None] = field(default_factory=dict)
    """Each once, in the order in which they were found."""


class RecordPass:
    """Makes passes over the records of a prefix.

    Args:
        store: Where they are.
        since_ms: What ended since counts by itself.
        on_page: Called with the number of records read.
        exactly: Whether a key that SCAN answers twice, while the server's table grows, counts once: every key
            is remembered then, about 100 bytes each.
    """

    def __init__(
        self, store: Store, since_ms: int, on_page: Callable[[int], None], *, exactly: bool = False
    ) -> None:
        self._store = store
        self._since_ms = since_ms
        self._on_page = on_page
        self._known: set[bytes] | None = set() if exactly else None
        self._pass = PassResult()
        self._calls = CallsAhead(store)
        self._bodies = BodyComparison(store, self._calls, self._note)
        start = re.escape(store.keys.prefix)
        self._key = re.compile(rf"{start}\{{({NAME.pattern})\}}:(m:|b:|h:|f:)?".encode())
        self._gathered: dict[tuple[bytes, bytes | None], list[bytes]] = defaultdict(list)
        """Account and kind of key → keys behind that, until there are enough for a call."""

    def run(self) -> PassResult:
        """Look at every key once and return what was found."""
        self._ask_for_keys(b"0")
        self._calls.finish()
        return self._pass

    def _ask_for_keys(self, cursor: bytes) -> None:
        pattern = _escape(self._store.keys.prefix) + "{*"
        self._calls.add(("SCAN", cursor, "MATCH", pattern, "COUNT", _KEYS_A_PAGE), self._take_in)

    def _take_in(self, reply: Sequence[Any]) -> None:
        cursor, page = reply
        match, gathered = self._key.match, self._gathered
        for key in self._unknown(page):
            if found := match(key):
                gathered[found[1], found[2]].append(key[found.end() :])
        is_last = cursor == b"0"
        for (account, kind), names in gathered.items():
            size = _RECORDS_A_CALL if kind == b"m:" else _STRAYS_A_CALL
            while len(names) >= size or (is_last and names):
                self._look_at(text(account), kind, names[:size])
                del names[:size]
        if not is_last:
            self._ask_for_keys(cursor)

    def _unknown(self, page: list[bytes]) -> Iterable[bytes]:
        if self._known is None:
            return page
        fresh = dict.fromkeys(key for key in page if key not in self._known)
        self._known.update(fresh)
        return fresh

    def _look_at(self, account: str, kind: bytes | None, names: list[bytes]) -> None:
        if kind == b"m:":
            self._look_at_records(account, names)
        elif kind is None:
            self._check_types(account, names)
        else:
            self._look_for_records(account, _ACTS[kind], names)
            if kind in (b"h:", b"f:"):
                self._check_types(account, [kind + name for name in names])

    def _look_at_records(self, account: str, keys: list[bytes]) -> None:
        args = [*AUDIT.write(act="records", lane="", part="", since_ms=self._since_ms), *keys]

        def judge(reply: Sequence[Any]) -> None:
            tallies, lately, breaks, needing, fields = reply
            self._add(account, tallies, lately)
            for name, n in _pages(fields, 2):
                self._pass.of_days[account][text(name)] += n
            self._note(breaks)
            self._bodies.add(account, [args[place - 1] for place in needing[::2]], needing[1::2])
            self._on_page(len(keys))

        self._calls.add_script(Script.AUDIT, account, args, judge)

    # Nearly all have their record: the script looks where one is missing.
    def _look_for_records(self, account: str, act: str, keys: list[bytes]) -> None:
        start = self._store.keys.account(account).encode() + b"m:"

        def judge(count: int) -> None:
            if count < len(keys):
                args = AUDIT.write(act=act, lane="", part="", since_ms=0)
                self._calls.add_script(
                    Script.AUDIT, account, [*args, *keys], lambda reply: self._note(reply[0])
                )

        self._calls.add(("EXISTS", *[start + key for key in keys]), judge)

    def _add(self, account: str, tallies: list[Any], lately: list[Any]) -> None:
        for name, state, n in _pages(tallies, 3):
            lane = text(name)
            self._pass.named[account].add(lane)
            self._pass.tallies[lane].states[text(state)] += n
        for what, n in _pages(lately, 2):
            lane, state, ended_ms, changed_ms = text(what).rsplit(" ", 3)
            self._pass.tallies[lane].lately[state, number(ended_ms), number(changed_ms)] += n

    def _note(self, breaks: Iterable[Iterable[bytes]]) -> None:
        for row in breaks:
            key, lane, what, more = map(text, row)
            self._pass.found[about_message(lane, key, what, more)] = None

    def _check_types(self, account: str, names: list[bytes]) -> None:
        wanted: list[tuple[str, str]] = []
        for name in map(text, names):
            if right := type_in_account(name):
                wanted.append((f"{{{account}}}:{name}", right))
            lane, _, part = name.rpartition(":")
            if part in (*SETS, "counts"):
                with suppress(UsageError):
                    self._pass.lanes[account].add(Lane.parse(lane))
        for found in wrong_types(self._store, wanted):
            self._pass.found[found] = None


def wrong_types(store: Store, wanted: Iterable[tuple[str, str]]) -> Iterator[Discrepancy]:
    """Yield those keys that are of another type than the one beside them; a key that is gone is of none.

    `wanted`: names of keys behind the prefix, each with its type.
    """
    for part in _pages(wanted, _KEYS_A_CALL):
        with mapped():
            pipe = store.client.pipeline(transaction=False)
            for name, _ in part:
                pipe.type(store.keys.prefix + name)
            kinds = pipe.execute()
        for (name, right), kind in zip(part, map(text, kinds), strict=True):
            if kind not in (right, "none"):
                yield about_key(store.keys.prefix, name, kind, right)


def members_that_are_wrong(store: Store, lane: Lane, part: str) -> Iterator[Discrepancy]:
    """Yield the members of one of a lane's sets that should not be there."""
    name = store.keys.lane(lane.account, lane.name, part)
    args = AUDIT.write(act="members", lane=lane.name, part=part, since_ms=0)
    members = store.client.zscan_iter(name, count=_KEYS_A_CALL)
    for page in _pages(members, _KEYS_A_CALL):
        (breaks,) = store.run(Script.AUDIT, lane.account, [*args, *(key for key, _ in page)])
        for row in breaks:
            key, its_lane, what, more = map(text, row)
            yield about_message(its_lane, key, what, more)


def _pages(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    remaining = iter(items)
    while True:
        # The items may come from Redis.
        with mapped():
            page = list(islice(remaining, size))
        if not page:
            return
        yield page


def _escape(pattern: str) -> str:
    return "".join(f"\\{char}" if char in "*?[]\\" else char for char in pattern)
