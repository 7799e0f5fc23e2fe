"""What a producer makes of terms: the pipeline that judges items by them and adds them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.gateway.items import get_loader
from plexsend.outbox.policies.midnights import find_zone
from plexsend.producers.guards import AccountGuards
from plexsend.producers.moments import ServerClock
from plexsend.producers.pipeline import Pipeline
from plexsend.producers.uploading import Uploading
from plexsend.terminal.moments import WallClock

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.producers.chunks import Taker
    from plexsend.producers.terms import Terms


class Pipelines(Uploading):
    """Makes pipelines, by the policies that are in force."""

    def pipeline_by(
        self, terms: Terms, *, folder: Path | None = None, taker: Taker | None = None
    ) -> Pipeline:
        """Return a pipeline of items by terms that were checked.

        Args:
            terms: What holds for every item; its zone and clock are those of the account.
            folder: Below which a text names a picture's file; None: only paths do.
            taker: Where its messages go; None: into the outbox.

        Raises UsageError where nothing would be sent any more, and as `Producer.submit` does.
        """
        self._inspect()
        # Messages expire by Redis's clock, not by this machine's.
        if terms.expires_at_ms is not None and terms.expires_at_ms <= self._outbox.now_ms():
            raise UsageError("expires_at has passed, so nothing would be sent. Give a later moment, or none.")
        account = terms.account
        clock = ServerClock(self._outbox.now_ms)
        policies = self._outbox.policies
        guards = AccountGuards(policies, account)
        guards.look()
        zone = find_zone(policies.of(account).zone)
        terms = replace(terms, zone=zone if terms.from_file else None, clock=WallClock(zone))
        loader = get_loader(terms.service, policies.of(account))
        pictures = self._item_pictures(loader.product, account, clock.now_ms, folder)
        return Pipeline(terms, loader, taker or self._outbox.taker(), clock.now_ms, guards, pictures=pictures)
