"""Closings: a group that was cancelled takes no messages in until a person opens it again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from plexsend.errors import Closing, GroupClosed
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from plexsend.terminal.moments import WallClock


def closing_json(by: str, why: str, since_ms: int) -> str:
    """Return a closing as the scripts keep it."""
    return json.dumps({"since": since_ms, "by": by, "why": why}, ensure_ascii=False)


def parse_closing(account: str, group: str, value: bytes | str) -> Closing:
    """Return what closed a group; what another program wrote there closes it too, by an unknown hand."""
    try:
        facts = json.loads(value)
        return Closing(group, account, number(facts["since"]), text(facts["by"]), text(facts["why"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return Closing(group, account, 0, "unknown", "what is written here cannot be read")


def refusal(closing: Closing, clock: WallClock) -> GroupClosed:
    """Return the error for messages that were to go into a closed group; `clock`: what shows when."""
    because = f" ({closing.why})" if closing.why else ""
    return GroupClosed(
        f"The group {closing.group} of account {closing.account} is closed: {closing.by} cancelled it at "
        f"{clock.words(closing.since_ms)}{because}. Nothing is taken into it until somebody opens it with "
        f"`plexsend resume group:{closing.group} --account {closing.account}`.",
        closing,
    )
