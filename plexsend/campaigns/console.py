"""Campaigns of one installation: checked, created, started, watched and steered from Python."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypeAlias, cast

from plexsend.campaigns import steering
from plexsend.campaigns.checks import checking
from plexsend.campaigns.definitions.definition import Definition, read_definition
from plexsend.campaigns.drafts import creating
from plexsend.campaigns.drafts.crons import LEAVE_OUT_OF_CRON, create_cron
from plexsend.campaigns.drafts.from_run import CRON_FROM_RUN, Only, select
from plexsend.campaigns.plans.planning import plan, read_facts
from plexsend.campaigns.reading.finding import find_campaign, find_run
from plexsend.campaigns.recipients import open_recipients
from plexsend.campaigns.viewing import view_run
from plexsend.errors import UsageError
from plexsend.outbox.groups import GroupCancelled
from plexsend.outbox.redis.store import Store
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.making import end_cron

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.campaigns.checks.check_report import CheckReport
    from plexsend.campaigns.drafts.created import CreatedRun
    from plexsend.campaigns.plans.planning import RunPlanned
    from plexsend.campaigns.recipients import Recipients
    from plexsend.campaigns.steering import RunCancelled
    from plexsend.campaigns.viewing import RunView
    from plexsend.outbox.runs.states import RunState
    from plexsend.settings import Settings

CampaignLike: TypeAlias = "Definition | str | os.PathLike[str]"
"""A definition, or the TOML file of one."""
PeopleLike: TypeAlias = "str | os.PathLike[str] | BinaryIO | Iterable[Mapping[str, object]] | None"
"""A file, a stream of bytes, or people as mappings, column → cell; None: the recipients of the definition."""

BY = "an application"
"""Who asks, where nobody is named."""
_IN_MEMORY_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class CheckedCampaign:
    """What a check found."""

    report: CheckReport
    plan: RunPlanned | None
    """What a run would take; None where nothing of it can be sent."""


class Campaigns:
    """Campaigns of one installation. Safe to share between threads.

    Args:
        settings: What the environment says, from `plexsend.gateway.environment.read_settings`.
        store: Where messages are; None connects to what the settings name.
    """

    def __init__(self, settings: Settings, store: Store | None = None) -> None:
        self._settings = settings
        self._is_owned = store is None
        self._store = store or Store.connect(settings.redis, settings.key_prefix, idle_s=settings.idle_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless the store was given."""
        if self._is_owned:
            self._store.close()

    def check(
        self, campaign: CampaignLike, recipients: PeopleLike = None, *, processes: int = 1
    ) -> CheckedCampaign:
        """Judge every row as the gateway will, and plan a run. Nothing is sent, and nothing is kept.

        Args:
            campaign: What is sent.
            recipients: To whom.
            processes: How many processes judge; 1: this one alone.

        Raises BadDefinition with every mistake of the definition, FileProblem for a list that cannot be read.
        """
        definition = _definition(campaign)
        with _open(definition, recipients) as people:
            report = checking.check(definition, people, self._store, self._settings, processes=processes)
        planned = plan(read_facts(self._store, definition, report)) if report.can_go else None
        return CheckedCampaign(report, planned)

    def create(
        self,
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
            campaign: What is sent.
            recipients: To whom; they are copied.
            by: Who creates it, for people.
            leave_out_invalid: Whether invalid rows are left out, however many they are.
            from_run: The run (`NAME` or `NAME/3`) of which rows are the recipients; None: none.
            only: Which of its rows: `unsent`, `failed` or `reached`.
            reasons: Codes, or words of what they mean, such as `전원 꺼짐`; empty: any.
            processes: How many processes judge; 1: this one alone.

        Raises NotPossible where the check refuses it, or no such row is left; otherwise as `check`.
        """
        definition = _definition(campaign)
        if definition.cron is not None:
            if from_run is not None:
                raise UsageError(CRON_FROM_RUN)
            return self._create_cron(
                definition, recipients, by=by, leaves_out=leave_out_invalid, processes=processes
            )
        source = ""
        if from_run is not None:
            if recipients is not None or only is None:
                raise UsageError("from_run needs only= (unsent, failed or reached), and takes no recipients.")
            chosen = select(
                self._store,
                self._settings.campaign_dir,
                name=definition.name,
                account=definition.account,
                source=from_run,
                only=_only(only),
                reasons=reasons,
            )
            people, source = cast("Recipients", chosen.recipients), chosen.source
        elif only is not None or reasons:
            raise UsageError("only= and reasons= say which rows of a run are meant: name it with from_run=.")
        else:
            people = _open(definition, recipients)
        with (
            people,
            creating.stage(definition, people, self._store, self._settings, processes=processes) as staged,
        ):
            return staged.create(
                self._store, self._settings, by=by, source=source, leaves_out_invalid=leave_out_invalid
            )

    def _create_cron(
        self, definition: Definition, recipients: PeopleLike, *, by: str, leaves_out: bool, processes: int
    ) -> CreatedRun:
        if recipients is not None:
            raise UsageError(
                "A cron reads its recipients anew at each of its times: name their file in the definition."
            )
        if leaves_out:
            raise UsageError(LEAVE_OUT_OF_CRON)
        with _open(definition, None) as people:
            report = checking.check(definition, people, self._store, self._settings, processes=processes)
        creating.require_sendable(report, leaves_out_invalid=False)
        return create_cron(self._store, definition, by=by, warnings=report.warnings)

    def start(self, name: str, *, account: str | None = None) -> RunState:
        """Let a checked or scheduled run go now, and return its state. Raises NotPossible where it cannot."""
        return creating.start(self._store, find_run(self._store, name, account)).state

    def pause(self, name: str, *, reason: str = "", by: str = BY, account: str | None = None) -> RunState:
        """Keep a run from feeding and sending until `resume`. Raises NotPossible where it is over."""
        run = find_run(self._store, name, account)
        return steering.pause(self._store, run, by=by, why=reason).state

    def resume(self, name: str, *, account: str | None = None) -> RunState:
        """Let a paused run go on. Raises NotPossible where it was cancelled, or is over."""
        return steering.resume(self._store, find_run(self._store, name, account)).state

    def cancel(
        self, name: str, *, reason: str = "", by: str = BY, account: str | None = None
    ) -> RunCancelled:
        """End a run for good: nothing of it is fed or sent from now on. It may be called again.

        By its name alone a campaign with a cron makes no more runs either. Raises NotPossible for a run that
        is done, where that was all that was asked.
        """
        cron = steering.cron_of(self._store, name, account)
        if cron is not None:
            end_cron(self._store, cron)
            if not steering.has_open_run(self._store, cron):
                none = GroupCancelled(cron.name, cron.account, 0, 0, ())
                return steering.RunCancelled(changed=True, messages=none)
        run = find_run(self._store, name, account)
        return steering.cancel(self._store, run, self._settings.campaign_dir, by=by, why=reason)

    def show(self, name: str, *, account: str | None = None, explain: bool = False) -> RunView:
        """Return a run as it is now: its state, its rows by what became of them, its end.

        `explain`: whether to look why it is not through yet, which takes a second where something moves.
        """
        return view_run(self._store, find_run(self._store, name, account), explains=explain)

    def runs(self, name: str | None = None, *, account: str | None = None) -> list[RunView]:
        """Return the runs of a campaign, or all that there are, the latest first within each account."""
        if name is not None:
            account = find_campaign(self._store, name, account).account
        found = reading.runs(self._store, account)
        return [view_run(self._store, run) for run in found if name in (None, run.name)]


def _definition(campaign: CampaignLike) -> Definition:
    return campaign if isinstance(campaign, Definition) else read_definition(campaign)


def _only(only: Only | str) -> Only:
    try:
        return Only(only)
    except ValueError:
        raise UsageError(f"only={str(only)[:40]!r} is not unsent, failed or reached.") from None


def _open(definition: Definition, recipients: PeopleLike) -> Recipients:
    given: Any = definition.recipients if recipients is None else recipients
    receiver = definition.mapping.get("receiver_number")
    if isinstance(given, (str, os.PathLike)) or hasattr(given, "read"):
        if isinstance(given, str) and not given:
            raise UsageError(
                "There are no recipients: name a file of them in the definition, or give them to this call."
            )
        return open_recipients(given, encoding=definition.encoding, sheet=definition.sheet, receiver=receiver)
    if isinstance(given, Mapping) or not isinstance(given, Iterable):
        raise UsageError(f"recipients is of type {type(given).__name__}. Give a file, or a list of mappings.")
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as lines:
        for person in given:
            if not isinstance(person, Mapping):
                raise UsageError(f"A recipient is of type {type(person).__name__}. Give a mapping for each.")
            cells = json.dumps(dict(person), ensure_ascii=False, default=str)
            lines.write(cells.encode() + b"\n")
        lines.seek(0)
        # What is a stream is copied before this returns.
        return open_recipients(lines, fmt="jsonl", file_name="the people that were given", receiver=receiver)
