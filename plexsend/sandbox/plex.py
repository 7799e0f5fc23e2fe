"""The stand-in itself: a request in, an answer out, and a memory of everything that a test may ask for."""

from __future__ import annotations

import dataclasses
import random
import time
from typing import TYPE_CHECKING

from plexsend.sandbox.album import Album
from plexsend.sandbox.answers import Ending, Reply, Result, Results, Whole, refuse, render
from plexsend.sandbox.callbacks import Callbacks
from plexsend.sandbox.codes import ACCEPTED
from plexsend.sandbox.credentials import Credentials, parse
from plexsend.sandbox.deliveries import Deliveries
from plexsend.sandbox.judging import Entry, Offer, judge
from plexsend.sandbox.ledger import Ledger
from plexsend.sandbox.limiter import Limiter
from plexsend.sandbox.magic import Effect
from plexsend.sandbox.picture_rules import find_rules
from plexsend.sandbox.products import ROUTES
from plexsend.sandbox.recorder import Recorder
from plexsend.sandbox.schedule import Drawn, Schedule
from plexsend.sandbox.spoiling import Asked, shows_codes, spoil_answer, spoil_reply
from plexsend.sandbox.stats import Stats, Tally

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from plexsend.sandbox.behaviour import Behaviour
    from plexsend.sandbox.wire import Head


class Plex:
    """API PLEX as the guide describes it, without a network: thread-safe, and nothing in it waits."""

    def __init__(
        self,
        *,
        credentials: Mapping[str, str] | None,
        credit: int | None,
        behaviour: Behaviour,
        keep_requests: int,
        keep_bodies: bool,
        seed: int | None,
        clock: Callable[[], float],
        callbacks: Callbacks | None = None,
    ) -> None:
        # Chance here is for variety, and a seed repeats it: no place for the system's randomness.
        self._chances = random.Random(seed)  # noqa: S311 - see above
        self._limiter = Limiter(clock=clock)
        self.behaviour = behaviour
        self.credentials = Credentials(credentials)
        self.ledger = Ledger(credit=credit, clock=clock)
        self.schedule = Schedule(clock=clock, chances=self._chances)
        self.deliveries = Deliveries(
            callbacks or Callbacks(url=None, file=None, clock=clock),
            behaviour=lambda: self.behaviour,
            chances=self._chances,
            clock=clock,
        )
        self.album = Album(lambda: time.time_ns() // 1_000_000, lambda: self.behaviour.picture_days)
        self.tally = Tally()
        self.recorder = Recorder(keep_requests=keep_requests, keep_bodies=keep_bodies)

    def draw(self, head: Head) -> Drawn:
        """Return the faults that hit the request with this head."""
        drawn = self.schedule.draw(*_aim(head))
        for kind in drawn.kinds:
            self.tally.count_fault(kind)
        return drawn

    def answer(self, head: Head, body: bytes | None, drawn: Drawn) -> Reply:
        """Return the answer to a request under the faults drawn for it; a body of None was not read."""
        self.recorder.add(head, _aim(head)[1], body)
        judged = self._judge(head, body or b"", drawn)
        early: list[threading.Event] = []
        answer = judged if isinstance(judged, Whole) else self._settle(judged, early, blocked=drawn.blocks)
        if drawn.fault is not None:
            asked = Asked(head.fields.get("authorization", ""), body or b"")
            answer = spoil_answer(answer, drawn.fault, self._chances, asked)
        reply = render(answer)
        if drawn.fault is not None:
            reply = spoil_reply(reply, drawn.fault)
        silent = reply.ending in {Ending.RESET, Ending.HANG_UP}
        shown = shows_codes(drawn.fault) and not silent
        self.tally.count_answer(answer if shown else None, None if silent else reply.status)
        if drawn.delay_s or drawn.bytes_per_s or early:
            return dataclasses.replace(
                reply, delay_s=drawn.delay_s, bytes_per_s=drawn.bytes_per_s, awaits=tuple(early)
            )
        return reply

    def get_stats(self) -> Stats:
        """Return all counts."""
        return self.tally.get_stats(self.ledger, self.album, self.deliveries.poster.get_counts())

    def clear(self) -> None:
        """Forget messages, counts, requests, faults and receipts that wait.

        Who may send, credit, switches and the URLs for receipts stay.
        """
        self.schedule.clear()
        self.ledger.clear()
        self.album.clear()
        self.tally.clear()
        self.recorder.clear()
        self._limiter.clear()
        self.deliveries.poster.clear()

    def _judge(self, head: Head, body: bytes, drawn: Drawn) -> Offer | Whole:
        if find_rules(head.path) is not None:
            # It carries no messages, and is no arrival of any.
            self.tally.count("requests")
            return Whole(200, "C100") if drawn.blocks else self.album.upload(head, body, self.credentials)
        judged = judge(head, body, self.credentials, self.behaviour, self.album)
        items = len(judged.entries) if isinstance(judged, Offer) else None
        self.tally.count_request(*_aim(head), items)
        return judged

    def _settle(self, offer: Offer, early: list[threading.Event], *, blocked: bool) -> Results | Whole:
        """Accept what can be accepted of an offer, and say so. Blocked: only say what would be said.

        `early` gets what to wait for before the answer goes out.
        """
        if blocked:
            return self._compose(offer.entries, [ACCEPTED] * len(offer.good_keys))
        refusal = self._refuse_whole(offer)
        if refusal is not None:
            return refusal
        codes = self.ledger.accept(
            offer.account,
            offer.service,
            offer.good_keys,
            refuse_duplicates=self.behaviour.refuses_duplicates,
            all_or_nothing="G150" in self.behaviour.envelope_for,
        )
        if codes is None:
            return refuse("G150")
        good = (entry for entry in offer.entries if entry.code is None)
        accepted = (entry for entry, code in zip(good, codes, strict=True) if code == ACCEPTED)
        early += self.deliveries.follow(offer.service, offer.account, accepted)
        return self._compose(offer.entries, codes)

    def _refuse_whole(self, offer: Offer) -> Whole | None:
        """Return what the rate or a magic number makes of the whole request, or None."""
        limit = self.behaviour.messages_per_s
        if limit is not None and not self._limiter.admit(
            offer.service, offer.account, len(offer.entries), limit=limit
        ):
            retry_after = self.behaviour.retry_after
            return Whole(429, None, headers=(("Retry-After", retry_after),) if retry_after else ())
        for entry in offer.entries:
            if entry.magic is not None and entry.magic.effect is Effect.WHOLE:
                return Whole(entry.magic.status, entry.magic.code)
        return None

    def _compose(self, entries: list[Entry], codes: list[str]) -> Results:
        """Return the results of all entries: the refused with their code, the good ones with `codes`."""
        results = []
        ending = Ending.KEEP
        given = iter(codes)
        for entry in entries:
            result = Result(entry.code or next(given), entry.key)
            effect = None if entry.magic is None else entry.magic.effect
            if effect is not Effect.MISSING:
                results.append(result)
            if effect is Effect.DOUBLED and entry.magic is not None:
                results.append(Result(entry.magic.code or ACCEPTED, entry.key))
            elif effect is Effect.RESET:
                ending = Ending.RESET
        if self.behaviour.shuffle:
            self._chances.shuffle(results)
        return Results(results, ending)


def _aim(head: Head) -> tuple[str | None, str | None]:
    """Return the service and the userID that a head names, whether or not they are good."""
    route, picture = ROUTES.get(head.path), find_rules(head.path)
    parsed = parse(head.fields.get("authorization"))
    service = route.service if route is not None else f"{picture[0].name}-image" if picture else None
    return service, None if parsed is None else parsed[0]
