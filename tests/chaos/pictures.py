"""What is known of the pictures of a run: who wanted which, what the gateway took. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.chaos.ledger_lines import new_lines

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Taken:
    """One picture that the gateway took."""

    at: float
    user: str
    content: str
    """A hash of it, with the product before it."""
    url: str
    answer: str
    """How much of a usable answer was meant to leave: whole, part or none."""


@dataclass(slots=True)
class Want:
    """One call of a process that wants a picture."""

    account: str
    content: str
    asked_at: float
    url: str | None = None
    """What the call returned; None: it never did."""
    error: str = ""
    """The error in its place."""


@dataclass(frozen=True, slots=True)
class Aged:
    """A picture of which Redis was made to believe that it was uploaded three months before."""

    account: str
    url: str
    asked_at: float
    answered_at: float
    expires_at: float


@dataclass(slots=True)
class Pictures:
    """All of a run."""

    taken: list[Taken] = field(default_factory=list)
    wants: list[Want] = field(default_factory=list)
    aged: list[Aged] = field(default_factory=list)

    def aged_by(self, account: str, url: str) -> list[Aged]:
        """Return how often this address was made old; all of one picture are at once."""
        content = _content_of(url)
        return [each for each in self.aged if each.account == account and _content_of(each.url) == content]


# The gateway writes it into each address.
def _content_of(url: str) -> str:
    return url.rpartition("/")[2].partition("-")[0]


@dataclass(slots=True)
class PictureLedgers:
    """Reads the ledgers of pictures as they grow: of the gateway, and of the processes that upload."""

    taken: list[Taken] = field(default_factory=list)
    wants: list[Want] = field(default_factory=list)
    _open: dict[Path, Want] = field(default_factory=dict)
    _places: dict[Path, int] = field(default_factory=dict)

    def read_gateway(self, path: Path) -> None:
        """Read what the gateway took since the last time."""
        for line in new_lines(path, self._places):
            self.taken.append(Taken(line["at"], line["user"], line["content"], line["url"], line["answer"]))

    def read_uploader(self, path: Path) -> None:
        """Read what a process wanted, and got."""
        for line in new_lines(path, self._places):
            if "wants" in line:
                want = self._open[path] = Want(line["account"], line["wants"], line["at"])
                self.wants.append(want)
            elif "got" in line:
                self._open[path].url, self._open[path].error = line["got"] or None, line["error"]
