"""The pipeline of items into one service and account: judged one by one, added a chunk at a time.

Of an item nothing is kept but its wire bytes, until its chunk is added, and what became of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from plexsend.errors import InvalidItem, OutboxError, OutboxFull
from plexsend.outbox.lanes import Lane
from plexsend.outbox.submit import MOST_AT_ONCE, NewMessage, SubmitOutcome, Submitted
from plexsend.producers.submissions import (
    Added,
    Conflict,
    Duplicate,
    Invalid,
    NotAdded,
    Remark,
    Submission,
    SubmitInterrupted,
    Unknown,
    interruption,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plexsend.gateway.items import ItemLoader

_CHUNK_BYTES = 4_000_000
"""A chunk ends early when what its entries say of their size reaches this: a file's rows may be 1 MB each."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every item of a pipeline; times in ms since 1970, None where there is none."""

    service: str
    account: str
    linger_ms: int
    send_at_ms: int | None = None
    expires_at_ms: int | None = None
    variant: str | None = None
    """The variant (RCS `msg_type`) of every item; None where each says its own, or has none."""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """One item on its way in."""

    index: int
    raw: object = field(repr=False)
    """What the caller gave, or why there is no item (a row that cannot be read): an InvalidItem."""
    size_bytes: int = 0
    """What the caller holds in memory until this entry is answered."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An item that was let pass and waits for its chunk."""

    index: int
    lane: Lane
    message: NewMessage


class Taker(Protocol):
    """Where a pipeline ends: the outbox's Submitter."""

    def add(
        self,
        lane: Lane,
        messages: Sequence[NewMessage],
        *,
        stamp: str,
        linger_ms: int,
        most_items: int,
        send_at_ms: int | None,
        expires_at_ms: int | None,
    ) -> list[Submitted]:
        """Take messages in and return a submitted for each."""
        ...


@dataclass(slots=True)
class _Chunk:
    """Some entries, judged: what became of them so far, and the items that wait to be added."""

    part: Submission = field(default_factory=Submission)
    waiting: list[_Waiting] = field(default_factory=list)
    is_full: bool = False
    """Whether it ended because it was long enough; otherwise it is the last."""


