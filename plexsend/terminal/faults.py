"""What went wrong, as people and programs read it, and the exit code that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

import click

from plexsend.errors import (
    ArchiveFailed,
    FileProblem,
    GroupClosed,
    InvalidItem,
    MissingExtra,
    NotPossible,
    OutboxFull,
    OutboxUnavailable,
    OutboxUnsuitable,
    PlexsendError,
    Problem,
    Refused,
    SettingsError,
    UsageError,
    ValuesRefused,
)

EXIT_REFUSED = 1
"""Something was refused or not found."""
EXIT_USAGE = 2
"""The command line or the settings are wrong: nothing was done."""
EXIT_ENDED_BY_SIGNAL = 128
"""Plus the number of the signal, as shells count."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that went wrong."""

    kind: str
    """One word for programs."""
    message: str
    """What, where and why, without the problems."""
    problems: tuple[Problem, ...] = ()
    hint: str = ""
    """What to do about it, where the message does not say it."""
    exit_code: int = EXIT_REFUSED

    def as_json(self) -> dict[str, object]:
        """Return the fault as it goes to programs."""
        return {
            "kind": self.kind,
            "message": self.message,
            "problems": [problem_json(problem) for problem in self.problems],
            "hint": self.hint,
            "exit_code": self.exit_code,
        }


def problem_json(problem: Problem) -> dict[str, str]:
    """Return a problem as it goes to programs."""
    return {"field": problem.field, "reason": problem.reason, "remedy": problem.remedy}


# Searched from the top: the first class that fits counts.
_KINDS: tuple[tuple[type[PlexsendError], str, int], ...] = (
    (NotPossible, "refused", EXIT_REFUSED),
    (SettingsError, "settings", EXIT_USAGE),
    (MissingExtra, "extra", EXIT_USAGE),
    (UsageError, "usage", EXIT_USAGE),
    (InvalidItem, "invalid", EXIT_REFUSED),
    (Refused, "invalid", EXIT_REFUSED),
    (FileProblem, "file", EXIT_REFUSED),
    (ArchiveFailed, "archive", EXIT_REFUSED),
    (OutboxUnavailable, "unavailable", EXIT_REFUSED),
    (OutboxFull, "full", EXIT_REFUSED),
    (GroupClosed, "closed", EXIT_REFUSED),
    (OutboxUnsuitable, "unsuitable", EXIT_REFUSED),
    (PlexsendError, "failed", EXIT_REFUSED),
)


def fault_of(exc: Exception) -> Fault:
    """Return what an exception means. The text of a foreign one is left out: it could hold a message."""
    if isinstance(exc, click.ClickException):
        return _fault_of_usage(exc)
    if isinstance(exc, PlexsendError):
        # What stopped half-way is named by its cause.
        cause = getattr(exc, "cause", exc)
        kind, exit_code = next((kind, code) for cls, kind, code in _KINDS if isinstance(cause, cls))
        return Fault(kind, _message(exc), tuple(getattr(exc, "problems", ())), exit_code=exit_code)
    return Fault(
        "internal",
        f"plexsend itself failed: {type(exc).__name__} {_place(exc)}. What was done before is kept.",
        hint="Run it again as `plexsend --traceback ...` and report what it prints.",
    )


def _message(exc: PlexsendError) -> str:
    if isinstance(exc, SettingsError):
        return "The settings are wrong; nothing was done."
    if isinstance(exc, ValuesRefused):
        return "A value is wrong; no policy was changed."
    if isinstance(exc, (InvalidItem, Refused)):
        return "The message is refused; nothing was sent."
    if isinstance(exc, UsageError) and hasattr(exc, "problems"):
        # The lines behind the first one are its problems, which are shown by themselves.
        return str(exc).partition("\n")[0].removesuffix(":") + "."
    return str(exc)


def _fault_of_usage(exc: click.ClickException) -> Fault:
    ctx = getattr(exc, "ctx", None)
    hint = f"Try '{ctx.command_path} --help'." if ctx is not None else ""
    return Fault("usage", exc.format_message(), hint=hint, exit_code=EXIT_USAGE)


def _place(exc: Exception) -> str:
    from pathlib import Path  # noqa: PLC0415  needed where plexsend fails, and slow to load
    from traceback import extract_tb  # noqa: PLC0415  needed where plexsend fails, and slow to load

    frames = extract_tb(exc.__traceback__)
    if not frames:
        return "somewhere"
    return f"at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
