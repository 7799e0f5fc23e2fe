"""How many receipts came for each account, what became of them, and what they said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.gateway.receipt_codes import ReceiptClass
from plexsend.outbox.receipts import Reception
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plexsend.outbox.redis.store import Store


@dataclass(frozen=True, slots=True)
class ReceiptCounts:
    """The receipts of one account. Times in ms since 1970, None where none ever came."""

    account: str
    first_ms: int | None
    """When the first came for a message of the account."""
    last_ms: int | None
    receptions: Mapping[Reception, int]
    """What became of them; 0 for what never did."""
    classes: Mapping[ReceiptClass, int]
    """What they said, of those for a message of the account."""

    @property
    def any(self) -> bool:
        """Whether one ever came."""
        return any(self.receptions.values())


def receipt_counts(store: Store, accounts: Iterable[str]) -> list[ReceiptCounts]:
    """Return the counts of these accounts, read in one round trip."""
    names = list(accounts)
    pipe = store.client.pipeline(transaction=False)
    for name in names:
        pipe.hgetall(store.keys.receipts(name))
    replies = execute(store, pipe) if names else []
    return [_counts(name, fields) for name, fields in zip(names, replies, strict=True)]


def _counts(account: str, fields: Mapping[bytes, bytes]) -> ReceiptCounts:
    found = {text(name): number(value) for name, value in fields.items()}
    return ReceiptCounts(
        account,
        found.get("first"),
        found.get("last"),
        {each: found.get(each, 0) for each in Reception},
        {each: found.get(each, 0) for each in ReceiptClass},
    )
