"""Defined: a campaign as it is kept, its values judged already."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from plexsend.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


class IfMissed(StrEnum):
    """What becomes of a start that came while nothing ran that could start it."""

    START = "start"
    """It starts late, up to `missed_within_min` minutes."""
    SKIP = "skip"


class Duplicates(StrEnum):
    """What becomes of a number that is in the recipients several times."""

    FIRST = "first"
    """Its first row is written to, the others are left out."""
    SEND = "send"
    """Each of its rows is written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a campaign is. Times are ms since 1970; None or an empty text means: not said."""

    name: str
    label: str = ""
    """What people read in place of the name."""
    service: str
    account: str = "main"
    sender: str = ""
    """The number it comes from; `from` where people write it. Empty: the account's own."""
    title: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    """May hold `#{variables}`, as the title and the values of `fields` and `fallback` may."""
    images: tuple[str, ...] = ()
    """Absolute paths or addresses."""
    advertisement: bool = False
    recipients: str = ""
    """An absolute path; empty where they come another way."""
    send_at_ms: int | None = None
    cron: str | None = None
    """Five fields. Never together with `send_at_ms`."""
    time_zone: str = "Asia/Seoul"
    """Of `cron` and `window`."""
    if_missed: IfMissed = IfMissed.START
    missed_within_min: int = 60
    expires_at_ms: int | None = None
    """From then on nothing of it goes out."""
    window: tuple[str, str] | None = None
    """From and until what hour of a day (HH:MM) it sends; None: at any hour."""
    rate: int | None = None
    """Messages a second, at most; None: as fast as the account."""
    pause_at_failure_ratio: float | None = None
    """Above this share of failures among the last `pause_after` it pauses; None: never by itself."""
    pause_after: int = 200
    duplicates: Duplicates = Duplicates.FIRST
    max_invalid: int = 0
    """Rows that may be invalid for it to start by itself."""
    fallback: Mapping[str, Any] | None = field(default=None, repr=False)
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What else an item of the service has, such as `msg_type` and `buttons`."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Field → the column that holds it."""
    defaults: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variable → what stands in for an empty cell."""
    encoding: str | None = None
    """Of the recipients; None: detected."""
    sheet: str | None = None
    """Of a spreadsheet; None: its first one."""

    def as_json(self) -> str:
        """Return it as one line of JSON, without what is as it is by default."""
        defaults = {each.name: _default_of(each) for each in fields(self)}
        held = {name: value for name, value in asdict(self).items() if value != defaults[name]}
        return json.dumps(held, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `as_json` wrote. UsageError for what only a newer version knows."""
        values = json.loads(text)
        unknown = values.keys() - {each.name for each in fields(cls)}
        if unknown:
            raise UsageError(
                f"The definition has {', '.join(sorted(unknown))}, which this version does not know. "
                "A newer one wrote it: update plexsend here."
            )
        if "images" in values:
            values["images"] = tuple(values["images"])
        if values.get("window") is not None:
            values["window"] = tuple(values["window"])
        if "if_missed" in values:
            values["if_missed"] = IfMissed(values["if_missed"])
        if "duplicates" in values:
            values["duplicates"] = Duplicates(values["duplicates"])
        return cls(**values)


def _default_of(each: Any) -> Any:
    return each.default_factory() if callable(each.default_factory) else each.default
