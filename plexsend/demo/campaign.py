"""The demo's campaign: checked, planned, started, watched to its end, and reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.campaigns.console import Campaigns
from plexsend.campaigns.definitions.definition import read_definition
from plexsend.campaigns.report.languages import Language
from plexsend.campaigns.report.making import ReportMaker
from plexsend.campaigns.report.page import page_of
from plexsend.demo.sample_campaign import CAMPAIGN, RATE_PER_S, write_campaign
from plexsend.demo.terms import REPORT_FILE
from plexsend.errors import PlexsendError
from plexsend.outbox.runs.states import OVER
from plexsend.private_files import private_file
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.campaigns.console import CheckedCampaign
    from plexsend.campaigns.plans.planning import RunPlanned
    from plexsend.campaigns.reading.counting import RowCounts
    from plexsend.campaigns.viewing import RunView
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings

_S_MS = 1_000


@dataclass(frozen=True, slots=True)
class CampaignSeen:
    """How the campaign went."""

    name: str
    label: str
    counts: RowCounts
    keys: tuple[str, ...]
    """Of its messages."""
    planned_s: float
    """How long the plan said that it sends."""
    took_s: float
    """How long it sent."""

    @property
    def ok(self) -> bool:
        """Whether the four outcomes are the rows, and nothing is open."""
        return sum(self.counts.outcomes.values()) == self.counts.rows and not self.counts.pending


class CampaignPlay:
    """Plays the campaign with the Python face; the workers of the demo feed it.

    Args:
        store: Where it is.
        settings: With the folder of campaigns that the workers have.
        folder: Where its files are written.
        say: Hears what happens, in sentences.
    """

    def __init__(self, store: Store, settings: Settings, folder: Path, say: Callable[[str], None]) -> None:
        self._store = store
        self._settings = settings
        self._folder = folder
        self._say = say
        self._campaigns = Campaigns(settings, store)
        self._plan: RunPlanned | None = None

    def begin(self) -> int:
        """Check it, plan it and start it; return how many messages it has."""
        file = write_campaign(self._folder)
        definition = read_definition(file)
        checked = self._campaigns.check(definition)
        self._plan = checked.plan
        self._say_checked(checked)
        self._campaigns.create(definition, by="demo", leave_out_invalid=True)
        self._campaigns.start(CAMPAIGN)
        self._say(
            f"`plexsend campaign start {CAMPAIGN}`: the workers feed it from the copy of its list, "
            "each row once, whoever of them dies."
        )
        return checked.report.messages

    def is_over(self) -> bool:
        """Return whether it is over, and its last receipt there."""
        return _is_over(self._campaigns.show(CAMPAIGN))

    def end(self) -> CampaignSeen:
        """Write its report into the folder, and return how it went."""
        view = self._campaigns.show(CAMPAIGN)
        run = view.run
        made = ReportMaker(self._store, self._settings.campaign_dir, run).make()
        with private_file(self._folder / REPORT_FILE) as file:
            file.write(page_of(made.report, Language.KOREAN))
        planned = self._plan
        return CampaignSeen(
            name=run.name,
            label=run.label,
            counts=view.counts,
            keys=tuple(run.key_of(row) for row in range(run.rows)),
            planned_s=0.0 if planned is None else (planned.ends_at_ms - planned.starts_at_ms) / _S_MS,
            took_s=max(0, run.ended_ms - run.started_ms) / _S_MS,
        )

    def _say_checked(self, checked: CheckedCampaign) -> None:
        report, planned = checked.report, checked.plan
        notes = ", ".join(report.notes)
        self._say(
            f"`plexsend campaign check spring.toml` ({notes}) judges every row as it will be sent: "
            f"{report.rows} rows, {report.invalid} invalid, "
            f"{counted(report.duplicates, 'duplicate')} left out."
        )
        if planned is None:
            raise PlexsendError("The demo's campaign cannot be sent: the check refuses all of it.")
        seconds = (planned.ends_at_ms - planned.starts_at_ms) / _S_MS
        self._say(
            f"Its plan: {counted(planned.messages, 'message')} in {counted(planned.requests, 'request')}, "
            f"{seconds:.1f} s at {RATE_PER_S} a second."
        )


def _is_over(view: RunView) -> bool:
    return view.state in OVER and not view.counts.pending
