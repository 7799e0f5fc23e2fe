"""A stand whose processes find Redis through Sentinels."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis

from plexsend.gateway.services import read_settings
from plexsend.outbox.records import Record, parse_record
from plexsend.outbox.store import Store
from tests.acceptance.process import Worker
from tests.acceptance.stand import CELERY, ROOT, Stand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.settings import Settings

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
        log = self.folder / "beat.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [CELERY, "-A", "tests.failover.beating", "beat", "-l", "DEBUG", "-s", "schedule"],
                cwd=self.folder,
                env=self.environ(PYTHONPATH=str(ROOT)),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        beat = Worker(process, log)
        self.workers.append(beat)
        beat.wait_for(RUNG)
        return beat

    def known_records(self, account: str, keys: Iterable[str]) -> list[Record]:
        """Return the records of those of these keys that the outbox knows."""
        names = list(keys)
        pipe = self.store.client.pipeline(transaction=False)
        for key in names:
            pipe.hgetall(self.store.keys.record(account, key))
        return [
            parse_record(key, fields) for key, fields in zip(names, pipe.execute(), strict=True) if fields
        ]
