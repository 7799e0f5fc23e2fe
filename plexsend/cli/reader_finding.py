"""Readers of results as a person names them: in which accounts there is one of a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.timing import place, timing_of
from plexsend.errors import NotPossible
from plexsend.outbox.results.overview import list_readers, unlisted
from plexsend.outbox.results.readers import checked_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.results.overview import ReaderState

_LIST_REMEDY = (
    "It is put aside when any reader of that account is read; each reader then enters itself again."
)


def find_readers(store: Store, name: str, account: str | None) -> list[ReaderState]:
    """Return the readers of this name, one for each account in which it has begun.

    Raises UsageError for what cannot be a reader's name, and NotPossible where there is none, or where nobody
    can say in which accounts it is.
    """
    checked_name(name)
    known = list_readers(store, account)
    if unknown := unlisted(store, account):
        raise NotPossible(
            f"Another program wrote to the list of readers of {', '.join(unknown)}. {_LIST_REMEDY}"
        )
    found = [state for state in known if state.name == name]
    if not found:
        where = "" if account is None else f" in the account {account}"
        others = ", ".join(sorted({state.name for state in known})) or "none yet"
        raise NotPossible(f"There is no reader {name}{where}. Readers: {others}.")
    return found


def check_readable(states: Sequence[ReaderState]) -> None:
    """Raise NotPossible where another program wrote to one of these readers: where it was nobody knows."""
    for state in states:
        if not state.is_readable:
            raise NotPossible(
                f"Another program wrote to the reader {state.name} of the account {state.account}: where it "
                "was is not known any more. With its next read it is put aside and begins anew, with the "
                "oldest result that is kept."
            )


def was_dropped(state: ReaderState) -> NotPossible:
    """Return the error for a reader that was there a moment ago, and is not any more."""
    return NotPossible(f"The reader {state.name} of the account {state.account} was dropped meanwhile.")


def ms_in_account(store: Store, account: str, moment: datetime) -> int:
    """Return a time as typed behind --since in ms; without a zone it is in that of the account."""
    return round(place(timing_of(store, account), moment, "--since").timestamp() * 1000)
