"""Taking in what older programs write: they name a lane in `p lanes`, and know no `here`."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from plexsend.errors import OutboxMoved
from plexsend.outbox.arguments import ADOPT
from plexsend.outbox.form import OLD_FORM, form_in_force
from plexsend.outbox.redis.put import put
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store

_MOST_AT_ONCE = 500
"""Lanes in one call."""
_SOON = 20
"""How often an account is looked at soon again. A producer names a lane a moment before its first
message; where that never comes, it died in between."""


class Adoption:
    """Adopts accounts from the names of lanes, each once. For one thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._adopted: set[Lane] = set()
        self._tries: Counter[str] = Counter()

    def adopt(self, lanes: Iterable[Lane]) -> bool:
        """Adopt the accounts of these lanes; returns False where one should be looked at again soon."""
        fresh: dict[str, list[Lane]] = defaultdict(list)
        for lane in lanes:
            if lane not in self._adopted:
                fresh[lane.account].append(lane)
        if not fresh:
            return True
        with mapped():
            announced = {text(name) for name in self._store.client.smembers(self._store.keys.accounts)}
        is_old = form_in_force(self._store) == OLD_FORM
        whole = True
        for account, mine in fresh.items():
            for at in range(0, len(mine), _MOST_AT_ONCE):
                part = mine[at : at + _MOST_AT_ONCE]
                is_announced = account in announced
                if self._adopt(account, part, may_write_here=is_old or not is_announced):
                    if not is_announced:
                        put(self._store, "SADD", self._store.keys.accounts, account)
                    self._adopted.update(part)
                else:
                    self._tries[account] += 1
                    whole = whole and self._tries[account] > _SOON
        return whole

    # `here` is written by a script that sees the account's messages. It may be missing where programs that do
    # not write it added the account. Where it was written and is gone, the messages have moved.
    def _adopt(self, account: str, lanes: list[Lane], *, may_write_here: bool) -> bool:
        args = ADOPT.write(may_write_here=int(may_write_here))
        try:
            reply = self._store.run(Script.ADOPT, account, [*args, *(lane.name for lane in lanes)])
        except OutboxMoved:
            # A process that needs the account hears it too, and reports it.
            return False
        return text(reply[0]) == "adopted"
