"""How a campaign is written down, and a run of it is made."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from plexsend.errors import NotPossible
from plexsend.outbox.form import FORM_WITH_CAMPAIGNS, form_in_force
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.redis.put import put
from plexsend.outbox.redis.reads import insist
from plexsend.outbox.replies import text
from plexsend.outbox.runs.calls import call_run, flat
from plexsend.outbox.runs.parsing import parse_campaign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Campaign

ID_BYTES = 6
"""Of random ids of campaigns and runs."""


def put_campaign(
    store: Store,
    account: str,
    name: str,
    *,
    by: str,
    label: str = "",
    cron: str = "",
    time_zone: str = "Asia/Seoul",
    definition: str = "",
    if_missed: str = "start",
    missed_within_min: int = 60,
    planned_ms: int | None = None,
) -> None:
    """Write down what is known of a campaign by its name; its runs stay.

    `planned_ms`: when its `cron` makes a run next; None: it makes none.
    """
    value = insist(store, lambda pipe: pipe.hget(store.keys.campaigns_of(account), name))
    known = None if value is None else parse_campaign(account, name, value)
    facts = {
        "id": known.id if known else secrets.token_hex(ID_BYTES),
        "label": label,
        "cron": cron,
        "time_zone": time_zone,
        "definition": definition,
        "if_missed": if_missed,
        "missed_within_min": missed_within_min,
        "by": by,
        "created": known.created_ms if known else server_ms(store),
    }
    _name_account(store, account)
    call_run(store, account, "campaign", name, text=_as_json(facts), at_ms=planned_ms or 0)


def end_cron(store: Store, campaign: Campaign) -> None:
    """Let a campaign make no more runs by its cron; those that were made stay."""
    facts = {
        "id": campaign.id,
        "label": campaign.label,
        "time_zone": campaign.time_zone,
        "by": campaign.by,
        "created": campaign.created_ms,
        "missed": campaign.missed_ms,
    }
    call_run(store, campaign.account, "campaign", campaign.name, text=_as_json(facts))


def create_run(
    store: Store,
    account: str,
    name: str,
    *,
    definition: str,
    by: str,
    label: str = "",
    columns: Sequence[str] = (),
    rate: float | None = None,
    expires_at_ms: int | None = None,
    source: str = "",
    above: int = 0,
) -> str:
    """Make a run of a campaign, as a draft, and return its group (`NAME~3`).

    `above`: its number is higher than this one.

    Raises NotPossible while an older version of plexsend runs beside this one.
    """
    form_for_campaigns(store)
    facts = {
        "id": secrets.token_hex(ID_BYTES),
        "label": label,
        "by": by,
        "created": server_ms(store),
    }
    _name_account(store, account)
    fields = {
        "definition": definition,
        "by": by,
        "label": label,
        "columns": _as_json(list(columns)),
        "rate": rate or 0,
        "expires": expires_at_ms or 0,
        "source": source,
    }
    reply = call_run(
        store,
        account,
        "create",
        name,
        text=secrets.token_hex(ID_BYTES),
        closing=_as_json(facts),
        at_ms=above,
        rest=flat(fields),
    )
    return text(reply["text"])


def form_for_campaigns(store: Store) -> None:
    """Raise NotPossible while an older version of plexsend runs that would send a run outside its window."""
    if form_in_force(store) < FORM_WITH_CAMPAIGNS:
        raise NotPossible(
            "Campaigns cannot be used yet: an older version of plexsend still runs beside this one and knows "
            "none. They can be used ten minutes after its last process has ended."
        )


# Where ticks look for campaigns.
def _name_account(store: Store, account: str) -> None:
    put(store, "SADD", store.keys.campaigns, account)


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
