"""What the checks of campaigns look at, read from Redis and from the folder of campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.folders.orphans import unknown_folders
from plexsend.campaigns.plans.room import with_room
from plexsend.cli.doctor.campaigns import CampaignFacts, campaign_rows
from plexsend.cli.doctor.folder import folder_rows, look_from_here, orphan_rows
from plexsend.outbox.fleet import fleet
from plexsend.outbox.form import FORM_WITH_CAMPAIGNS, form_in_force
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.out_of_window import read_windows
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.attending import read_attending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plexsend.cli.doctor.rows import CheckRow
    from plexsend.outbox.redis.store import Store


def look_at_campaigns(store: Store, root: Path) -> Iterator[CheckRow]:
    """Yield what keeps campaigns from going; `root`: their folder, by the settings of this host."""

    def facts_of(account: str) -> CampaignFacts:
        live = list(reading.live_runs(store, account))
        full = frozenset(run.group for run in live) - with_room(store, account, live)
        return CampaignFacts(
            account, reading.due_at(store, account), live, read_windows(store, account), full
        )

    processes = fleet(store)
    attending = read_attending(store, processes)
    yield from campaign_rows(
        map(facts_of, reading.campaign_accounts(store)),
        attending,
        is_possible=form_in_force(store) >= FORM_WITH_CAMPAIGNS,
        now_ms=queries.server_ms(store),
    )
    if attending.has_campaigns:
        yield from folder_rows(root, look_from_here(root), processes)
    # Of a Redis that was emptied they are all that is left.
    yield from orphan_rows(root, unknown_folders(root, reading.runs(store)))
