"""Putting a few messages in, and printing what became of each."""

from __future__ import annotations

import difflib
from dataclasses import replace as changed
from typing import TYPE_CHECKING, TypeAlias

from plexsend.cli.morning import note_morning
from plexsend.cli.opening import open_outbox
from plexsend.cli.timing import read_timing
from plexsend.errors import NotPossible, Problem
from plexsend.gateway.ad_marks import says_advertisement
from plexsend.outbox.reading import queries
from plexsend.producers import Producer, SubmitInterrupted
from plexsend.terminal.faults import EXIT_REFUSED, Fault, problem_json
from plexsend.terminal.plurals import counted
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from plexsend.cli.timing import Timing
    from plexsend.outbox.redis.store import Store
    from plexsend.producers import Added, Conflict, Duplicate, InDoubt, Invalid, Remark, Submission
    from plexsend.settings import Settings


def submit_few(
    service: str,
    items: Sequence[dict[str, object]],
    *,
    account: str,
    group: str | None,
    msg_type: str | None,
    send_at: datetime | None,
    expires_at: datetime | None,
    replace: bool,
    advertisement: bool,
    night_consent: bool,
    as_json: bool,
    name: Callable[[Problem], Problem],
    wait_s: float | None = None,
) -> int:
    """Submit items and return the exit code.

    `name` puts into a problem what was typed. With `wait_s` each state of what is in is printed until it is
    decided, for so long at most; then the exit code says whether all of it was delivered.
    """
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        timing = read_timing(store, account, send_at=send_at, expires_at=expires_at)
        doubt = doubt_of_account(settings, store, account)
        outcomes = _Outcomes(screen, service, account, timing, name, count=len(items))
        try:
            submission = Producer(settings, store).submit(
                service,
                items,
                account=account,
                group=group,
                msg_type=msg_type,
                send_at=timing.send_at,
                expires_at=timing.expires_at,
                replace=replace,
                advertisement=advertisement,
                night_consent=night_consent,
            )
        except SubmitInterrupted as exc:
            outcomes.print(exc.submission)
            if not exc.submission.in_doubt:
                raise exc.cause from exc
            raise NotPossible(f"{exc.cause} {_describe_doubt(exc.submission.in_doubt)}") from exc
        except KeyboardInterrupt as stop:
            stopped: Submission | None = getattr(stop, "submission", None)
            if stopped is not None and stopped.in_doubt:
                screen.note(_describe_doubt(stopped.in_doubt))
            raise
        if doubt is not None:
            screen.warn(doubt)
        code = outcomes.print(submission)
        is_ad = advertisement or any(map(says_advertisement, items))
        if submission.added and is_ad and not night_consent:
            note_morning(screen, store, account, timing)
        keys = [each.msg_key for each in submission.added]
        keys += [each.msg_key for each in submission.duplicates]
        if wait_s is None or not keys:
            return code
        from plexsend.cli.following import Follower

        follower = Follower(screen, store, account, within_s=wait_s)
        return code if follower.follow(keys) else EXIT_REFUSED


def doubt_of_account(settings: Settings, store: Store, account: str) -> Problem | None:
    """Return what is doubtful about an account, asked before it is sent with: messages could wait for ever.

    The settings do not name it, if they name any; else nobody has sent with it, though with others.
    """
    is_set = bool(settings.accounts)
    known = {*settings.accounts} if is_set else {*queries.accounts(store)}
    if not known or account in known or (account == "main" and not is_set):
        return None
    near = difflib.get_close_matches(account, sorted(known), n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return Problem(
        account,
        "is not an account of this machine's settings" if is_set else "was never sent with before",
        f"Messages wait until a worker knows its secret. If it is a slip, cancel them.{meant}",
    )


# Keys that were made up here are shown: a new try without them would send the messages under other keys.
def _describe_doubt(in_doubt: Sequence[InDoubt]) -> str:
    if len(in_doubt) == 1:
        return (
            "Whether the message was taken in is not known. Send it again with "
            f"--key {in_doubt[0].msg_key}: under that key it is never taken in twice."
        )
    keys = ", ".join(f"message {each.index + 1} with --key {each.msg_key}" for each in in_doubt)
    return (
        f"Whether the messages were taken in is not known. Send each again by itself: {keys}. "
        "Under these keys they are never taken in twice."
    )


_Outcome: TypeAlias = "Added | Duplicate | Conflict | Invalid"


class _Outcomes:
    """Prints what became of messages.

    Args:
        screen: Where.
        service: What they go through.
        account: What they go with.
        timing: When they go.
        name: Puts into a problem what was typed.
        count: How many messages there are.
    """

    def __init__(
        self,
        screen: Screen,
        service: str,
        account: str,
        timing: Timing,
        name: Callable[[Problem], Problem],
        *,
        count: int,
    ) -> None:
        self._screen = screen
        self._where = {"service": service, "account": account}
        self._timing = timing
        self._name = name
        self._count = count

    def print(self, submission: Submission) -> int:
        """Print everything of a submission, and return the exit code."""
        submission = submission.map_problems(self._name)
        remarks = (*submission.warnings, *submission.replacements)
        if not self._screen.as_json:
            for remark in remarks:
                self._screen.warn(self._on_message(remark.index, remark.problem))
        for refused in submission.invalid:
            self._facts(submission, refused, "invalid", refused.problems)
        self._complain_of(submission.invalid)
        for conflict in submission.conflicts:
            self._facts(submission, conflict, "conflict")
            owner = f"The key {conflict.msg_key!r} belongs to another message, which is {conflict.state}."
            self._screen.complain(Fault("conflict", owner, hint="Nothing was sent. Choose another key."))
        for duplicate in submission.duplicates:
            self._facts(submission, duplicate, "duplicate")
            self._screen.say(
                f"{duplicate.msg_key} was put in before and is {duplicate.state}: nothing was added."
            )
        for added in submission.added:
            self._facts(submission, added, "added")
            self._screen.say(
                f"{added.msg_key} is in{self._timing.words()}. "
                f"`plexsend status {added.msg_key}` shows what becomes of it."
            )
        return EXIT_REFUSED if submission.invalid or submission.conflicts else 0

    def _facts(
        self, submission: Submission, each: _Outcome, outcome: str, problems: Iterable[Problem] = ()
    ) -> None:
        self._screen.facts(
            {
                "msg_key": each.msg_key,
                "outcome": outcome,
                **self._where,
                "index": each.index,
                **(self._timing.facts() if outcome == "added" else {}),
                "errors": [problem_json(problem) for problem in problems],
                "warnings": _remarks_on(each.index, submission.warnings),
                "replacements": _remarks_on(each.index, submission.replacements),
            }
        )

    def _complain_of(self, invalid: Sequence[Invalid]) -> None:
        if not invalid:
            return
        if len(invalid) == self._count:
            which = "The message is" if self._count == 1 else f"All {counted(self._count, 'message')} are"
            words = f"{which} refused; nothing was sent."
        else:
            words = f"{len(invalid)} of {counted(self._count, 'message')} are refused; the others are in."
        problems = [self._on_message(each.index, problem) for each in invalid for problem in each.problems]
        self._screen.complain(Fault("invalid", words, tuple(problems)))

    def _on_message(self, index: int, problem: Problem) -> Problem:
        """Return a problem with the place of its message, where there are others."""
        if self._count == 1:
            return problem
        written = problem.written or problem.field
        return changed(problem, written=f"message {index + 1}, {written}")


def _remarks_on(index: int, remarks: Iterable[Remark]) -> list[dict[str, str]]:
    return [problem_json(remark.problem) for remark in remarks if remark.index == index]
