"""Why a server for receipts refuses a request before it is read, and how many of each there were."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


UNREAD_REFUSAL = "a refusal that cannot be read"
"""Why entries of a push of refusals are counted with the posts that cannot be read."""


class RefusedBecause(StrEnum):
    """Why a request was refused."""

    PATH = "wrong path"
    """Or no such account, or a wrong secret: all are alike."""
    ADDRESS = "wrong address"
    TOO_LONG = "too long"
    TOO_SLOW = "too slow"
    NOT_WHOLE = "not whole"
    TOO_MANY = "too many connections"
    NOT_HTTP = "not HTTP"
    NUMBER_KEY = "no right number key"
    """A push of refusals: this process has none, or not the one of the account."""


def apart(counts: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Return of what is counted together how many were refused, and how many could not be read, by why."""
    refused = {why: n for why, n in counts.items() if why in frozenset(RefusedBecause)}
    return refused, {why: n for why, n in counts.items() if why not in refused}
