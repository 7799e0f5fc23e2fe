"""Where Redis went back in time: what an archive knows of messages that went since then."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from plexsend.archive.looking import ArchiveFilter, LookUp
from plexsend.archive.particulars import GONE, read_particulars
from plexsend.errors import Problem
from plexsend.outbox.receipts import Receipt, Reception, take_receipts
from plexsend.outbox.rewound import settle_known
from plexsend.outbox.states import LIVING, SENT, State
from plexsend.outbox.steer import Act, ask
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from plexsend.archive.lines import ArchiveLine
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.rewound import Rewind
    from plexsend.terminal.screen import Screen

_PAGE = 100


@dataclass(slots=True)
class _Known:
    """What the archive knew of an account, in messages."""

    accepted: int = 0
    receipts: int = 0
    cancelled: int = 0
    unknown: int = 0
    """They went, and Redis has no record of them now."""

    def facts(self) -> dict[str, int]:
        """Return it for programs."""
        return {name: getattr(self, name) for name in ("accepted", "receipts", "cancelled", "unknown")}


def settle_by_archive(
    screen: Screen, store: Store, folder: Path, rewinds: Mapping[str, Rewind], lanes: Collection[Lane]
) -> None:
    """Bring messages of these lanes to where an archive knows them to have been when Redis went back.

    What it knows as sent is accepted, with its receipt; what was cancelled is cancelled again. Raises
    ArchiveFailed before anything was changed where the folder cannot be read.
    """
    for account, rewound in sorted(rewinds.items()):
        look = LookUp(folder, ArchiveFilter(account=account, since_ms=rewound.from_ms))
        lines, known = iter(look), _Known()
        while page := list(islice(lines, _PAGE)):
            _settle(store, account, [line for line in page if line.lane in lanes], known)
        for problem in look.problems:
            screen.warn(problem)
        screen.facts({"account": account, "by_archive": known.facts()})
        screen.say(
            f"The archive knows of account {account}: of those that wait it has {known.accepted:,} as "
            f"accepted, {known.receipts:,} with their receipt, and {known.cancelled:,} as cancelled."
        )
        if known.unknown:
            screen.warn(_of_unknown(account, known.unknown))


def _settle(store: Store, account: str, lines: Sequence[ArchiveLine], known: _Known) -> None:
    records = read_particulars(store, account, (line.msg_key for line in lines))
    # A key that was submitted again is another message.
    here = [line for line in lines if line.submitted_ms in (None, records[line.msg_key].submitted_ms)]
    known.unknown += sum(line.state in SENT and records[line.msg_key] is GONE for line in lines)
    codes: dict[Lane, dict[str, str]] = defaultdict(dict)
    for line in here:
        if line.state in SENT:
            codes[line.lane][line.msg_key] = line.code
    known.accepted += sum(settle_known(store, lane, of_lane) for lane, of_lane in codes.items())
    receipts = [
        Receipt(line.msg_key, line.receipt_code, line.carrier, line.done_ms)
        for line in here
        if line.receipt_code and records[line.msg_key].state not in ("", line.state)
    ]
    if receipts:
        known.receipts += take_receipts(store, account, receipts).count(Reception.SETTLED)
    for line in here:
        if line.state is State.CANCELLED and records[line.msg_key].state in LIVING:
            known.cancelled += ask(store, account, line.msg_key, Act.CANCEL).outcome == "cancelled"


def _of_unknown(account: str, count: int) -> Problem:
    return Problem(
        f"account {account}",
        f"{counted(count, 'message')} that went since then: not known to Redis any more",
        "An application that submits one of them again sends it again: `plexsend find --archive` lists them.",
    )
