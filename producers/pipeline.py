"""The pipeline of items into one service and account: judged one by one, added a chunk at a time.

Of an item it keeps the wire bytes, until its chunk is added, and what became of it; nothing else.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from plexsend.errors import InvalidItem
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.submit import MOST_AT_ONCE, NewMessage
from plexsend.producers.advertisements import PLAIN, advertise
from plexsend.producers.beside import beside
from plexsend.producers.calls import Calls, TooLate
from plexsend.producers.chunks import Adding, Chunk, HeldBack, Waiting
from plexsend.producers.fallbacks import NOTHING, judge_fallback, reserved_key, take_fallback, with_fallback
from plexsend.producers.guards import Guards, NoGuards
from plexsend.producers.incoming import lacks_own_key
from plexsend.producers.item_lanes import ItemLanes
from plexsend.producers.moments import Moments, has_moments, take_moments
from plexsend.producers.pictures.no_pictures import NoPictures
from plexsend.producers.submissions import Invalid, Remark, Submission, SubmitInterrupted, interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from plexsend.errors import PlexsendError, Problem
    from plexsend.gateway.items import ItemLoader
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.submit import Submitted
    from plexsend.producers.chunks import Taker
    from plexsend.producers.guards import AccountGuards
    from plexsend.producers.incoming import Incoming
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
        guards: AccountGuards | NoGuards | None = None,
        *,
        pictures: ItemPictures | None = None,
    ) -> None:
        self._terms = terms
        self._moments = Moments(terms.send_at_ms, terms.expires_at_ms)
        self.lanes = ItemLanes(terms)
        """Those of the items that were valid so far."""
        self._loader = loader
        self._beside = beside(loader.product.name)
        self._stamp = loader.stamp
        self.taker = intake
        """Where the messages go. Before the first is added, something may be put in between."""
        self.now_ms = now_ms
        self._guards = guards or NoGuards()
        self._pictures = pictures or NoPictures()
        self._guarded = Guards()
        self.taken = 0
        """How many entries were read."""
        # What no caller knows the outcome of yet: the chunk that is being added, and the one being judged.
        self._open: list[Chunk | Adding] = []

    def facts(self) -> tuple[str, ...]:
        """Return what decides, beside an item itself, what becomes of it: rules, variant, sender, marks."""
        known = self._guards.known()
        return str(self._stamp), self._terms.variant or "", *known.facts(), *self._terms.facts()

    @property
    def default_sender(self) -> str | None:
        """The sender of an item that names none; None: each must name its own."""
        return self._guards.known().default_sender

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
            calls: Calls that add it, within their time; None: without a time limit.

        Raises SubmitInterrupted with what became of the last two chunks alone.
        """
        calls = calls or Calls()
        judged = self._judge(entries)
        chunk = next(judged, None)
        while chunk is not None and chunk.is_full:
            finish = self._begin(chunk, calls)
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
        self._guarded = self._guards.known()
        for entry in entries:
            self.taken += 1
            self._take(entry, chunk)
            count += 1
            size_bytes += entry.size_bytes
            if count == MOST_AT_ONCE or size_bytes >= _CHUNK_BYTES:
                chunk.is_full = True
                yield chunk
                self._guarded = self._guards.known()
                chunk = self._open_chunk()
                count = size_bytes = 0
        if count:
            yield chunk

    def _open_chunk(self) -> Chunk:
        chunk = Chunk(first=self.taken)
        self._open.append(chunk)
        return chunk

    def _take(self, entry: Incoming, chunk: Chunk) -> None:
        index, raw, part = entry.index, entry.raw, chunk.part
        if isinstance(raw, InvalidItem):
            part.invalid.append(Invalid(index, raw.msg_key, raw.problems))
            return
        moments = self._moments
        wrong: tuple[Problem, ...] = ()
        if isinstance(raw, Mapping) and has_moments(raw):
            terms = self._terms
            raw, moments, wrong = take_moments(
                raw, moments, self.now_ms, from_file=terms.from_file, zone=terms.zone
            )
        raw, placed, key_of = self._pictures.take_out(raw, entry.key_of)
        wrong = wrong if placed is None else (*wrong, *placed.problems)
        advertised, asked = PLAIN, None
        if isinstance(raw, Mapping):
            raw, asked = take_fallback(raw)
            key_of = with_fallback(key_of, asked) if key_of and asked else key_of
            raw, advertised = advertise(raw, self._terms, self._guarded.marks)
            wrong = (*wrong, *advertised.problems)
        lacks_key = lacks_own_key(raw)
        made_key = str(uuid.uuid4()) if lacks_key and key_of is None else None
        try:
            item = self._loader.load(
                raw,
                default_key=made_key,
                key_of=key_of,
                default_sender=self._guarded.default_sender,
                default_origin=self._guarded.origin_cid,
                variant=self._terms.variant,
                replace=self._terms.replace,
                mend_numbers=self._terms.mend_numbers,
                beside=self._beside,
            )
        except InvalidItem as exc:
            # The caller does not know a key that was made up here, so it would name nothing.
            own_key = None if lacks_key else exc.msg_key
            problems = (*map(advertised.counted, exc.problems), *wrong)
            part.invalid.append(Invalid(index, own_key, problems))
            return
        msg_key = item.msg_key
        lane = self.lanes[item.variant, advertised.kind]
        instead = judge_fallback(asked, item, lane, self._terms, self._guarded) if asked else NOTHING
        wrong = (*wrong, *reserved_key(item), *self._guarded.problems(item), *instead.problems)
        if wrong:
            part.invalid.append(Invalid(index, None if lacks_key else msg_key, wrong))
            return
        # Most items have neither, and an empty generator costs as much as the rest of this function.
        if item.warnings or item.replacements or asked:
            warnings = (*item.warnings, *instead.warnings)
            replacements = (*item.replacements, *instead.replacements)
            part.warnings.extend(Remark(index, msg_key, problem) for problem in warnings)
            part.replacements.extend(Remark(index, msg_key, problem) for problem in replacements)
        receiver = receiver_of(item.receiver, self._terms.number_key)
        new = NewMessage(msg_key, item.body, receiver, fallback=instead.fallback)
        chunk.waiting.append(Waiting(index, lane, moments, new, placed, has_key=not lacks_key))

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

    def _start(self, chunk: Chunk) -> Adding:
        adding = Adding(chunk, self._add, self._terms.clock, self._pictures.complete)
        # The chunk is the oldest one that is open, and the adding takes its place.
        self._open = [adding]
        return adding

    def _answer(self, adding: Adding, failure: PlexsendError | None) -> Submission:
        if failure is not None:
            raise interruption(failure, adding.part, self.taken) from failure
        return adding.part

    def _add(
        self, lane: Lane, moments: Moments, messages: list[NewMessage]
    ) -> Sequence[Submitted | HeldBack]:
        # Here, where the time limit counts for it too: the next chunk is judged by what this finds.
        self._guards.look()
        return self.taker.add(
            lane,
            messages,
            stamp=self._stamp.stored,
            most_items=self._loader.product.most_items,
            send_at_ms=moments.send_at_ms,
            expires_at_ms=moments.expires_at_ms,
        )
