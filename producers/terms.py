"""Terms: what holds for every item of a call or a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.terminal.moments import WallClock

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from plexsend.settings import NumberKey


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every item of a pipeline; times in ms since 1970, None where there is none."""

    service: str
    account: str
    group: str | None = None
    send_at_ms: int | None = None
    expires_at_ms: int | None = None
    variant: str | None = None
    """The variant (RCS `msg_type`) of every item; None where each says its own, or has none."""
    advertisement: bool = False
    """Whether items that say nothing of it are advertisements."""
    night_consent: bool = False
    """Whether the receivers of those that say nothing of it agreed to advertisements at night."""
    replace: bool = False
    mend_numbers: bool = False
    """Whether the 0 that a spreadsheet took from a number is put back, and reported."""
    from_file: bool = False
    """Whether the items are rows of a file, whose author reads what is wrong with them."""
    zone: ZoneInfo | None = None
    """The zone of a row's time that has none; None: a time needs one."""
    clock: WallClock = field(default_factory=WallClock)
    """Shows times in remarks."""
    number_key: NumberKey | None = None
    """Under which receivers are hashed; None: no hash of them is kept."""

    def __post_init__(self) -> None:
        # "no" is true as well: it would ask for what its caller does not want.
        for name in ("advertisement", "night_consent", "replace", "mend_numbers"):
            value = getattr(self, name)
            if not isinstance(value, bool):
                raise UsageError(f"{name} is of type {type(value).__name__}. Give True or False.")
        if self.night_consent and not self.advertisement:
            raise UsageError("night_consent is for advertisements. Give advertisement too, or leave it out.")

    def facts(self) -> tuple[str, ...]:
        """Return what items that say nothing of it become by these terms."""
        return tuple(name for name in ("advertisement", "night_consent") if getattr(self, name))
