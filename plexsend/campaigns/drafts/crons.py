"""Campaigns with a cron: written down once, and a run is made of them at each of their times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.definitions.schedule import next_after
from plexsend.campaigns.drafts.created import CreatedRun
from plexsend.errors import Problem
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.making import form_for_campaigns, put_campaign

if TYPE_CHECKING:
    from plexsend.campaigns.definitions.defined import Definition
    from plexsend.outbox.redis.store import Store

LEAVE_OUT_OF_CRON = (
    "--leave-out-invalid (leave_out_invalid=True) is for one run, and a cron makes many. Say in the "
    "definition how many invalid rows each of them may leave out: max_invalid = 10."
)


def create_cron(
    store: Store, definition: Definition, *, by: str, warnings: tuple[Problem, ...] = ()
) -> CreatedRun:
    """Write a campaign down whose cron makes a run at each of its times, its recipients read anew.

    `warnings`: what is doubtful in it.
    """
    form_for_campaigns(store)
    assert definition.cron is not None  # noqa: S101  as the caller saw
    planned_ms = next_after(definition.cron, definition.time_zone, server_ms(store))
    put_campaign(
        store,
        definition.account,
        definition.name,
        by=by,
        label=definition.label,
        cron=definition.cron,
        time_zone=definition.time_zone,
        definition=definition.as_json(),
        if_missed=str(definition.if_missed),
        missed_within_min=definition.missed_within_min,
        planned_ms=planned_ms,
    )
    return CreatedRun(None, definition.account, None, planned_ms, warnings)


def beside_cron(store: Store, definition: Definition) -> tuple[Problem, ...]:
    """Return that the campaign makes runs by a cron too, which a run made by hand does not end."""
    campaign = reading.campaign(store, definition.account, definition.name)
    if campaign is None or not campaign.cron:
        return ()
    at_ms = reading.due_at(store, definition.account).get(definition.name)
    then = "" if at_ms is None else f", the next at {clock_of(store, definition.account).words(at_ms)}"
    return (
        Problem(
            "cron",
            f"the campaign {definition.name} has one ({campaign.cron}), which stays: it makes runs beside "
            f"this one{then}",
            f"To end it, with its run that is not over: plexsend campaign cancel {definition.name}, before "
            "this run is created. To keep the two apart: another name in the definition.",
        ),
    )
