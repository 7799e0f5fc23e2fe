"""Readers of results as a person names them: in which accounts there is one of a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.timing import place, timing_of
from plexsend.errors import NotPossible
from plexsend.outbox.results.overview import list_readers
from plexsend.outbox.results.readers import checked_name

if TYPE_CHECKING:
    from datetime import datetime

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.results.overview import ReaderState


def find_readers(store: Store, name: str, account: str | None) -> list[ReaderState]:
    """Return the readers of this name, one for each account in which it has begun.

    Raises UsageError for what cannot be a reader's name, and NotPossible where there is none.
    """
    checked_name(name)
    known = list_readers(store, account)
    found = [state for state in known if state.name == name]
    if not found:
        where = "" if account is None else f" in the account {account}"
        others = ", ".join(sorted({state.name for state in known})) or "none yet"
        raise NotPossible(f"There is no reader {name}{where}. Readers: {others}.")
    return found


def ms_in_account(store: Store, account: str, moment: datetime) -> int:
    """Return a time as typed behind --since in ms; without a zone it is in that of the account."""
    return round(place(timing_of(store, account), moment, "--since").timestamp() * 1000)
