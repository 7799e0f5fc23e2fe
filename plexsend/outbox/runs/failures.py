"""Why a run is not changed or fed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import NotPossible, OutboxError

if TYPE_CHECKING:
    from plexsend.outbox.runs.states import RunState


class RunRefused(NotPossible):
    """A step is not possible in the state that a run has, or there is no such run; nothing was changed.

    Args:
        reason: What was asked for and why it cannot be done, for people.
        state: The state that the run has; None: there is no such run.
    """

    def __init__(self, reason: str, state: RunState | None) -> None:
        self.state = state
        super().__init__(reason)


class RunFenced(OutboxError):
    """Who feeds a run may not any more: nothing was added, and its mark did not move.

    Args:
        group: The run.
        state: Why: the state that it has; `lease` where another feeds it, `lapsed` where the lease is over,
            `fed` where these rows were fed before, `behind` where Redis went back behind rows that were;
            empty where there is no such run.
    """

    def __init__(self, group: str, state: str) -> None:
        self.group = group
        self.state = state
        super().__init__(f"Nothing is fed to the run {group.replace('~', '/')}: {state or 'there is none'}.")


class RunMustWait(OutboxError):
    """The rate of a run: nothing was added, and the same rows go after `wait_ms`."""

    def __init__(self, group: str, wait_ms: int) -> None:
        self.group = group
        self.wait_ms = wait_ms
        super().__init__(f"The run {group.replace('~', '/')} is fed again in {wait_ms} ms, by its own rate.")
