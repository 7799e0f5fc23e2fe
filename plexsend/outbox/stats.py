"""Keeping the counts by day: what is too old goes, and where days were not counted before, stock is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import NotPossible, OutboxMoved
from plexsend.outbox.arguments import STATS
from plexsend.outbox.constants import MOST_STOCKED
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def keep_stats(store: Store, account: str) -> None:
    """Take away the days of an account that are older than is kept; an account that is not here is left.

    Where an older program counted nothing by day, stock is taken an hour after the first such call.
    """
    has_more = True
    while has_more:
        try:
            answer = store.run(Script.STATS, account, STATS.write(act="keep"))
        except OutboxMoved:
            return
        has_more = number(answer[1]) == 1


def take_stock(store: Store, account: str) -> None:
    """Count at once what lanes have and no day has: from now on the sums of the days are compared with that.

    Raises NotPossible where the account has too many lanes to be looked at in one call.
    """
    if text(store.run(Script.STATS, account, STATS.write(act="stock"))[0]) == "many":
        raise NotPossible(
            f"The account {account} has more than {MOST_STOCKED:,} lanes, which one call cannot look at. "
            "Lanes of groups end with their last record: try again then."
        )
