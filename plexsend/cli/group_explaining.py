"""Why a group is not through yet, as it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.targets import find_group, require_known
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.reading.flow_facts import gather
from plexsend.outbox.reading.group_why import explain_group
from plexsend.outbox.reading.groups import groups
from plexsend.outbox.runs import reading as runs
from plexsend.outbox.runs.run import is_run
from plexsend.terminal.faults import EXIT_REFUSED
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store
    from plexsend.terminal.screen import Screen


def explain(
    screen: Screen,
    store: Store,
    group: str,
    *,
    account: str | None,
) -> int:
    """Print what keeps a group and return the exit code. Raises NotPossible where nobody knows it."""
    target = find_group(store, group, account)
    where = target.account or ""
    require_known(store, target)
    views = [view for view in groups(store, where) if view.group == group]
    parts = gather(
        store, read_to_show(store), wanted=lambda lane: (lane.group, lane.account) == (group, where)
    )
    run = runs.run(store, where, group) if is_run(group) else None
    rate = 0.0 if run is None else run.rate
    answer = explain_group(group, where, views, parts, clock_of(store, where), own_rate_per_s=rate)
    screen.facts(
        {
            "group": group,
            "account": where,
            "messages": answer.total,
            "unsent": answer.unsent,
            "causes": [
                {"kind": each.kind, "count": each.count, "text": each.text, "remedy": each.remedy or None}
                for each in answer.causes
            ],
        }
    )
    screen.say(
        f"group {group} ({where}): {counted(answer.total, 'message')}, "
        f"of which {answer.unsent:,} still to go",
        style="bold",
    )
    for cause in answer.causes:
        lead = "" if cause.kind in ("closed", "paused") else f"{cause.count:,} "
        screen.say(f"  - {lead}{cause.text}", wraps=True)
        if cause.remedy:
            screen.say(f"    {cause.remedy}", wraps=True)
    return 0 if answer.is_well else EXIT_REFUSED
