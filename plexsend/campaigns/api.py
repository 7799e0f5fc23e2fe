"""Campaigns of an application set up by its environment: what `plexsend.campaigns` offers as functions."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plexsend.campaigns.console import BY, Campaigns
from plexsend.gateway.environment import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plexsend.campaigns.console import CampaignLike, CheckedCampaign, PeopleLike
    from plexsend.campaigns.drafts.created import CreatedRun
    from plexsend.campaigns.drafts.from_run import Only
    from plexsend.campaigns.steering import RunCancelled
    from plexsend.campaigns.viewing import RunView
    from plexsend.outbox.runs.states import RunState


class LazyCampaigns:
    """Campaigns that are connected when they are first needed: importing this reads no environment."""

    def __init__(self) -> None:
        self._campaigns: Campaigns | None = None
        self._lock = threading.Lock()

    def get(self) -> Campaigns:
        """Return the campaigns of this process, by its environment. Raises SettingsError."""
        with self._lock:
            if self._campaigns is None:
                self._campaigns = Campaigns(read_settings())
            return self._campaigns

    @contextmanager
    def replaced(self, campaigns: Campaigns) -> Iterator[None]:
        """Return others meanwhile, to all threads: for tests of applications."""
        with self._lock:
            before, self._campaigns = self._campaigns, campaigns
        try:
            yield
        finally:
            with self._lock:
                self._campaigns = before


DEFAULT = LazyCampaigns()
"""The campaigns of `plexsend.campaigns.create` and the functions beside it."""


def check(campaign: CampaignLike, recipients: PeopleLike = None, *, processes: int = 1) -> CheckedCampaign:
    """Judge every row as the gateway will, and plan a run. Nothing is sent, and nothing is kept.

    Args:
        campaign: What is sent: a definition, or the TOML file of one.
        recipients: To whom: a file, a stream, or mappings, column to cell; None: as the definition says.
        processes: How many processes judge; 1: this one alone.

    Raises BadDefinition with every mistake of the definition, FileProblem for a list that cannot be read.
    """
    return DEFAULT.get().check(campaign, recipients, processes=processes)


def create(
    campaign: CampaignLike,
    recipients: PeopleLike = None,
    *,
    by: str = BY,
    leave_out_invalid: bool = False,
    from_run: str | None = None,
    only: Only | str | None = None,
    reasons: Sequence[str] = (),
    processes: int = 1,
) -> CreatedRun:
    """Check a campaign and make a run of it, which starts at its `send_at`, else when `start` says so.

    With a `cron` it is written down, and makes a run at each of its times.

    Args:
        campaign: What is sent: a definition, or the TOML file of one.
        recipients: To whom, as for `check`; they are copied.
        by: Who creates it, for people.
        leave_out_invalid: Whether invalid rows are left out, however many they are.
        from_run: The run (`NAME` or `NAME/3`) of which rows are the recipients; None: none.
        only: Which of its rows: `unsent`, `failed` or `reached`.
        reasons: Codes, or words of what they mean, such as `전원 꺼짐`; empty: any.
        processes: How many processes judge; 1: this one alone.

    Raises NotPossible where the check refuses it, or no such row is left; otherwise as `check`.
    """
    return DEFAULT.get().create(
        campaign,
        recipients,
        by=by,
        leave_out_invalid=leave_out_invalid,
        from_run=from_run,
        only=only,
        reasons=reasons,
        processes=processes,
    )


def start(name: str, *, account: str | None = None) -> RunState:
    """Let a checked or scheduled run go now, and return its state. Raises NotPossible where it cannot."""
    return DEFAULT.get().start(name, account=account)


def pause(name: str, *, reason: str = "", by: str = BY, account: str | None = None) -> RunState:
    """Keep a run from feeding and sending until `resume`. Raises NotPossible where it is over."""
    return DEFAULT.get().pause(name, reason=reason, by=by, account=account)


def resume(name: str, *, account: str | None = None) -> RunState:
    """Let a paused run go on. Raises NotPossible where it was cancelled, or is over."""
    return DEFAULT.get().resume(name, account=account)


def cancel(name: str, *, reason: str = "", by: str = BY, account: str | None = None) -> RunCancelled:
    """End a run for good: nothing of it is fed or sent from now on. It may be called again.

    Raises NotPossible for a run that is done.
    """
    return DEFAULT.get().cancel(name, reason=reason, by=by, account=account)


def show(name: str, *, account: str | None = None, explain: bool = False) -> RunView:
    """Return a run as it is now: its state, its rows by what became of them, its end.

    `explain`: whether to look why it is not through yet, which takes a second where something moves.
    """
    return DEFAULT.get().show(name, account=account, explain=explain)


def runs(name: str | None = None, *, account: str | None = None) -> list[RunView]:
    """Return the runs of a campaign, or all that there are, the latest first within each account."""
    return DEFAULT.get().runs(name, account=account)
