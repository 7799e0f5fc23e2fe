"""What the tests of results share: entries put into a stream as the scripts do, and readers of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.outbox.replies import text
from plexsend.outbox.results.readers import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.results.spans import Span


class Publisher:
    """Puts entries into the stream of the account `main`, under ids of its own choice."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.client: Any = store.client
        self.key = store.keys.results("main")
        self.reader_key = store.keys.reader("main", "billing")
        self._ms = 1_000

    def publish(
        self,
        *keys: str,
        state: str = "accepted",
        ms: int | None = None,
        more: str = "",
        lane: str = "mms-bulk@main",
    ) -> str:
        """Publish an entry of these messages, a second after the last one unless `ms` says when."""
        self._ms = self._ms + 1_000 if ms is None else ms
        fields = {"s": state, "l": lane, "c": "C100", "k": " ".join(keys), "m": more}
        return text(self.client.xadd(self.key, fields, id=f"{self._ms}-*"))

    def publish_all(self, *keys: str) -> list[str]:
        """Publish an entry for each message."""
        return [self.publish(key) for key in keys]

    def reader(self, process: str = "p1", **more: Any) -> Reader:
        """Return a reader that has begun."""
        return Reader(self.store, "main", "billing", process, **more)

    def begun(self, process: str = "p1", **more: Any) -> Reader:
        """Return a reader that has looked once, and found nothing."""
        reader = self.reader(process, **more)
        assert reader.read() is None
        return reader

    def let_lapse(self, first: str) -> None:
        """Let the time of a span pass."""
        last, n, _, lease, process = text(self.client.hget(self.reader_key, f"span:{first}")).split(" ", 4)
        self.client.hset(self.reader_key, f"span:{first}", f"{last} {n} 0 {lease} {process}")

    def spans(self) -> list[str]:
        """Return the first ids of the spans that are out."""
        fields = sorted(map(text, self.client.hkeys(self.reader_key)))
        return [field.removeprefix("span:") for field in fields if field.startswith("span:")]

    def reader_bytes(self) -> int:
        """Return how many bytes the fields of the reader have."""
        return sum(len(name) + len(value) for name, value in self.client.hgetall(self.reader_key).items())

    def trim(self, before_ms: int) -> None:
        """Take away what was published before, as its age does."""
        self.client.xtrim(self.key, minid=before_ms, approximate=False)


def heard(span: Span | None) -> list[str]:
    """Return the keys that a span gives, in their order."""
    return [] if span is None else [key for entry in span.entries for key in entry.msg_keys]


def hear_all(reader: Reader, most: int = 100) -> list[str]:
    """Read until there is nothing, each span ended with the next; return the keys."""
    keys: list[str] = []
    done = ""
    while span := reader.read(most, done):
        keys += heard(span)
        done = span.first
    return keys


def joined(spans: Sequence[Span | None]) -> list[str]:
    """Return the keys of several spans, sorted."""
    return sorted(key for span in spans for key in heard(span))
