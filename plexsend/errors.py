"""The tree of errors. Each branch says what becomes of the message.

PlexsendError
├── SettingsError          nothing starts; every wrong or missing setting is listed
├── UsageError             nothing was done: the call itself is wrong (unknown service, naive datetime)
├── NotPossible            what was asked for does not exist, or cannot be done now; nothing was changed
├── InvalidItem            this item is refused, its neighbours go on
├── FileProblem            the file cannot be read further; rows before it are as reported
└── OutboxError
    ├── OutboxUnavailable  Redis did not answer; answers before it hold, the rest is not known
    ├── OutboxFull         Redis is above its mark; nothing of this chunk was added: try again later
    ├── OutboxUnsuitable   the server must not be used as it is configured; nothing starts
    └── RecordBroken       another program spoilt this record; `plexsend audit` names all of them
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class PlexsendError(Exception):
    """Any error of plexsend. Its text is for people and holds no body, number or secret."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong (or merely doubtful): where, what, and what to do about it."""

    field: str
    """Dotted path as the caller writes it (`file_path.1`), or a setting's name."""
    reason: str
    remedy: str

    def __str__(self) -> str:
        """Return one line for a person."""
        what = f"{self.field}: {self.reason}"
        return f"{what}. {self.remedy}" if self.remedy else what


class SettingsError(PlexsendError):
    """Settings are wrong or missing; `problems` names all of them at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("settings are wrong:\n" + "\n".join(f"  {problem}" for problem in self.problems))


class UsageError(PlexsendError):
    """The call makes no sense: the caller's code or command line must change."""


class NotPossible(PlexsendError):
    """What was asked for does not exist, or is not possible now. Ends a command with exit code 1."""


class InvalidItem(PlexsendError):
    """An item that the gateway would refuse, with every problem found in it."""

    def __init__(self, problems: Sequence[Problem], *, msg_key: str | None = None) -> None:
        self.problems = tuple(problems)
        self.msg_key = msg_key
        super().__init__("; ".join(str(problem) for problem in self.problems))


class FileProblem(PlexsendError):
    """A file that cannot be read, or only up to `line` (the first line is 1; None: the whole file)."""

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        self.line = line
        super().__init__(reason)


class OutboxError(PlexsendError):
    """Redis could not do what was asked."""


class OutboxUnavailable(OutboxError):
    """Redis did not answer. Whether the last call took effect is not known; all calls may be repeated."""


class OutboxFull(OutboxError):
    """Redis is above 80 % of its `maxmemory`: nothing new is taken in until it has drained."""


class OutboxUnsuitable(OutboxError):
    """The server's own settings would lose messages; the text says which, and what to set."""


class RecordBroken(OutboxError):
    """A message's record is not whole: only another program or a restored backup causes this."""
