"""What becomes of accepted messages: the receipts that are posted for them, and when."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from plexsend.sandbox.courses import DELIVERED, Course, Post, course_of
from plexsend.sandbox.poster import Poster
from plexsend.sandbox.products import PRODUCT_OF
from plexsend.sandbox.receipt_words import CARRIERS, names_carrier
from plexsend.sandbox.receipts import Posting, Receipt

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    from plexsend.sandbox.behaviour import Behaviour
    from plexsend.sandbox.callbacks import Callbacks, Target
    from plexsend.sandbox.judging import Entry

_MOST_TIMES = 1000
_LONGEST_TEXT = 1000
_NOBODY = ""
"""The receiver in courses that were drawn."""


class Deliveries:
    """Plans the receipts of accepted messages, and has them posted.

    Args:
        callbacks: Where they go.
        behaviour: Returns the positions of the switches.
        chances: Draws what the switches leave to chance.
        clock: Seconds that never go back.
        now: Seconds since the epoch, for the dates in receipts.
    """

    def __init__(
        self,
        callbacks: Callbacks,
        *,
        behaviour: Callable[[], Behaviour],
        chances: random.Random,
        clock: Callable[[], float],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.callbacks = callbacks
        self.poster = Poster(clock=clock, first_wait_s=lambda: behaviour().receipt_retry_ms / 1000)
        self._behaviour = behaviour
        self._chances = chances
        self._clock = clock
        self._now = now

    def follow(self, service: str, account: str, accepted: Iterable[Entry]) -> list[threading.Event]:
        """Plan the receipts of messages that were accepted just now.

        Returns what to wait for before the request is answered: the first tries of early receipts.
        """
        target = self.callbacks.get(account)
        if target is None:
            return []
        tried = []
        for entry in accepted:
            course = course_of(entry.receiver) or self._draw()
            for place, post in enumerate(course.posts):
                posting = self._plan(target, service, account, entry, post, at_once=course.early)
                if course.early and place == 0:
                    posting.tried = threading.Event()
                if self.poster.put(posting) and posting.tried is not None:
                    tried.append(posting.tried)
        return tried

    def post(
        self,
        msg_key: str,
        code: str,
        *,
        account: str,
        service: str,
        carrier: str | None,
        times: int,
    ) -> int:
        """Post a receipt of any key and code now, so often; return how many are on their way.

        ValueError: the account has no URL for receipts, or a value cannot be posted.
        """
        _check_texts(msg_key=msg_key, code=code, account=account, service=service, carrier=carrier or "")
        if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= _MOST_TIMES:
            raise ValueError(f"times must be 1 to {_MOST_TIMES}")
        target = self.callbacks.get(account)
        if target is None:
            raise ValueError("there is no URL for receipts of this account; set one first")
        if service not in PRODUCT_OF:
            raise ValueError(f"there is no service {service!r}")
        now_s = self._now()
        receipt = Receipt(msg_key, code, carrier, now_s, now_s, PRODUCT_OF[service].message_type)
        due_s = self._clock()
        return sum(self.poster.put(Posting(target, account, receipt, due_s)) for _ in range(times))

    def _draw(self) -> Course:
        """Return what the switches make of a message whose number has no course."""
        behaviour = self._behaviour()
        chance = self._chances.random
        if behaviour.receipt_missing and chance() < behaviour.receipt_missing:
            return Course(_NOBODY, "drawn", ())
        post = DELIVERED
        if behaviour.receipt_codes:
            left = chance()
            for code, share in behaviour.receipt_codes.items():
                left -= share
                if left < 0:
                    post = Post(code)
                    break
        doubled = bool(behaviour.receipt_doubled) and chance() < behaviour.receipt_doubled
        early = bool(behaviour.receipt_early) and chance() < behaviour.receipt_early
        return Course(_NOBODY, "drawn", (post, post) if doubled else (post,), early=early)

    def _plan(
        self, target: Target, service: str, account: str, entry: Entry, post: Post, *, at_once: bool
    ) -> Posting:
        """Return one receipt of a message, due when its course and the switches say."""
        behaviour = self._behaviour()
        product = PRODUCT_OF[service]
        code = post.code or (product.delivered if post.delivered else product.undelivered)
        wait_s = post.after_ms / 1000
        if not at_once:
            wait_s += behaviour.receipt_delay_ms / 1000
            if behaviour.receipt_spread_ms:
                wait_s += self._chances.uniform(0, behaviour.receipt_spread_ms / 1000)
        now_s = self._now()
        receipt = Receipt(
            entry.key,
            code,
            self._chances.choice(CARRIERS) if names_carrier(code) else None,
            now_s,
            now_s + wait_s,
            product.message_type,
            entry.echo,
        )
        return Posting(target, account, receipt, self._clock() + wait_s)


def _check_texts(**texts: object) -> None:
    """Refuse what is not a text: from outside it may come as any JSON value."""
    for name, text in texts.items():
        if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
            raise ValueError(f"{name} must be a text of at most {_LONGEST_TEXT} characters")