class Pipeline:
    """Judges entries and adds them. For one pass over one iterable."""

    def __init__(self, terms: Terms, loader: ItemLoader, intake: Taker) -> None:
        self._terms = terms
        self._loader = loader
        self._stamp = str(loader.stamp)
        self._intake = intake
        self.taken = 0
        """How many entries were read."""

    def run(self, entries: Iterable[Incoming]) -> Iterator[Submission]:
        """Yield what became of the entries, a chunk (at most 500 of them) at a time, in their order.

        Raises SubmitInterrupted with what became of the last chunk alone.
        """
        for chunk in self._judge(entries):
            yield self._add_chunk(chunk)

    def run_ahead(self, entries: Iterable[Incoming]) -> Iterator[Submission]:
        """Do the same, and judge each chunk while the one before it is added: two are held at a time.

        Raises SubmitInterrupted with what became of the last two chunks alone.
        """
        judged = self._judge(entries)
        with ThreadPoolExecutor(1, "plexsend-submit") as adder:
            chunk = next(judged, None)
            while chunk is not None and chunk.is_full:
                under_way = adder.submit(self._add_chunk, chunk)
                try:
                    following = next(judged, None)
                except Exception:  # of the caller's iterable: what it gave before is told first
                    yield under_way.result()
                    raise
                try:
                    yield under_way.result()
                except SubmitInterrupted as stopped:
                    if following is not None:
                        stopped.submission.extend(_give_up(following))
                    raise interruption(stopped.cause, stopped.submission, self.taken) from stopped.cause
                chunk = following
            if chunk is not None:
                yield self._add_chunk(chunk)

    def _judge(self, entries: Iterable[Incoming]) -> Iterator[_Chunk]:
        chunk = _Chunk()
        count = size_bytes = 0
        for entry in entries:
            self.taken += 1
            self._take(entry, chunk)
            count += 1
            size_bytes += entry.size_bytes
            if count == MOST_AT_ONCE or size_bytes >= _CHUNK_BYTES:
                chunk.is_full = True
                yield chunk
                chunk = _Chunk()
                count = size_bytes = 0
        if count:
            yield chunk

    def _take(self, entry: Incoming, chunk: _Chunk) -> None:
        index, raw, part = entry.index, entry.raw, chunk.part
        if isinstance(raw, InvalidItem):
            part.invalid.append(Invalid(index, raw.msg_key, raw.problems))
            return
        made_key = _make_key(raw)
        try:
            item = self._loader.load(
                raw, default_key=made_key, variant=self._terms.variant, replace=self._terms.replace
            )
        except InvalidItem as exc:
            # A key that was made up here is known to nobody, so it would name nothing.
            key = exc.msg_key if made_key is None else None
            part.invalid.append(Invalid(index, key, exc.problems))
            return
        msg_key = item.msg_key
        # Most items have neither, and a generator for nothing costs as much as the rest of this function.
        if item.warnings:
            part.warnings.extend(Remark(index, msg_key, problem) for problem in item.warnings)
        if item.replacements:
            part.replacements.extend(Remark(index, msg_key, problem) for problem in item.replacements)
        lane = Lane(self._terms.service, item.variant, self._terms.account)
        chunk.waiting.append(_Waiting(index, lane, NewMessage(msg_key, item.body)))

    def _add_chunk(self, chunk: _Chunk) -> Submission:
        """Add what waits, lane by lane, or say of each item why not and raise SubmitInterrupted."""
        part = chunk.part
        failure: OutboxError | None = None
        for lane, group in _group(chunk.waiting):
            if failure is not None:
                part.not_added.extend(_not_added(group))
                continue
            try:
                answers = self._add(lane, [each.message for each in group])
            except OutboxError as exc:
                failure = exc
                # Only a full server is known to have added nothing.
                if isinstance(exc, OutboxFull):
                    part.not_added.extend(_not_added(group))
                else:
                    part.unknown.extend(Unknown(each.index, each.message.msg_key) for each in group)
            else:
                for each, submitted in zip(group, answers, strict=True):
                    _note(part, each.index, each.message.msg_key, submitted)
        part.sort()
        if failure is not None:
            raise interruption(failure, part, self.taken) from failure
        return part

    def _add(self, lane: Lane, messages: list[NewMessage]) -> list[Submitted]:
        terms = self._terms
        return self._intake.add(
            lane,
            messages,
            stamp=self._stamp,
            linger_ms=terms.linger_ms,
            most_items=self._loader.product.most_items,
            send_at_ms=terms.send_at_ms,
            expires_at_ms=terms.expires_at_ms,
        )


def _note(part: Submission, index: int, msg_key: str, submitted: Submitted) -> None:
    if submitted.outcome is SubmitOutcome.ADDED:
        part.added.append(Added(index, msg_key))
    elif submitted.outcome is SubmitOutcome.DUPLICATE:
        part.duplicates.append(Duplicate(index, msg_key, submitted.state))
    else:
        part.conflicts.append(Conflict(index, msg_key, submitted.state))


def _not_added(items: Iterable[_Waiting]) -> Iterator[NotAdded]:
    return (NotAdded(each.index, each.message.msg_key) for each in items)


def _give_up(chunk: _Chunk) -> Submission:
    """Return what became of a chunk that was judged and not added."""
    chunk.part.not_added.extend(_not_added(chunk.waiting))
    chunk.part.sort()
    return chunk.part


def _group(waiting: list[_Waiting]) -> list[tuple[Lane, list[_Waiting]]]:
    """Return what waits by lane, each lane once, unless a key stands in two.

    Of two items with the same key the first given must be added first; so from the second on a new round of
    lanes begins.
    """
    groups: list[tuple[Lane, list[_Waiting]]] = []
    current: dict[Lane, list[_Waiting]] = {}
    lane_of: dict[str, Lane] = {}
    for each in waiting:
        if lane_of.setdefault(each.message.msg_key, each.lane) != each.lane:
            groups += current.items()
            current = {}
            lane_of = {each.message.msg_key: each.lane}
        current.setdefault(each.lane, []).append(each)
    return [*groups, *current.items()]


def _make_key(raw: object) -> str | None:
    """Return a key for an item that has none, None for one that has."""
    given = raw.get("msg_key") if isinstance(raw, Mapping) else None
    if isinstance(given, str) and given.strip():
        return None
    return str(uuid.uuid4())
