"""Submissions: what became of each item that was submitted, and the errors that hold one.

The errors are drawn in the tree of plexsend.errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import TYPE_CHECKING

from plexsend.errors import (
    GroupClosed,
    OutboxError,
    OutboxFull,
    OutboxUnavailable,
    PlexsendError,
    Problem,
    Refused,
    RefusedItem,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.outbox.states import State
    from plexsend.outbox.submit import KeptTimes


@dataclass(frozen=True, slots=True)
class Added:
    """A new message: it will end in one known state, whatever dies on the way."""

    index: int
    """Place of the item in the call, 0 the first; for a file the row's line, 1 the first."""
    msg_key: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same key, lane and body were submitted before: nothing was added."""

    index: int
    msg_key: str
    state: State
    """The state of the message that was submitted first."""
    kept: KeptTimes | None = None
    """Its times, where it waits and others were asked for now: they are not changed."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The key belongs to another message (another body, service, variant or group): nothing was added."""

    index: int
    msg_key: str
    state: State
    """The state of the message that has the key."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The name that `problems` had; applications go on using it."""
        return self.problems

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong: as for an invalid item, but the item itself may be right."""
        return (
            Problem(
                "msg_key",
                f"belongs to another message of this account, or of another service or group ({self.state})",
                "Give it another key, if it is to be sent at all.",
            ),
        )


@dataclass(frozen=True, slots=True)
class Changed:
    """A row of a file to a receiver that an earlier import of the name had already: it is held back."""

    index: int
    """The row's line, 1 the first."""
    msg_key: str

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why it is held back, and what to do: the row itself may be right."""
        return (
            Problem(
                "row",
                "is not sent yet: this list was imported before, and its receiver (or key column's cell) had "
                "a message then, which said something else or is forgotten by now",
                "If it is to go as a second message, import it with --changed send (changed='send').",
            ),
        )


@dataclass(frozen=True, slots=True)
class Invalid:
    """An item that the gateway would refuse: nothing was added."""

    index: int
    msg_key: str | None
    """The item's own key; None where it has none that is valid."""
    errors: tuple[Problem, ...]
    """The name that `problems` had; applications go on using it."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with it."""
        return self.errors


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning about an item that can be sent, or a replacement that was made in it."""

    index: int
    msg_key: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class InDoubt:
    """An item that Redis may or may not have: submit it again under this very key."""

    index: int
    msg_key: str


Unknown = InDoubt
"""The name that InDoubt had; applications go on using it."""


@dataclass(frozen=True, slots=True)
class NotAdded:
    """A valid item that was read but certainly not added: submit it again."""

    index: int
    msg_key: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of every item that was read. Each list is in the order of `index`."""

    added: list[Added] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    invalid: list[Invalid] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    """Several for one item are possible; the item itself is in another list."""
    replacements: list[Remark] = field(default_factory=list)
    """Only where replacements were asked for; as `warnings`."""
    in_doubt: list[InDoubt] = field(default_factory=list)
    """Empty unless the submission was interrupted."""
    not_added: list[NotAdded] = field(default_factory=list)
    """Empty unless the submission was interrupted."""
    changed: list[Changed] = field(default_factory=list)
    """Rows of an import that are held back; a call of `submit` has none."""

    @property
    def unknown(self) -> list[InDoubt]:
        """The name that `in_doubt` had; applications go on using it."""
        return self.in_doubt

    def raise_for_refused(self) -> None:
        """Raise Refused with every item that is invalid or in conflict; return where there is none."""
        every: list[Invalid | Conflict] = [*self.invalid, *self.conflicts]
        refused = [RefusedItem(each.index, each.msg_key, each.problems) for each in every]
        if refused:
            alone = len(refused) + len(self.added) + len(self.duplicates) == 1
            raise Refused(sorted(refused, key=attrgetter("index")), alone=alone)

    def map_problems(self, name: Callable[[Problem], Problem]) -> Submission:
        """Return the same, each problem, warning and replacement as `name` returns it."""

        def named(remarks: Sequence[Remark]) -> list[Remark]:
            return [replace(remark, problem=name(remark.problem)) for remark in remarks]

        return replace(
            self,
            invalid=[replace(each, errors=tuple(map(name, each.problems))) for each in self.invalid],
            warnings=named(self.warnings),
            replacements=named(self.replacements),
        )

    def extend(self, later: Submission) -> None:
        """Append everything of a submission whose items came after these."""
        for part in fields(self):
            getattr(self, part.name).extend(getattr(later, part.name))

    def sort(self) -> None:
        """Bring every list into the order of `index`."""
        for part in fields(self):
            getattr(self, part.name).sort(key=attrgetter("index"))

    # The lists may hold a million entries: a log line or a debugger wants their lengths.
    def __repr__(self) -> str:
        lengths = ", ".join(f"{part.name}={len(getattr(self, part.name))}" for part in fields(self))
        return f"Submission({lengths})"


