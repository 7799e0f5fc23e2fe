"""Messages that are looked for in an archive: those that Redis does not remember any more."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from plexsend.archive.looking import ArchiveFilter, LookUp
from plexsend.archive.particulars import GONE, Particulars, read_particulars
from plexsend.outbox.found import FoundMessage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plexsend.archive.lines import ArchiveLine
    from plexsend.outbox.found import Sought
    from plexsend.outbox.redis.store import Store
    from plexsend.terminal.screen import Screen

_PAGE = 500


def find_in_archive(
    screen: Screen, store: Store, folder: Path, wanted: Sought, account: str | None
) -> Iterator[FoundMessage]:
    """Yield what an archive knows of messages that Redis has no record of, the newest days first.

    Warns of files that cannot be read; raises ArchiveFailed where the folder cannot.
    """
    look = LookUp(
        folder,
        ArchiveFilter(
            receiver=None if wanted.receiver is None else wanted.receiver.hashed,
            account=account,
            lane=None if wanted.lane is None else wanted.lane.name,
            states=wanted.states,
            since_ms=wanted.since_ms,
        ),
    )
    lines = iter(look)
    while page := list(islice(lines, _PAGE)):
        for line in _not_remembered(store, page):
            found = _found(line)
            if wanted.fits(found):
                yield found
    for problem in look.problems:
        screen.warn(problem)


# What Redis says of a message is newer, whether it is looked for or not.
def _not_remembered(store: Store, page: Sequence[ArchiveLine]) -> Iterator[ArchiveLine]:
    known: dict[str, dict[str, Particulars]] = {}
    for account in {line.account for line in page}:
        keys = (line.msg_key for line in page if line.account == account)
        known[account] = read_particulars(store, account, keys)
    for line in page:
        record = known[line.account][line.msg_key]
        # The key may be used again by then.
        if record is GONE or line.submitted_ms not in (None, record.submitted_ms):
            yield line


def _found(line: ArchiveLine) -> FoundMessage:
    return FoundMessage(
        msg_key=line.msg_key,
        state=line.state,
        lane=line.lane.name,
        service=line.lane.service,
        account=line.account,
        submitted_ms=line.submitted_ms or 0,
        ended_ms=line.ended_ms or line.at_ms,
        code=line.receipt_code or line.code,
        answer_code=line.code,
        carrier=line.carrier,
        receiver_last="",
        receiver_hash=bytes.fromhex(line.receiver),
    )
