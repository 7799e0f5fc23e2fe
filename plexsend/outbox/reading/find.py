"""Looking for messages: those that live in the sets of their lanes, then those that ended, newest first.

Nothing is kept but a page. A message that ends meanwhile can come twice; none that was there all the time is
missed.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from plexsend.errors import RecordBroken
from plexsend.outbox.found import FoundMessage
from plexsend.outbox.index import LaneNames, indexed_lanes
from plexsend.outbox.reading.queries import routes
from plexsend.outbox.receivers import hash_in, last_digits
from plexsend.outbox.records import parse_record
from plexsend.outbox.redis.reads import ask, execute, up_to
from plexsend.outbox.replies import number, text
from plexsend.outbox.states import FINAL, LIVING, SET_OF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from plexsend.outbox.found import Sought
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store

_PAGE = 500
_LANES_AT_ONCE = 500


class Search:
    """Looks through accounts for messages.

    Args:
        store: Where they are.
        sought: Which.
        progress: Called with how many were looked at, and how many there are about.
    """

    def __init__(
        self, store: Store, sought: Sought, progress: Callable[[int, int], object] = lambda _, __: None
    ) -> None:
        self._store = store
        self._sought = sought
        self._progress = progress
        self._looked_at = self._expected = 0
        self.perhaps = 0
        """How many fit and have the last four digits of the receiver, but no hash to know it by."""

    def messages(self, account: str) -> Iterator[FoundMessage]:
        """Yield the messages of an account that fit."""
        names = LaneNames(self._store, account)
        lanes = self._lanes(account)
        lists = self._lists(account)
        self._expect(account, lanes, lists)
        for lane in lanes:
            for part in self._parts():
                for page in self._members(self._store.keys.lane(account, lane.name, part)):
                    yield from self._fitting(account, names, [(key, None) for key in page])
        if self._wants_ended():
            for name in lists:
                for entries in self._ended(name):
                    yield from self._fitting(account, names, entries)

    def _lanes(self, account: str) -> list[Lane]:
        found = {
            lane
            for lane in (*indexed_lanes(self._store, account), *routes(self._store))
            if lane.account == account
        }
        wanted, group = self._sought.lane, self._sought.group
        return sorted(
            (
                lane
                for lane in found
                if (wanted is None or wanted in (lane, lane.route)) and group in (None, lane.group)
            ),
            key=lambda lane: lane.name,
        )

    # Of form 1 each route has a list of its own.
    def _lists(self, account: str) -> list[str]:
        own = (
            self._store.keys.lane(account, lane.name, "ended")
            for lane in routes(self._store)
            if lane.account == account
        )
        return [f"{self._store.keys.account(account)}ended", *own]

    def _parts(self) -> list[str]:
        states = self._sought.states
        return [SET_OF[state] for state in LIVING if states is None or state in states]

    def _wants_ended(self) -> bool:
        return self._sought.states is None or not self._sought.states.isdisjoint(FINAL)

    def _expect(self, account: str, lanes: Sequence[Lane], lists: Sequence[str]) -> None:
        for at in range(0, len(lanes), _LANES_AT_ONCE):
            pipe = self._store.client.pipeline(transaction=False)
            for lane in lanes[at : at + _LANES_AT_ONCE]:
                for part in self._parts():
                    pipe.zcard(self._store.keys.lane(account, lane.name, part))
            self._expected += sum(map(number, execute(self._store, pipe)))
        if self._wants_ended():
            pipe = self._store.client.pipeline(transaction=False)
            for name in lists:
                pipe.llen(name)
            self._expected += sum(map(number, execute(self._store, pipe)))

    # What is in the set all the time comes; its order is not that of the set.
    def _members(self, name: str) -> Iterator[list[str]]:
        with up_to(self._store, name):
            members = self._store.client.zscan_iter(name, count=_PAGE)
            while page := [text(key) for key, _ in islice(members, _PAGE)]:
                yield page

    # From the end, so that what is taken off or put behind meanwhile hides nothing.
    def _ended(self, name: str) -> Iterator[list[tuple[str, int]]]:
        behind = 0
        while True:
            first, last = -behind - _PAGE, -behind - 1
            page = ask(self._store, lambda pipe: pipe.lrange(name, first, last))  # noqa: B023  called here
            entries = [entry for entry in map(_entry, reversed(page)) if entry is not None]
            if entries:
                yield entries
            since_ms = self._sought.since_ms
            is_older = since_ms is not None and entries and all(at < since_ms for _, at in entries)
            if len(page) < _PAGE or is_older:
                return
            behind += _PAGE

    def _fitting(
        self, account: str, names: LaneNames, entries: Sequence[tuple[str, int | None]]
    ) -> Iterator[FoundMessage]:
        for record, receiver in self._records(account, names, entries):
            found = _found(record, receiver)
            if self._sought.fits(found):
                yield found
            elif self._sought.is_perhaps(found):
                self.perhaps += 1
        self._looked_at += len(entries)
        self._progress(self._looked_at, max(self._expected, self._looked_at))

    # Each with the hash of its receiver. Of a message that ended twice the last entry counts.
    def _records(
        self, account: str, names: LaneNames, entries: Sequence[tuple[str, int | None]]
    ) -> Iterator[tuple[Record, bytes]]:
        pipe = self._store.client.pipeline(transaction=False)
        for key, _ in entries:
            pipe.hgetall(self._store.keys.record(account, key))
        replies: list[dict[bytes, bytes]] = execute(self._store, pipe)
        names.learn(fields.get(b"l") for fields in replies)
        for (key, at), fields in zip(entries, replies, strict=True):
            # Audit names one that is not whole; here it must not hide the others.
            with suppress(RecordBroken):
                if not fields or not self._may_fit(fields):
                    continue
                record = parse_record(key, fields, (), names)
                if (at is None) == (record.state in LIVING) and at in (None, record.ended_ms):
                    yield record, hash_in(fields.get(b"i"))

    # Most records are not meant: what is looked for is compared before a record is read whole.
    def _may_fit(self, fields: Mapping[bytes, bytes]) -> bool:
        sought, receiver = self._sought, fields.get(b"i")
        if sought.states is not None and text(fields.get(b"s")) not in sought.states:
            return False
        if sought.receiver is not None and sought.receiver.hashed != hash_in(receiver):
            return not hash_in(receiver) and last_digits(receiver) == sought.receiver.last
        codes = text(fields.get(b"c")), text(fields.get(b"w")).partition("|")[0]
        return sought.code is None or sought.code in codes


def _entry(written: bytes) -> tuple[str, int] | None:
    at, colon, key = text(written).partition(":")
    return (key, number(at)) if colon and key else None


def _found(record: Record, hashed: bytes) -> FoundMessage:
    receipt = record.receipt
    return FoundMessage(
        msg_key=record.msg_key,
        state=record.state,
        lane=record.lane.name,
        service=record.lane.service,
        account=record.lane.account,
        submitted_ms=record.submitted_ms,
        ended_ms=record.ended_ms,
        code=record.code if receipt is None else receipt.code,
        answer_code=record.code,
        carrier="" if receipt is None else receipt.carrier,
        receiver_last=record.receiver_last,
        receiver_hash=hashed,
    )
