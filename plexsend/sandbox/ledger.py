"""What was accepted, and what it cost: keys with their counts, duplicates, credit. One lock over all."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from plexsend.sandbox.codes import ACCEPTED, DUPLICATE
from plexsend.sandbox.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

INSUFFICIENT = "G150"


class Ledger:
    """The sandbox's memory of messages. An account is a userID; keys of different accounts never meet.

    `credit` is what every account starts with, in messages (None: no limit). Nothing is ever forgotten:
    allow about 200 bytes for a message.
    """

    def __init__(self, *, credit: int | None, clock: Callable[[], float]) -> None:
        if credit is not None:
            _check_messages(credit)
        self._lock = threading.Lock()
        self._clock = clock
        self._first_credit = credit
        self._credit: dict[str, int | None] = {}
        self._clear()

    def _clear(self) -> None:
        self._accepted: dict[str, dict[str, int]] = {}
        self._duplicates: dict[str, Counter[str]] = {}
        self._total = 0
        self._second = Window()
        self._lane_seconds: dict[tuple[str, str], Window] = {}

    def clear(self) -> None:
        """Forget every message. Credit stays as it is."""
        with self._lock:
            self._clear()

    def accept(
        self,
        account: str,
        service: str,
        keys: Sequence[str],
        *,
        refuse_duplicates: bool,
        all_or_nothing: bool,
    ) -> list[str] | None:
        """Accept what can be accepted, in order, and return a code per key.

        `all_or_nothing` returns None, with nothing accepted, when the credit does not suffice for all.
        """
        with self._lock:
            accepted = self._accepted.setdefault(account, {})
            credit = self._credit.get(account, self._first_credit)
            if all_or_nothing and credit is not None:
                paying = set(keys).difference(accepted) if refuse_duplicates else keys
                if credit < len(paying):
                    return None
            codes = []
            for key in keys:
                if refuse_duplicates and key in accepted:
                    self._duplicates.setdefault(account, Counter())[key] += 1
                    codes.append(DUPLICATE)
                elif credit is not None and credit < 1:
                    codes.append(INSUFFICIENT)
                else:
                    accepted[key] = accepted.get(key, 0) + 1
                    credit = None if credit is None else credit - 1
                    codes.append(ACCEPTED)
            self._note(account, service, codes.count(ACCEPTED), credit)
            return codes

    def _note(self, account: str, service: str, count: int, credit: int | None) -> None:
        """Write down what a request changed."""
        if not count:
            return
        self._total += count
        # An account that never had a credit of its own keeps following the first one.
        if credit is not None:
            self._credit[account] = credit
        # The clock is read under the lock, so that times never go back in the windows.
        now_s = self._clock()
        self._second.add(now_s, count)
        self._lane_seconds.setdefault((service, account), Window()).add(now_s, count)

    def set_credit(self, account: str | None, messages: int | None) -> None:
        """Set an account's credit (None messages: no limit); without an account, everybody's."""
        if messages is not None:
            _check_messages(messages)
        with self._lock:
            if account is None:
                self._first_credit = messages
                self._credit.clear()
            else:
                self._credit[account] = messages

    def add_credit(self, account: str, messages: int) -> None:
        """Add to an account's credit; one without a limit stays without."""
        _check_messages(messages)
        with self._lock:
            credit = self._credit.get(account, self._first_credit)
            if credit is not None:
                self._credit[account] = credit + messages

    def get_credit(self, account: str) -> int | None:
        """Return what an account has left; None: no limit."""
        with self._lock:
            return self._credit.get(account, self._first_credit)

    def list_accepted(self, account: str | None = None) -> dict[str, int]:
        """Return how often each key was accepted, of one account or of all together."""
        with self._lock:
            if account is not None:
                return dict(self._accepted.get(account, {}))
            return _sum(self._accepted.values())

    def list_duplicates(self, account: str | None = None) -> dict[str, int]:
        """Return how often each key was answered 71003 because it was accepted before."""
        with self._lock:
            if account is not None:
                return dict(self._duplicates.get(account, {}))
            return _sum(self._duplicates.values())

    @property
    def total(self) -> int:
        """How many messages were accepted, doubles included."""
        return self._total

    @property
    def worst_second(self) -> int:
        """The most messages that were accepted within any second."""
        return self._second.worst

    def list_worst_seconds(self) -> dict[str, int]:
        """Return the same for each `service@account`."""
        with self._lock:
            return {f"{service}@{account}": w.worst for (service, account), w in self._lane_seconds.items()}


def _check_messages(messages: object) -> None:
    """Refuse what is not a credit: from outside it may come as any JSON value."""
    if isinstance(messages, bool) or not isinstance(messages, int) or messages < 0:
        raise ValueError("messages must be a whole number of at least 0")


def _sum(accounts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the counts of several accounts as one."""
    total: Counter[str] = Counter()
    for counts in accounts:
        total.update(counts)
    return dict(total)