class SubmitInterrupted(OutboxError):
    """A submission ended part-way: Redis failed, a cancel closed its group, or its items raised.

    To go on: submit `submission.in_doubt` again under the keys that are given there (what was added before is
    then a duplicate), `submission.not_added` again, and the items from `taken` on. Where every item has a
    `msg_key` of its own it is enough to make the same call again.
    """

    def __init__(self, cause: Exception, submission: Submission, taken: int) -> None:
        self.cause = cause
        """What ended it: an error of Redis, or what the iterable of items raised."""
        self.submission = submission
        self.taken = taken
        """How many items were read from the iterable."""
        super().__init__(f"{_name_cause(cause)} {_describe(submission, taken)}")


def _name_cause(cause: Exception) -> str:
    # The text of a foreign error may hold an item.
    if isinstance(cause, PlexsendError):
        return str(cause)
    return f"The iterable of items raised {type(cause).__name__}."


def _describe(submission: Submission, taken: int) -> str:
    """Return what is known of an interrupted submission and what to do, as a person reads it."""
    in_doubt, not_added = submission.in_doubt, submission.not_added
    known = taken - len(in_doubt) - len(not_added)
    if taken == len(not_added):
        return "Nothing was added. Then make the same call again."
    if taken == len(in_doubt) == 1:
        return (
            "Whether the message was added is not known. Submit it again under the key "
            f"{in_doubt[0].msg_key}: it is never added twice."
        )
    return (
        f"Of {taken} items read, {known} were answered ({len(submission.added)} added), "
        f"{len(in_doubt)} are in doubt and {len(not_added)} were not added. "
        "Submit those again under the same keys: nothing is added twice."
    )


class InterruptedByFull(SubmitInterrupted, OutboxFull):
    """Redis became too full for the next chunk."""


class InterruptedByClosing(SubmitInterrupted, GroupClosed):
    """A cancel closed the group before the next chunk."""

    def __init__(self, cause: GroupClosed, submission: Submission, taken: int) -> None:
        # Not through the second parent: its text is part of the first one's.
        self.closing = cause.closing
        self.cause = cause
        self.submission = submission
        self.taken = taken
        OutboxError.__init__(self, f"{cause} {_describe(submission, taken)}")


class InterruptedByItems(SubmitInterrupted):
    """The iterable of items raised, or something else that is not Redis; that error is `cause`."""


class InterruptedByOutage(SubmitInterrupted, OutboxUnavailable):
    """Redis stopped answering."""


def interruption(cause: Exception, submission: Submission, taken: int) -> SubmitInterrupted:
    """Return the interruption that also is an error of the cause's kind."""
    if isinstance(cause, OutboxFull):
        return InterruptedByFull(cause, submission, taken)
    if isinstance(cause, GroupClosed):
        return InterruptedByClosing(cause, submission, taken)
    if isinstance(cause, OutboxUnavailable):
        return InterruptedByOutage(cause, submission, taken)
    if isinstance(cause, OutboxError):
        return SubmitInterrupted(cause, submission, taken)
    return InterruptedByItems(cause, submission, taken)


def carry(stop: BaseException, submission: Submission, taken: int) -> None:
    """Give what stops a whole program (Ctrl-C, SystemExit) what is known of the submission that it ended.

    It stays what it is, so that it ends what it is meant to end. It gets the attributes `submission` and
    `taken` of a SubmitInterrupted, and says the same as a note.
    """
    stop.submission = submission  # type: ignore[attr-defined]  # as the docs of `submit` say
    stop.taken = taken  # type: ignore[attr-defined]
    stop.add_note(f"submit was stopped. {_describe(submission, taken)}")


def join(parts: list[Submission]) -> Submission:
    """Return parts, in their order, as one submission. The list is empty afterwards."""
    whole = Submission()
    parts.reverse()
    while parts:
        whole.extend(parts.pop())
    return whole
