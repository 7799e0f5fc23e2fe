"""Accounts as callers name them: names alone, since the workers know what is behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.gateway.services import SERVICES
from plexsend.outbox.lanes import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable


def check_account(account: object, known: Iterable[str]) -> None:
    """Raise UsageError for what cannot be an account's name. It need not be among the known ones."""
    named = isinstance(account, str) and NAME.fullmatch(account) is not None
    if named and account not in SERVICES:
        return
    # What is not a name is not shown: it may be the secret itself, given where its name is wanted.
    what = f"{account!r} is a service, not an account" if named else "account is not an account's name"
    shown = ", ".join(known) or "none (their names are enough to submit)"
    raise UsageError(
        f"{what}. A name is 1 to 32 of a-z, 0-9 and -, such as main. Accounts in the settings: {shown}."
    )
