"""The walk over all messages of an account that ended or are parked, for a proof and for a replay.

It follows the list of what ended, from its end, and the sets of what is parked: no SCAN of keys, and a
bounded page a call. What ends meanwhile is not looked at; what is looked at is read together with the
reader, in one call.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from plexsend.errors import OutboxError
from plexsend.outbox.constants import ENDED_A_PAGE
from plexsend.outbox.index import indexed_lanes
from plexsend.outbox.reading.queries import routes
from plexsend.outbox.redis.reads import execute, up_to
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.orders import Argument, Order
    from plexsend.outbox.redis.scripts import Script
    from plexsend.outbox.redis.store import Store

_LANES_A_PAGE = 1_000
_GONE = "gone"


class Walk:
    """A walk for one reader of one account, by one script.

    Args:
        store: Where the account is.
        script: What looks at each page.
        order: Its arguments.
        account: The account.
        name: The reader.
    """

    def __init__(self, store: Store, script: Script, order: Order, account: str, name: str) -> None:
        self._store = store
        self._script = script
        self._order = order
        self.account = account
        self.name = name

    def begin(self) -> list[str] | None:
        """Return what the script says at the beginning, as text; None where there is no such reader."""
        status, *rest = map(text, self._call("begin"))
        return None if status == _GONE else rest

    def pages(self, *, since_ms: int, until_ms: int = 0) -> Iterator[list[Any]]:
        """Yield the script's answer for each page, those of parked messages last.

        Each message is looked at once: one that ends meanwhile is met neither among what had ended nor, after
        that, among the parked ones. Raises OutboxError where the reader is dropped meanwhile.
        """
        # Records of form 1 are in a list of their route's own.
        for lane in ["", *self._lanes_with("ended", lambda pipe, key: pipe.llen(key))]:
            offset, marker = 0, b" "
            while marker:
                answer = self._page(
                    "ended", lane=lane, offset=offset, marker=marker, since_ms=since_ms, until_ms=until_ms
                )
                yield answer
                marker, offset = answer[0], number(answer[1])
        for lane in self._lanes_with("uncertain", lambda pipe, key: pipe.zcard(key)):
            key = self._store.keys.lane(self.account, lane, "uncertain")
            with up_to(self._store, key):
                members = self._members(key)
                while page := list(islice(members, ENDED_A_PAGE)):
                    yield self._page("parked", page, lane=lane, since_ms=since_ms, until_ms=until_ms)

    # A scan may name one more than once.
    def _members(self, key: str) -> Iterator[bytes]:
        seen: set[bytes] = set()
        for member, _ in self._store.client.zscan_iter(key, count=ENDED_A_PAGE):
            if member not in seen:
                seen.add(member)
                yield member

    def end(self, *, since_ms: int, until_ms: int) -> None:
        """Have the script note that all was looked at."""
        self._call("end", since_ms=since_ms, until_ms=until_ms)

    def _page(self, act: str, keys: Iterable[bytes] = (), **more: Argument) -> list[Any]:
        answer = self._call(act, keys, **more)
        if text(answer[0]) == _GONE:
            raise OutboxError(f"The reader {self.name} was dropped meanwhile.")
        return answer

    def _call(self, act: str, keys: Iterable[bytes] = (), **more: Argument) -> list[Any]:
        named: dict[str, Argument] = {"since_ms": 0, "until_ms": 0, "lane": "", "offset": 0, "marker": ""}
        args = self._order.write(**named | {"act": act, "name": self.name} | more)
        return self._store.run(self._script, self.account, [*args, *keys])

    def _lanes_with(self, part: str, size: Callable[[Any, str], object]) -> Iterator[str]:
        lanes: set[Lane] = {*indexed_lanes(self._store, self.account)}
        lanes |= {route for route in routes(self._store) if route.account == self.account}
        names = iter(sorted(lane.name for lane in lanes))
        while page := list(islice(names, _LANES_A_PAGE)):
            pipe = self._store.client.pipeline(transaction=False)
            for name in page:
                size(pipe, self._store.keys.lane(self.account, name, part))
            yield from (name for name, n in zip(page, execute(self._store, pipe), strict=True) if number(n))
