"""Groups as callers name them: messages of one account that belong together."""

from __future__ import annotations

from plexsend.errors import UsageError
from plexsend.outbox.lanes import ADS, GROUP, NAME

FORM = "A group's name is 1 to 32 of a-z, 0-9 and -, such as spring-sale."


def check_group(group: object) -> None:
    """Raise UsageError for what cannot be the name of an application's group; None is no group."""
    if group is None:
        return
    if not isinstance(group, str):
        raise UsageError(f"group is of type {type(group).__name__}. {FORM}")
    if NAME.fullmatch(group):
        return
    if GROUP.fullmatch(group):
        raise UsageError(
            f"group={group!r} is the run of a campaign, into which only the campaign puts messages. {FORM}"
        )
    if group.endswith((ADS, f"{ADS}n")):
        raise UsageError(
            f"group={group[:40]!r} names a lane of advertisements, which plexsend makes by itself. "
            f"Say advertisement=True, and the group without it or none. {FORM}"
        )
    # Cut off, since it may be anything: somebody may have mixed up the arguments.
    raise UsageError(f"group={group[:40]!r} is not a group's name. {FORM}")


def check_heard_group(group: object) -> None:
    """Raise UsageError for what cannot be the name of a group of which one hears: runs of campaigns too."""
    if not (isinstance(group, str) and GROUP.fullmatch(group)):
        check_group(group)
