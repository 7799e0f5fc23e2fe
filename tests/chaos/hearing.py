"""Waits until receipts have come and readers are at the end, and collects what they wrote down."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from redis import Redis

from tests.chaos.hearers import ARCHIVE_READER
from tests.chaos.load import ACCOUNTS
from tests.chaos.sequel import ArchiveFiles, HeardLedgers, ReceiptLedger, Sequel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.chaos.world import World

COME_WITHIN_S = 60.0
HEARD_WITHIN_S = 60.0
_LOOK_S = 0.3


@dataclass
class Hearing:
    """What became of the messages of a world after their answers.

    Args:
        world: The world.
        tell: Runs a command of plexsend and returns the objects that it printed.
    """

    world: World
    tell: Callable[..., list[dict[str, Any]]]
    behind: dict[str, int] = field(default_factory=dict)
    """Reader → entries that lie before it still."""

    def __post_init__(self) -> None:
        self.heard = {name: HeardLedgers() for name in self.world.hearers.ledgers}
        self.receipts = ReceiptLedger(self.world.hearers.receipt_ledger)
        self.archive = ArchiveFiles(self.world.hearers.archive_folder)

    def wait(self) -> float:
        """Return once no receipt is under way, and then once each reader has heard all there is.

        Returns how many seconds that took.
        """
        began = time.monotonic()
        until = time.monotonic() + COME_WITHIN_S
        while self.world.gateway.stats()["receipts"]["open"] and time.monotonic() < until:
            time.sleep(_LOOK_S)
        until = time.monotonic() + HEARD_WITHIN_S
        self.behind = self._look(until)
        # A fallback that the last receipt let go may have come between two looks.
        while self.behind and time.monotonic() < until:
            time.sleep(_LOOK_S)
            self.behind = self._look(until)
        return time.monotonic() - began

    def sequel(self) -> Sequel:
        """Return all that is known now."""
        proofs = {name: self.tell("audit", "--results", name) for name in self.heard}
        self.receipts.read()
        for name, paths in self.world.hearers.ledgers.items():
            for path in paths:
                self.heard[name].read(path)
        self.archive.read()
        return Sequel(
            receipts=self.receipts.receipts,
            heard={name: each.heard for name, each in self.heard.items()},
            archived=self.archive.lines,
            torn=tuple(self.archive.torn),
            behind=self.behind,
            proofs={name: said[-1] if said else {} for name, said in proofs.items()},
            is_there=True,
        )

    def _look(self, until: float) -> dict[str, int]:
        while not self._are_at_the_end() and time.monotonic() < until:
            time.sleep(_LOOK_S)
        behind: dict[str, int] = {}
        for line in self.tell("results", "list"):
            left = int(line["behind"]) + int(line["open_spans"])
            if left:
                behind[line["reader"]] = behind.get(line["reader"], 0) + left
        return behind

    # A command is asked only at the end: its start takes longer than all of this.
    def _are_at_the_end(self) -> bool:
        for account in ACCOUNTS:
            last = self.world.valkey.patiently(
                partial(Redis.xrevrange, name=self.world.key(account, "results"), count=1)
            )
            for reader in (*self.heard, ARCHIVE_READER):
                name = self.world.key(account, f"readers:{reader}")
                fields = self.world.valkey.patiently(partial(Redis.hgetall, name=name))
                if last and not _is_at(fields, last[0][0]):
                    return False
        return True


def _is_at(fields: Mapping[bytes, bytes], last: bytes) -> bool:
    has_spans = any(name.startswith(b"span:") for name in fields)
    return not has_spans and fields.get(b"at", b"").partition(b" ")[0] == last
