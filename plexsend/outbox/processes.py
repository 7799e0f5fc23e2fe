"""The worker processes that are alive, as they announce themselves in Redis."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """A worker process, as it announces itself."""

    name: str
    """Letters and digits only; the drains' names begin with it."""
    pool_size: int
    services: tuple[str, ...]

    def __str__(self) -> str:
        """Return the process as it is written in Redis."""
        return f"{self.name}|{self.pool_size}|{','.join(self.services)}"

    @classmethod
    def parse(cls, entry: str) -> WorkerProcess:
        """Return the process that an entry names; ValueError where it names none."""
        name, pool_size, services = entry.split("|")
        return cls(name, int(pool_size), tuple(services.split(",")) if services else ())

    @classmethod
    def parse_all(cls, entries: Iterable[object]) -> Iterator[WorkerProcess]:
        """Yield the processes that entries name, without what another program put among them."""
        for entry in entries:
            with suppress(ValueError):
                yield cls.parse(text(entry))
