"""Processes that know numbers by another key than an account does: they cannot tell who refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.redis.reads import execute
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plexsend.outbox.doors import Door
    from plexsend.outbox.fleet import FleetProcess
    from plexsend.outbox.redis.store import Store


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """One process whose key is not the account's."""

    label: str
    """The process for people."""
    account: str
    what: str
    """What is the matter with its key."""

    @property
    def text(self) -> str:
        """It in one sentence, without its end."""
        return f"{self.label} {self.what} account {self.account}"

    def seen_by(self, label: str) -> str:
        """Return it for the process of this label; empty where it is about another one."""
        return f"it {self.what} account {self.account}" if label == self.label else ""


def foreign_keys(
    store: Store, accounts: Iterable[str], processes: Iterable[FleetProcess], doors: Iterable[Door]
) -> list[ForeignKey]:
    """Return the living processes whose key is not that of an account that they serve."""
    keys = account_keys(store, accounts)
    return [*_workers(keys, processes), *_doors(keys, doors)]


def account_keys(store: Store, accounts: Iterable[str]) -> dict[str, str]:
    """Return what tells the key of each account from others; without those that have none yet."""
    names = sorted(accounts)
    pipe = store.client.pipeline(transaction=False)
    for account in names:
        pipe.hget(store.keys.suppressed(account), "key")
    return {name: text(key) for name, key in zip(names, execute(store, pipe), strict=True) if key}


def keys_in_use(
    store: Store, accounts: Iterable[str], processes: Iterable[FleetProcess]
) -> dict[str, set[str]]:
    """Return the key of each account; where it has none yet, those of the living workers that send for it."""
    known = account_keys(store, accounts)
    found = {account: {key} for account, key in known.items()}
    for process in processes:
        announced = process.announced
        if process.lives and announced.hashes_by:
            for account in announced.secrets.keys() - known.keys():
                found.setdefault(account, set()).add(announced.hashes_by)
    return found


# A worker sends by the hashes that records have; one without a key of its own misses nothing.
def _workers(keys: Mapping[str, str], processes: Iterable[FleetProcess]) -> Iterator[ForeignKey]:
    for process in processes:
        announced = process.announced
        for account in sorted(announced.secrets.keys() & keys.keys()):
            if process.lives and announced.hashes_by and announced.hashes_by != keys[account]:
                yield ForeignKey(process.label, account, "has another PLEXSEND_NUMBER_KEY than")


def _doors(keys: Mapping[str, str], doors: Iterable[Door]) -> Iterator[ForeignKey]:
    for door in doors:
        if "receipts" not in door.parts:
            continue
        for account in sorted({*door.accounts} & keys.keys()):
            if not door.hashes_by:
                yield ForeignKey(door.label, account, "has no PLEXSEND_NUMBER_KEY and takes no refusals of")
            elif door.hashes_by != keys[account]:
                yield ForeignKey(door.label, account, "has another PLEXSEND_NUMBER_KEY than")
