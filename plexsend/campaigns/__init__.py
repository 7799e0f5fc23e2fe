"""Campaigns: what a person sends to a list of people, from its definition to its report.

    from plexsend import campaigns

    spring = campaigns.define(name="spring", service="lms-bulk", from_="02-2345-6789", text="#{이름}님 …")
    campaigns.create(spring, [{"receiver_number": "010-1234-5678", "이름": "홍길동"}])
    campaigns.start("spring")

`check` judges every row and plans, `create` makes a run, and `start`, `pause`, `resume`, `cancel` steer it;
`show` and `runs` return what became of its rows. They take their settings from the environment; `Campaigns`
takes others. Each part is imported when it is asked for.
"""

from __future__ import annotations

# Type checkers take this name for true. The module `typing`, which has it, would cost more than all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from plexsend.campaigns.api import cancel, check, create, pause, resume, runs, show, start
    from plexsend.campaigns.console import Campaigns, CheckedCampaign
    from plexsend.campaigns.definitions.definition import BadDefinition, Definition, define, read_definition
    from plexsend.campaigns.drafts.created import CreatedRun
    from plexsend.campaigns.drafts.from_run import Only
    from plexsend.campaigns.reading.counting import RowCounts
    from plexsend.campaigns.steering import RunCancelled
    from plexsend.campaigns.viewing import RunView
    from plexsend.outbox.runs.states import RunState

__all__ = [
    "BadDefinition",
    "Campaigns",
    "CheckedCampaign",
    "CreatedRun",
    "Definition",
    "Only",
    "RowCounts",
    "RunCancelled",
    "RunState",
    "RunView",
    "cancel",
    "check",
    "create",
    "define",
    "pause",
    "read_definition",
    "resume",
    "runs",
    "show",
    "start",
]

_HOMES = {
    "campaigns.api": ("cancel", "check", "create", "pause", "resume", "runs", "show", "start"),
    "campaigns.console": ("Campaigns", "CheckedCampaign"),
    "campaigns.reading.counting": ("RowCounts",),
    "campaigns.drafts.created": ("CreatedRun",),
    "campaigns.definitions.definition": ("BadDefinition", "Definition", "define", "read_definition"),
    "campaigns.drafts.from_run": ("Only",),
    "campaigns.steering": ("RunCancelled",),
    "campaigns.viewing": ("RunView",),
    "outbox.runs.states": ("RunState",),
}
"""Module → what is imported from it when it is first asked for."""

_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import what is asked for, and keep it."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"plexsend.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
