"""Putting one message in, and printing what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.opening import open_outbox
from plexsend.errors import NotPossible, Problem
from plexsend.producers import Producer, SubmitInterrupted
from plexsend.terminal.faults import EXIT_REFUSED, Fault, problem_json
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from plexsend.producers import Remark, Submission
    from plexsend.settings import Settings


def submit_one(
    service: str,
    item: dict[str, object],
    *,
    account: str,
    group: str | None,
    msg_type: str | None,
    send_at: datetime | None,
    expires_at: datetime | None,
    replace: bool,
    as_json: bool,
    name: Callable[[Problem], Problem],
) -> int:
    """Submit an item and return the exit code. `name` puts into a problem what was typed."""
    screen = Screen(as_json=as_json)
    with open_outbox(screen) as (settings, store):
        try:
            submission = Producer(settings, store).submit(
                service,
                [item],
                account=account,
                group=group,
                msg_type=msg_type,
                send_at=send_at,
                expires_at=expires_at,
                replace=replace,
            )
        except SubmitInterrupted as exc:
            raise _in_doubt(exc) from exc
    warn_of_account(screen, settings, account)
    return _report(screen, submission.map_problems(name), service, account)


def warn_of_account(screen: Screen, settings: Settings, account: str) -> None:
    """Warn of an account that the settings do not name, if they name any: messages could wait for ever."""
    if settings.accounts and account not in settings.accounts:
        screen.warn(
            Problem(
                account,
                "is not an account of this machine's settings",
                "Messages wait until a worker knows its secret. If it is a slip, cancel them.",
            )
        )


# A key that was made up here is shown: a new try without it would send the message under another key.
def _in_doubt(exc: SubmitInterrupted) -> Exception:
    in_doubt = exc.submission.in_doubt
    if not in_doubt:
        return exc.cause
    return NotPossible(
        f"{exc.cause} Whether the message was taken in is not known. Send it again with "
        f"--key {in_doubt[0].msg_key}: under that key it is never taken in twice."
    )


def _report(screen: Screen, submission: Submission, service: str, account: str) -> int:
    where = {"service": service, "account": account}
    for remark in (*submission.warnings, *submission.replacements):
        if not screen.as_json:
            screen.warn(remark.problem)
    remarks = {
        "warnings": _problems(submission.warnings),
        "replacements": _problems(submission.replacements),
    }
    for refused in submission.invalid:
        problems = [problem_json(problem) for problem in refused.problems]
        screen.facts(
            {"msg_key": refused.msg_key, "outcome": "invalid", **where, "errors": problems, **remarks}
        )
        screen.complain(Fault("invalid", "The message is refused; nothing was sent.", refused.problems))
    for conflict in submission.conflicts:
        screen.facts({"msg_key": conflict.msg_key, "outcome": "conflict", **where, "errors": [], **remarks})
        owner = f"The key {conflict.msg_key!r} belongs to another message, which is {conflict.state}."
        screen.complain(Fault("conflict", owner, hint="Nothing was sent. Choose another key."))
    for duplicate in submission.duplicates:
        screen.facts({"msg_key": duplicate.msg_key, "outcome": "duplicate", **where, "errors": [], **remarks})
        screen.say(f"{duplicate.msg_key} was put in before and is {duplicate.state}: nothing was added.")
    for added in submission.added:
        screen.facts({"msg_key": added.msg_key, "outcome": "added", **where, "errors": [], **remarks})
        screen.say(f"{added.msg_key} is in. `plexsend status {added.msg_key}` shows what becomes of it.")
    return EXIT_REFUSED if submission.invalid or submission.conflicts else 0


def _problems(remarks: Iterable[Remark]) -> list[dict[str, str]]:
    return [problem_json(remark.problem) for remark in remarks]
