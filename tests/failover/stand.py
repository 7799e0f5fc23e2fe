"""A stand whose processes find Redis through Sentinels."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis

from plexsend.gateway.environment import read_settings
from plexsend.outbox.index import LaneNames
from plexsend.outbox.records import Record, parse_record
from plexsend.outbox.redis.store import Store
from tests.acceptance.stand import ROOT, Stand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.settings import Settings
    from tests.acceptance.process import Worker

RUNG = "plexsend.drain sent"
"""What beat's log says of each doorbell that the broker took."""


@dataclass
class WatchedStand(Stand):
    """As `Stand`, with `url` an address of Sentinels; the broker is there too."""

    def __post_init__(self) -> None:
        self.store = Store.connect(self.read_settings().redis, self.prefix)
        self.secrets |= {text.partition(";")[2] for text in self.accounts.values()}

    def read_settings(self, **more: str) -> Settings:
        """Return the settings that a process of this stand reads."""
        return read_settings(self.environ(**more))

    def end(self) -> None:
        """End as `Stand` does; what it wrote ends with its servers."""
        with contextlib.suppress(redis.RedisError):
            super().end()

    def start_beat(self) -> Worker:
        """Start a beat that rings twice a second, and wait until it has rung."""
        arguments = ("beat", "-l", "DEBUG", "-s", "schedule")
        beat = self.launch(
            *arguments, app="tests.failover.beating", environ=self.environ(PYTHONPATH=str(ROOT))
        )
        beat.wait_for(RUNG)
        return beat

    def known_records(self, account: str, keys: Iterable[str]) -> list[Record]:
        """Return the records of those of these keys that the outbox knows."""
        names = list(keys)
        lanes = LaneNames(self.store, account)
        pipe = self.store.client.pipeline(transaction=False)
        for key in names:
            pipe.hgetall(self.store.keys.record(account, key))
        return [
            parse_record(key, fields, names=lanes)
            for key, fields in zip(names, pipe.execute(), strict=True)
            if fields
        ]
