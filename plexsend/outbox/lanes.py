"""A lane: the messages that may share one request."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plexsend.errors import UsageError

NAME = re.compile(r"[a-z0-9-]{1,32}")
"""What an account or a service may be called; lanes and Redis keys are made of it."""

_LANE = re.compile(rf"({NAME.pattern})(?:\.([A-Z]{{1,8}}))?@({NAME.pattern})")


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """Service, variant (RCS `msg_type`, else None) and account."""

    service: str
    variant: str | None
    account: str

    @property
    def name(self) -> str:
        """The lane as it is written: `mms-bulk@main`, `rcs-mms-bulk.RMM@main`."""
        variant = f".{self.variant}" if self.variant else ""
        return f"{self.service}{variant}@{self.account}"

    @classmethod
    def parse(cls, name: str) -> Lane:
        """Return the lane with this name; UsageError where it is not a lane's name."""
        found = _LANE.fullmatch(name)
        if found is None:
            raise UsageError(
                f"{name!r} is not a lane. A lane is written SERVICE@ACCOUNT, such as mms-bulk@main."
            )
        return cls(service=found[1], variant=found[2], account=found[3])
