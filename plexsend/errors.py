"""The tree of errors. Each branch says what becomes of the message.

PlexsendError
├── SettingsError            nothing starts; every wrong or missing setting is listed
├── MissingExtra             nothing starts; the extra to install is named with its command
├── UsageError               nothing was done: the call itself is wrong (unknown service, naive datetime)
│   ├── ValuesRefused        values of policies are wrong; none was changed
│   ├── BadSchedule          a plan by cron or a window is not one (in campaigns.definitions.schedule)
│   └── BadDefinition        a campaign's definition has mistakes; all are named
│                            (in campaigns.definitions.definition)
├── NotPossible              what was asked for does not exist, or cannot be done now; nothing was changed
│   ├── ImportRefused        whether a file is the same list as before is not clear; a person says so
│   └── RunRefused           a run of a campaign has not the state for it (in outbox.runs.failures)
├── InvalidItem              this item is refused, its neighbours go on
├── PictureRefused           this picture is not one that the gateway takes; nothing of it was uploaded
├── UploadFailed             the gateway takes no picture now, or not from this account: later, or a person
│                            (these two in gateway.pictures.failures)
├── Refused                  messages broke a rule, or their keys belong to others: these were not added
├── FileProblem              the file cannot be read further; rows before it are as reported
│   └── FileChanged          the same, since somebody wrote to it meanwhile
├── ArchiveFailed            the archive cannot be written or read; what it has it keeps, and the rest is
│                            given to it again
├── CampaignFolderFailed     the folder of a run cannot be used; what is in it stays
│   │                        (in campaigns.folders.whole_files)
│   └── ChunkMissing         a file of it is not on this host, or damaged (in campaigns.folders.folder)
├── ImportInterrupted        an import stopped between its rows; what was answered stands, in `report`
│                            (in producers.files.reports, for it holds one)
├── ChildFailed              a process that was started ended, or never became ready (in stack.child)
├── ResultsMissed            a reader of results fell behind what is kept: what it did not hear is named
├── NotWritten               what a request to the receipts server brought may not be in Redis: it comes again
│                            (in web.writer)
├── NotTaken                 a push of refusals may not be in Redis: it comes again (in web.refusal_writer)
│   └── WrongKey             this process has not the account's key for numbers: it takes none of its refusals
│                            (in web.refusal_writer)
├── PartFailed               a process of `up` or `demo` ended; the others are stopped (in stack.stack)
└── OutboxError
    ├── OutboxUnavailable    Redis did not answer; answers before it hold, the rest is not known
    │   └── OutboxMoved      the account's messages are not on this server; nothing was written
    ├── OutboxFull           Redis is above its mark; nothing of this chunk was added: try again later
    ├── GroupClosed          a cancel closed the group; nothing of this chunk was added until it is opened
    ├── RunFenced            who feeds a run of a campaign may not any more; nothing of this chunk was added
    ├── RunMustWait          the run's own rate: nothing of this chunk was added, it goes a moment later
    │                        (these two in outbox.runs.failures)
    ├── FeedingRefused       the fleet as it is takes none of a run's messages: its rows wait
    │                        (in campaigns.feeds.fence)
    ├── OutboxUnsuitable     the server must not be used as it is configured; nothing starts
    │   └── WrongServer      the address leads to a server, database or login that cannot do the work
    ├── RecordBroken         another program spoilt this record; `plexsend audit` names all of them
    ├── KeySpoilt            another program put something else in place of a key; nothing more was done
    └── SubmitInterrupted    it ended part-way; what was answered stands, in `submission`
        │                    (these five in producers.submissions, for they hold one)
        ├── InterruptedByFull     also an OutboxFull: let the backlog drain, then go on
        ├── InterruptedByItems    what makes the items raised; `cause` is that error
        ├── InterruptedByClosing  also a GroupClosed: go on once the group is open again
        └── InterruptedByOutage   also an OutboxUnavailable: of some items it is not known whether they were
                                  added; they are in `submission.in_doubt`
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.problems import Problem as Problem
from plexsend.problems import RefusedItem as RefusedItem
from plexsend.problems import describe_all, describe_only

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class PlexsendError(Exception):
    """Any error of plexsend. Its text is for people and holds no body, number or secret."""


class SettingsError(PlexsendError):
    """Settings are wrong or missing; `problems` names all of them at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("settings are wrong:\n" + "\n".join(f"  {problem}" for problem in self.problems))


class MissingExtra(PlexsendError):
    """Packages of an extra are missing, or too old or too new. Ends a command with exit code 2."""

    def __init__(self, extras: Sequence[str], reason: str) -> None:
        self.extras = tuple(extras)
        super().__init__(f"{reason}. Run: pip install 'plexsend[{','.join(extras)}]'")


