"""The pipeline of items into one service and account: judged one by one, added a chunk at a time.

Of an item it keeps the wire bytes, until its chunk is added, and what became of it; nothing else.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.submit import MOST_AT_ONCE, NewMessage
from plexsend.producers.calls import Calls, TooLate
from plexsend.producers.chunks import Adding, Chunk, LateTaker, Waiting
from plexsend.producers.entry_judge import EntryJudge
from plexsend.producers.submissions import Submission, SubmitInterrupted, interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from plexsend.errors import PlexsendError
    from plexsend.gateway.items import ItemLoader
    from plexsend.outbox.lanes import Lane
    from plexsend.producers.chunks import Answers, Taker
    from plexsend.producers.guards import GuardsAsked
    from plexsend.producers.incoming import Incoming
    from plexsend.producers.item_lanes import ItemLanes
    from plexsend.producers.moments import Moments
    from plexsend.producers.pictures.item_pictures import ItemPictures
    from plexsend.producers.terms import Terms

_CHUNK_BYTES = 4_000_000
"""A chunk ends early when the sizes of its entries reach this: a file's rows may be 1 MB each."""


class Pipeline:
    """Judges entries and adds them. For one pass over one iterable.

    Args:
        terms: What holds for every item.
        loader: The rules.
        intake: Where the messages go.
        now_ms: Returns Redis's time, where items have moments of their own; None: not known.
        guards: What holds for the numbers of the account; None: nothing.
        pictures: What becomes of the pictures of items; None: they show none, or addresses alone.
    """

    def __init__(
        self,
        terms: Terms,
        loader: ItemLoader,
        intake: Taker,
        now_ms: Callable[[], int | None] = lambda: None,
        guards: GuardsAsked | None = None,
        *,
        pictures: ItemPictures | None = None,
    ) -> None:
        self._terms = terms
        self._entries = EntryJudge(terms, loader, now_ms, guards, pictures=pictures)
        self._stamp = loader.stamp
        self.taker = intake
        """Where the messages go. Before the first is added, something may be put in between."""
        self.now_ms = now_ms
        self.at_once = MOST_AT_ONCE
        """How many entries make a chunk, at most. It may be changed before the first is read."""
        self.taken = 0
        """How many entries were read."""
        # What no caller knows the outcome of yet: the chunk that is being added, and the one being judged.
        self._open: list[Chunk | Adding] = []

    @property
    def lanes(self) -> ItemLanes:
        """The lanes of the items that were valid so far."""
        return self._entries.lanes

    def facts(self) -> tuple[str, ...]:
        """Return what decides, beside an item itself, what becomes of it: rules, variant, sender, marks."""
        known = self._entries.guards.known()
        return str(self._stamp), self._terms.variant or "", *known.facts(), *self._terms.facts()

    @property
    def default_sender(self) -> str | None:
        """The sender of an item that names none; None: each must name its own."""
        return self._entries.guards.known().default_sender

    def run(self, entries: Iterable[Incoming]) -> Iterator[Submission]:
        """Yield what became of the entries, a chunk (at most 500 of them) at a time, in their order.

        Raises SubmitInterrupted with what became of the last chunk alone.
        """
        for chunk in self._judge(entries):
            yield self._add_chunk(chunk)
            self._open.clear()

    def run_ahead(self, entries: Iterable[Incoming], calls: Calls | None = None) -> Iterator[Submission]:
        """Do the same, and judge each chunk while the one before it is added: two are held at a time.

        Args:
            entries: What is to be added.
            calls: Calls that add it, within their time; None: without a time limit, and without a thread
                where the taker needs none.

        Raises SubmitInterrupted with what became of the last two chunks alone.
        """
        late = self.taker if calls is None and isinstance(self.taker, LateTaker) else None
        calls = calls or Calls()
        judged = self._judge(entries)
        chunk = next(judged, None)
        while chunk is not None and chunk.is_full:
            finish = self._send(chunk, late) if late else self._begin(chunk, calls)
            try:
                following = next(judged, None)
            except Exception:  # of the caller's iterable: what it gave before is reported first
                yield self._finish(finish)
                raise
            yield self._finish(finish)
            self._open = self._open[1:]
            chunk = following
        if chunk is not None:
            yield self._add_chunk(chunk) if calls.timeout_s is None else self._begin(chunk, calls)()

    def give_up(self) -> list[Submission]:
        """Stop, and return what became of the entries whose chunks are under way.

        For a caller that was interrupted anywhere: the part that was yielded last may be among them. `taken`
        is then the number of entries that are accounted for.
        """
        given_up, self._open = self._open, []
        for each in given_up:
            if isinstance(each, Chunk):
                # An entry that was just read, and never judged, was not taken.
                self.taken = each.first + each.judged
            each.give_up()
        return [each.part for each in given_up]

    def add_unseen(self, parts: list[Submission]) -> None:
        """Stop, and add what is known of the entries that were read ahead."""
        known = {id(part) for part in parts}
        parts.extend(part for part in self.give_up() if id(part) not in known)

    def _finish(self, finish: Callable[[], Submission]) -> Submission:
        """Return what became of a chunk. Where that fails, what was read behind it was not added."""
        try:
            return finish()
        except SubmitInterrupted as stopped:
            for chunk in self.give_up()[1:]:
                stopped.submission.extend(chunk)
            raise interruption(stopped.cause, stopped.submission, self.taken) from stopped.cause

    def _judge(self, entries: Iterable[Incoming]) -> Iterator[Chunk]:
        chunk = self._open_chunk()
        count = size_bytes = 0
        self._entries.renew()
        for entry in entries:
            self.taken += 1
            self._take(entry, chunk)
            count += 1
            size_bytes += entry.size_bytes
            if count == self.at_once or size_bytes >= _CHUNK_BYTES:
                chunk.is_full = True
                yield chunk
                self._entries.renew()
                chunk = self._open_chunk()
                count = size_bytes = 0
        if count:
            yield chunk

    def _open_chunk(self) -> Chunk:
        chunk = Chunk(first=self.taken)
        self._open.append(chunk)
        return chunk

    def _take(self, entry: Incoming, chunk: Chunk) -> None:
        judged = self._entries.judge(entry.index, entry.raw, chunk.part, entry.key_of)
        if judged is None:
            return
        item = judged.item
        receiver = receiver_of(item.receiver, self._terms.number_key)
        new = NewMessage(item.msg_key, item.body, receiver, fallback=judged.fallback)
        chunk.waiting.append(
            Waiting(entry.index, judged.lane, judged.moments, new, judged.placed, has_key=judged.has_key)
        )

    def _add_chunk(self, chunk: Chunk) -> Submission:
        """Add what waits. Where it cannot, note for each item why not and raise SubmitInterrupted."""
        adding = self._start(chunk)
        return self._answer(adding, adding.run())

    def _begin(self, chunk: Chunk, calls: Calls) -> Callable[[], Submission]:
        """Begin to add what waits. Return a function that waits for the end and then does as `_add_chunk`."""
        adding = self._start(chunk)
        try:
            under_way = calls.begin(adding.run)
        except TooLate:
            under_way = None

        def finish() -> Submission:
            failure: PlexsendError | None = None
            if under_way is not None:
                try:
                    return self._answer(adding, calls.finish(under_way))
                except TooLate:
                    pass
            if adding.give_up():
                failure = adding.too_late(calls)
            return self._answer(adding, failure)

        return finish

    def _send(self, chunk: Chunk, taker: LateTaker) -> Callable[[], Submission]:
        """Send what waits. Return a function that asks for the answers and then does as `_add_chunk`."""
        adding = self._start(chunk, taker.send)
        steps = adding.steps()
        next(steps, None)

        def finish() -> Submission:
            for _ in steps:
                pass
            return self._answer(adding, adding.failure)

        return finish

    def _start(self, chunk: Chunk, send: Callable[..., Answers] | None = None) -> Adding:
        add = partial(self._add, send or partial(partial, self.taker.add))
        adding = Adding(chunk, add, self._terms.clock, self._entries.pictures.complete)
        # The chunk is the oldest one that is open, and the adding takes its place.
        self._open = [adding]
        return adding

    def _answer(self, adding: Adding, failure: PlexsendError | None) -> Submission:
        if failure is not None:
            raise interruption(failure, adding.part, self.taken) from failure
        return adding.part

    def _add(
        self, send: Callable[..., Answers], lane: Lane, moments: Moments, messages: list[NewMessage]
    ) -> Answers:
        # Here, where the time limit counts for it too: the next chunk is judged by what this finds.
        self._entries.guards.look()
        return send(
            lane,
            messages,
            stamp=self._stamp.stored,
            most_items=self._entries.loader.product.most_items,
            send_at_ms=moments.send_at_ms,
            expires_at_ms=moments.expires_at_ms,
        )
