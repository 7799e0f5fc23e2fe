"""What there is to know of a campaign, of a run, of its lease and of its chunks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.outbox.lanes import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.outbox.runs.states import RunState

_RUN = re.compile(rf"({NAME.pattern})~([0-9]{{1,9}})")
_WRITTEN = re.compile(rf"({NAME.pattern})(?:[/~]([0-9]{{1,9}}))?")
FALLBACK = "~f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What a person defined, known by its name within an account."""

    name: str
    account: str
    id: str
    label: str = ""
    last: int = 0
    """Number of its latest run; 0: it had none."""
    cron: str = ""
    """When it runs again and again; empty: each run is made by a person."""
    time_zone: str = "Asia/Seoul"
    definition: str = field(default="", repr=False)
    """JSON, by which the runs of `cron` are made."""
    if_missed: str = "start"
    missed_within_min: int = 60
    by: str = ""
    created_ms: int = 0
    facts: str = field(default="", repr=False)
    """All of this as Redis has it, JSON."""
    missed_ms: int = 0
    """The latest planned time of `cron` that was missed and skipped; 0: none."""


@dataclass(frozen=True, slots=True)
class RunChunk:
    """A file with some of the recipients, as Redis names it."""

    number: int
    digest: str
    first_row: int
    rows: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to feed a run for a while. One with a higher number ends it."""

    number: int
    holder: str
    until_ms: int
    previous: int = 0
    """The number of the lease before it, as Redis knew it; 0: there was none."""
    fed: int = 0
    """The next row to be fed, when the lease was given."""


@dataclass(frozen=True, slots=True)
class RunFeed:
    """By which right a submit feeds a run, and how far the run is fed with it."""

    lease: int
    """The number of the lease."""
    since: int
    """The next row to be fed now, as far as the feeder knows."""
    fed: int = 0
    """The next row to be fed then; 0: more of these rows follow in another call."""
    skipped: int = 0
    """How many of the rows until there were passed over; counts where `fed` is given."""


NO_FEED = RunFeed(0, 0)
"""Of messages that are not of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One sending of a campaign. Times are ms, 0 for none; counts are rows unless they say otherwise."""

    group: str
    """`NAME~3`."""
    account: str
    id: str
    """Unique: keys of its messages are `<id>-<row>`."""
    state: RunState
    definition: str = field(repr=False)
    """JSON."""
    label: str = ""
    created_ms: int = 0
    by: str = ""
    starts_ms: int = 0
    """When it is to start, or was."""
    started_ms: int = 0
    ended_ms: int = 0
    expires_ms: int = 0
    rows: int = 0
    invalid: int = 0
    left_out: int = 0
    fed: int = 0
    """The next row to be fed: all before it were, or were passed over."""
    skipped: int = 0
    """Rows before `fed` that were passed over."""
    size_bytes: int = 0
    """Of the bodies that were fed."""
    columns: tuple[str, ...] = ()
    chunks: tuple[RunChunk, ...] = ()
    marks: str = ""
    """What names the file that says which rows are left out; empty: it has none, or a version made it that
    named none."""
    lease: int = 0
    holder: str = ""
    until_ms: int = 0
    """When the lease lapses."""
    rate: float = 0.0
    """Messages a second at most; 0: as many as go."""
    why: str = ""
    """Of a pause, a cancel, or a start that was missed."""
    why_by: str = ""
    why_since_ms: int = 0
    tested_ms: int = 0
    dropped_ms: int = 0
    """When its chunks and fates were deleted."""
    prepares: bool = False
    """Whether it is a draft of `cron` whose recipients are to be read and checked."""
    source: str = ""
    """`NAME~2 failed`: the rows of another run that this one is for."""
    plan: str = ""
    """JSON, of the check."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What others wrote down with `note_run`, by its name."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """What those of its lanes counted that have ended, by the names in dictionary.py."""

    @property
    def name(self) -> str:
        """The campaign's name."""
        return self.group.partition("~")[0]

    @property
    def number(self) -> int:
        """Which run of its campaign it is, 1 the first."""
        return int(self.group.partition("~")[2])

    @property
    def written(self) -> str:
        """How people write it: `NAME/3`."""
        return self.group.replace("~", "/")

    def key_of(self, row: int) -> str:
        """Return the key of the message of a row."""
        return f"{self.id}-{row}"

    def row_of(self, msg_key: str) -> int | None:
        """Return the row of a message, or of its fallback; None: it is not of this run."""
        start, _, row = msg_key.removesuffix(FALLBACK).rpartition("-")
        return int(row) if start == self.id and row.isascii() and row.isdecimal() else None


def is_run(group: str | None) -> bool:
    """Return whether a group is a run."""
    return group is not None and _RUN.fullmatch(group) is not None


def group_of(name: str, number: int) -> str:
    """Return the group of a run."""
    return f"{name}~{number}"


def parse_run(written: str) -> tuple[str, int | None]:
    """Return name and number of a run written `NAME/3` or `NAME~3`; None: the latest, as `NAME` means.

    Raises UsageError where it is not written so.
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise UsageError(
            f"{written!r} is not a campaign. Write its name (a-z, 0-9 and -, at most 32), and behind it / "
            "and a number for a run that is not the latest: spring-sale/3."
        )
    return found[1], None if found[2] is None else int(found[2])
