"""`plexsend lanes` stays short with thousands of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane

if TYPE_CHECKING:
    from collections.abc import Callable

SENT, BUSY, DEAD = (Lane("mms-bulk", None, "main", name) for name in ("sent", "busy", "dead"))


def test_groups_with_nothing_left_to_do_are_counted_in_one_line(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.ACCEPTED, "a", lane=SENT)
    yard.end(Outcome.REJECTED, "d", lane=DEAD)
    yard.add("b", lane=BUSY)
    shown = [line["lane"] for line in run("lanes", "--json").lines]
    assert shown == [BUSY.name, DEAD.name, "mms-bulk@main"]
    assert "Idle lanes with a group, not shown: 1" in run("lanes").err
    assert SENT.name in [line["lane"] for line in run("lanes", "--all", "--json").lines]
