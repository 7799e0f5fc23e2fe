"""Preparing a run that a cron made: its recipients are read and checked anew, and it starts.

Where too many of them are invalid it stays a draft, which people are notified of. What cannot be read now is
tried again for two minutes.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from plexsend.campaigns.definitions.defined import IfMissed
from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.drafts.creating import fill, start
from plexsend.campaigns.feeds.troubles import PATIENCE_S, Troubles
from plexsend.campaigns.recipients import open_recipients
from plexsend.clock import elapsed_s
from plexsend.errors import OutboxUnavailable, PlexsendError
from plexsend.logs import get_logger
from plexsend.outbox.constants import LATE_START_MS
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.failures import RunRefused
from plexsend.outbox.runs.leases import release_lease, renew_lease, take_lease
from plexsend.outbox.runs.states import MISSED, RunState
from plexsend.terminal.moments import span

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Lease, Run
    from plexsend.settings import Settings

LEASE_S = 30.0
"""Renewed after each chunk of recipients; another begins anew as long after one that died."""
_RENEW_S = 5.0
MINUTE_MS = 60_000

_log = get_logger("campaigns.preparing")


class Preparer:
    """Prepares runs. One for each process; shared by its threads.

    Args:
        store: Where they are.
        settings: What the environment says.
        clock: Seconds, monotonic.
    """

    def __init__(self, store: Store, settings: Settings, clock: Callable[[], float] = elapsed_s) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._troubles = Troubles(clock, "prepared")

    def prepare(self, account: str, group: str) -> RunState | None:
        """Prepare a run, unless another process does; return its state, None where that is not known."""
        lease = take_lease(self._store, account, group, secrets.token_hex(8), LEASE_S)
        if lease is None:
            return None
        try:
            run = reading.run(self._store, account, group)
            if run is None or not run.prepares:
                return None
            if self._is_missed(run):
                return steps.set_draft(
                    self._store, run.account, run.group, why=MISSED, lease=lease.number
                ).state
            return self._prepare(run, lease)
        except RunRefused as exc:
            # A person cancelled it meanwhile.
            return exc.state
        finally:
            release_lease(self._store, account, group, lease)

    # It was made in time, and nobody was there to prepare it.
    def _is_missed(self, run: Run) -> bool:
        definition = Definition.from_json(run.definition)
        late_ms = server_ms(self._store) - run.starts_ms
        within_ms = definition.missed_within_min * MINUTE_MS
        return late_ms > LATE_START_MS and (definition.if_missed is IfMissed.SKIP or late_ms > within_ms)

    def _prepare(self, run: Run, lease: Lease) -> RunState | None:
        try:
            self._fill(run, lease)
        except (OutboxUnavailable, RunRefused):
            raise
        except Exception as exc:  # noqa: BLE001  what cannot be read is tried again, then said
            return self._trouble(run, lease, exc)
        self._troubles.over(run)
        now = reading.run(self._store, run.account, run.group)
        if now is None or now.state is not RunState.CHECKED:
            why = "" if now is None else now.why
            _log.error("run of a campaign stays a draft", run=run.written, account=run.account, reason=why)
            return None if now is None else now.state
        return start(self._store, now).state

    def _fill(self, run: Run, lease: Lease) -> None:
        definition = Definition.from_json(run.definition)
        renewed_at = self._clock()

        def renew(_: object) -> None:
            nonlocal renewed_at
            if self._clock() - renewed_at >= _RENEW_S:
                renewed_at = self._clock()
                if renew_lease(self._store, run.account, run.group, lease, LEASE_S) is None:
                    # Another prepares it, or it was cancelled: it must not be given two lists.
                    raise RunRefused(f"The run {run.written} is prepared by another process.", None)

        steps.set_rate(self._store, run.account, run.group, definition.rate)
        with open_recipients(
            definition.recipients,
            encoding=definition.encoding,
            sheet=definition.sheet,
            receiver=definition.mapping.get("receiver_number"),
        ) as recipients:
            fill(self._store, self._settings, run, recipients, lease=lease.number, progress=renew)

    def _trouble(self, run: Run, lease: Lease, exc: Exception) -> RunState:
        words = str(exc)
        if not isinstance(exc, PlexsendError):
            # What another error says may hold a row.
            _log.exception("preparing failed unexpectedly", run=run.written)
            words = f"preparing it fails with {type(exc).__name__}; the log of the worker says where"
        if self._troubles.note(run, words, run.fed):
            why = f"its recipients could not be read for {span(PATIENCE_S)}: {words}"
            _log.error("run of a campaign stays a draft", run=run.written, account=run.account, reason=words)
            steps.set_draft(self._store, run.account, run.group, why=why, lease=lease.number)
        return RunState.DRAFT