class UsageError(PlexsendError):
    """The call makes no sense: the caller's code or command line must change."""


class ValuesRefused(UsageError):
    """Values of policies are wrong: none was changed; `problems` names every one."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("policies were not changed:\n" + "\n".join(f"  {each}" for each in problems))


class NotPossible(PlexsendError):
    """What was asked for does not exist, or is not possible now. Ends a command with exit code 1."""


class ImportRefused(NotPossible):
    """Whether a file is the same list as an earlier one of this name is not clear: no row of it was added."""


class InvalidItem(PlexsendError):
    """An item that the gateway would refuse, with every problem found in it."""

    def __init__(self, problems: Sequence[Problem], *, msg_key: str | None = None) -> None:
        self.problems = tuple(problems)
        self.msg_key = msg_key
        super().__init__("; ".join(str(problem) for problem in self.problems))


class Refused(PlexsendError):
    """Messages that were not added, whatever became of others in the same call.

    They broke a rule, or their keys belong to other messages. The same call will be refused again: correct
    the items, or give them other keys.

    Args:
        items: Every refused item, in the order of the call.
        alone: Whether the call had no other item: then its place in the call says nothing.
    """

    def __init__(self, items: Sequence[RefusedItem], *, alone: bool = False) -> None:
        self.items = tuple(items)
        """Every refused item, in the order of the call."""
        self.problems = tuple(problem for item in self.items for problem in item.problems)
        """Everything that is wrong with any of them."""
        self.msg_key = self.items[0].msg_key if len(self.items) == 1 else None
        """The key of the one refused message; None where it has no valid one, or several are refused."""
        super().__init__(describe_only(self.items[0]) if alone else describe_all(self.items))


class ResultsMissed(PlexsendError):
    """A reader fell so far behind that results were taken away before it heard them. No message is lost.

    Args:
        reader: The reader's name.
        account: Whose results they are.
        since: The moment from which on it missed results.
        until: The moment at which it goes on; what came from then on it hears.
        why: What became of them, in words.
    """

    def __init__(self, reader: str, account: str, since: datetime, until: datetime, why: str) -> None:
        self.reader = reader
        self.account = account
        self.since = since
        self.until = until
        self.why = why
        begin, end = (each.isoformat(timespec="milliseconds") for each in (since, until))
        super().__init__(
            f"The reader {reader} missed the results of account {account} from {begin} to {end}: {why}. It "
            f"goes on behind them; `plexsend results replay {reader} --since {begin}` gives it what became "
            "of those messages."
        )


class FileProblem(PlexsendError):
    """A file that cannot be read, or only up to `line` (the first line is 1; None: the whole file)."""

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        self.line = line
        super().__init__(reason)


class FileChanged(FileProblem):
    """The file is not any more what it was when it was opened."""


class ArchiveFailed(PlexsendError):
    """The archive's folder or a file in it cannot be used; the text says which, why, and what to do.

    What was written before stays. The reader was not told that more was: it is given again.
    """


class OutboxError(PlexsendError):
    """Redis could not do what was asked."""


class OutboxUnavailable(OutboxError):
    """Redis did not answer. Whether the last call took effect is not known; all calls may be repeated."""


class OutboxMoved(OutboxUnavailable):
    """The account is not on this server: it was emptied, is another one, or gave the account away.

    Nothing was written. Where the account comes back, the same call goes on.
    """


class OutboxFull(OutboxError):
    """Redis is above 80 % of its `maxmemory`: nothing new is taken in until it has drained."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What closed a group: a person or an application cancelled it."""

    group: str
    account: str
    since_ms: int
    """ms since 1970, on Redis's clock."""
    by: str
    why: str


class GroupClosed(OutboxError):
    """A cancel closed the group. Nothing was added, and nothing will be until a person resumes the group.

    Args:
        text: What is closed and how it is opened, for people.
        closing: The same as facts.
    """

    def __init__(self, text: str, closing: Closing) -> None:
        self.closing = closing
        super().__init__(text)


class OutboxUnsuitable(OutboxError):
    """The server's own settings would lose messages; the text says which, and what to set."""


class WrongServer(OutboxUnsuitable):
    """The address leads to a server, a database or a login that cannot do the work: a person corrects it."""


class KeySpoilt(OutboxError):
    """Another program put something else in place of a key that only a person can decide on.

    Args:
        key: The whole name of the key.
        is_settled: Whether the verdicts of the call were written before it failed.
    """

    def __init__(self, key: str, *, is_settled: bool = False) -> None:
        self.key = key
        self.is_settled = is_settled
        super().__init__(
            f"Redis holds something else where the key {key} belongs: another program wrote it. "
            "Rename that key or restore it from a backup; nothing is lost meanwhile."
        )


class RecordBroken(OutboxError):
    """A message's record is not whole: only another program or a restored backup causes this."""
