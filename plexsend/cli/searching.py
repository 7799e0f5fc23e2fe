"""Looking for messages in Redis and then in an archive, as one search."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from plexsend.archive.looking import ArchiveFilter, LookUp
from plexsend.outbox.found import FoundMessage
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.replies import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plexsend.archive.lines import ArchiveLine
    from plexsend.errors import Problem
    from plexsend.outbox.found import Sought
    from plexsend.outbox.reading.find import Search
    from plexsend.outbox.redis.store import Store

_PAGE = 500


class WholeSearch:
    """One search through accounts, then through an archive; iterate over it once.

    Args:
        store: Where the messages are.
        search: The one through Redis.
        sought: What is looked for.
        accounts: Where.
        archive: The folder of the archive; None: Redis alone is looked through.
    """

    def __init__(
        self, store: Store, search: Search, sought: Sought, accounts: Sequence[str], archive: Path | None
    ) -> None:
        self._store = store
        self._search = search
        self._sought = sought
        self._accounts = accounts
        self._archive = archive
        self.problems: list[Problem] = []
        """What of the archive could not be read, after the iteration."""

    def __iter__(self) -> Iterator[FoundMessage]:
        """Yield what fits: of Redis account by account, of the archive from the newest day on."""
        for account in self._accounts:
            yield from self._search.messages(account)
        if self._archive is None:
            return
        sought = self._sought
        look = LookUp(
            self._archive,
            ArchiveFilter(
                receiver=None if sought.receiver is None else sought.receiver.hashed,
                account=self._accounts[0] if len(self._accounts) == 1 else None,
                lane=None if sought.lane is None else sought.lane.name,
                group=sought.group,
                since_ms=sought.since_ms,
            ),
        )
        lines = iter(look)
        while page := list(islice(lines, _PAGE)):
            yield from filter(sought.fits, map(self._found, self._gone(page)))
        self.problems = look.problems

    # What Redis still has was looked at there, and may be in a later state by now. Under the key of what it
    # forgot there may be another message.
    def _gone(self, lines: Sequence[ArchiveLine]) -> Iterator[ArchiveLine]:
        pipe = self._store.client.pipeline(transaction=False)
        for line in lines:
            pipe.hmget(self._store.keys.record(line.account, line.msg_key), ["t", "p"])
        for line, (submitted, position) in zip(lines, execute(self._store, pipe), strict=True):
            held_ms = number(submitted) or number(position) // 1000
            if not held_ms or line.submitted_ms not in (None, held_ms):
                yield line

    def _found(self, line: ArchiveLine) -> FoundMessage:
        receiver = self._sought.receiver
        return FoundMessage(
            msg_key=line.msg_key,
            state=line.state,
            lane=line.lane.name,
            service=line.lane.service,
            account=line.account,
            submitted_ms=line.submitted_ms,
            ended_ms=line.at_ms if line.ended_ms is None else line.ended_ms,
            code=line.receipt_code or line.code,
            answer_code=line.code,
            carrier=line.carrier,
            # The archive holds no digits: they are known where they were asked for.
            receiver_last="" if receiver is None else receiver.last,
            receiver_hash=bytes.fromhex(line.receiver) if line.receiver else b"",
            is_archived=True,
        )
