"""A lane: messages that share one order, one set of counts and one switch; and its route."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from plexsend.errors import UsageError

NAME = re.compile(r"[a-z0-9-]{1,32}")
"""What an account or a service may be called; lanes and Redis keys are made of it."""

GROUP = re.compile(rf"{NAME.pattern}(?:~[0-9]{{1,9}})?")
"""What a group may be called. Only a run of a campaign has a `~` with its number behind it."""

_LANE = re.compile(rf"({NAME.pattern})(?:\.([A-Z]{{1,8}}))?(?:/({GROUP.pattern}))?@({NAME.pattern})")


@dataclass(frozen=True, slots=True)
class Lane:
    """Service, variant (RCS `msg_type`, else None), account, and group (None: the lane is a route)."""

    service: str
    variant: str | None
    account: str
    group: str | None = None

    @property
    def name(self) -> str:
        """The lane as it is written: `mms-bulk@main`, `rcs-mms-bulk.RMM/spring@main`."""
        variant = f".{self.variant}" if self.variant else ""
        group = f"/{self.group}" if self.group else ""
        return f"{self.service}{variant}{group}@{self.account}"

    @property
    def route(self) -> Lane:
        """The lane without its group: what may share one request has one route."""
        return self if self.group is None else replace(self, group=None)

    @property
    def is_route(self) -> bool:
        """Whether it has no group."""
        return self.group is None

    @classmethod
    def parse(cls, name: str) -> Lane:
        """Return the lane with this name; UsageError where it is not a lane's name."""
        found = _LANE.fullmatch(name)
        if found is None:
            raise UsageError(
                f"{name!r} is not a lane. A lane is written SERVICE@ACCOUNT, such as mms-bulk@main, "
                "or SERVICE/GROUP@ACCOUNT."
            )
        return cls(service=found[1], variant=found[2], account=found[4], group=found[3])
