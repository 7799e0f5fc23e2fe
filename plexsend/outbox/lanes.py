"""A lane: messages that share one order, one set of counts and one switch; and its route."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from plexsend.errors import UsageError

NAME = re.compile(r"[a-z0-9-]{1,32}")
"""What an account or a service may be called; lanes and Redis keys are made of it."""

GROUP = re.compile(rf"{NAME.pattern}(?:~[0-9]{{1,9}})?")
"""What a group may be called. Only a run of a campaign has a `~` with its number behind it."""


class Advertising(StrEnum):
    """Whether a lane is of advertisements, as its name says behind the group."""

    NO = ""
    QUIET = "~ad"
    """Of advertisements, which wait in the quiet hours."""
    CONSENTED = "~adn"
    """Of advertisements to people who agreed to get them at night."""


ADS = "~ad"
"""The group of all advertisements that have no other, for holds and decisions."""

_LANE = re.compile(
    rf"({NAME.pattern})(?:\.([A-Z]{{1,8}}))?(?:/(?=[^@])((?:{GROUP.pattern})?)(~adn?)?)?@({NAME.pattern})"
)


@dataclass(frozen=True, slots=True)
class Lane:
    """Service, variant (RCS `msg_type`, else None), account, and group (None: the lane is a route)."""

    service: str
    variant: str | None
    account: str
    group: str | None = None
    """ADS for advertisements without a group."""
    advertising: Advertising = Advertising.NO

    @classmethod
    def of(
        cls, service: str, variant: str | None, account: str, group: str | None, advertising: Advertising
    ) -> Lane:
        """Return the lane of a message whose own group is this, if any."""
        within = group if group is not None or advertising is Advertising.NO else ADS
        return cls(service, variant, account, within, advertising)

    @property
    def name(self) -> str:
        """The lane as it is written: `mms-bulk@main`, `rcs-mms-bulk.RMM/spring~ad@main`."""
        variant = f".{self.variant}" if self.variant else ""
        return f"{self.service}{variant}{f'/{self.branch}' if self.branch else ''}@{self.account}"

    @property
    def branch(self) -> str:
        """What tells it from its route: its group and its mark; empty for a route."""
        return f"{self.own_group or ''}{self.advertising}"

    @property
    def own_group(self) -> str | None:
        """The group that its messages were given; None for advertisements without one, too."""
        return None if self.group == ADS else self.group

    @property
    def is_advertising(self) -> bool:
        """Whether its messages are advertisements."""
        return self.advertising is not Advertising.NO

    @property
    def has_night_consent(self) -> bool:
        """Whether they are advertisements to people who agreed to get them at night."""
        return self.advertising is Advertising.CONSENTED

    @property
    def route(self) -> Lane:
        """The lane without its group: what may share one request has one route."""
        return self if self.group is None else Lane(self.service, self.variant, self.account)

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
        service, variant, group, mark, account = found.groups()
        return cls.of(service, variant, account, group or None, Advertising(mark or ""))
