"""What a process knows of a route: by its takes, which only go up, it notices that Redis forgot some."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """What one process knows of one route, as of the last reply."""

    here: str = ""
    """Which server it was: the ms of the account's first submit there; empty: nothing is known."""
    takes: int = 0
    """Number of the last take."""
    went: int = 0
    """Messages that went by then: those taken, without those that came back unsent."""
    at_ms: int = 0
    """When the process heard of this server last, on its clock."""

    @property
    def words(self) -> str:
        """What the script advance gets beside the number of the take."""
        return f"{self.here} {self.went} {self.at_ms}" if self.here else ""


NOTHING_SEEN = Seen()
