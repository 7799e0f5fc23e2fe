"""The result of a run: as a table for people, and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.mutations.mutation import PROMISES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.mutations.trial import Trial


def in_words(trial: Trial) -> str:
    """Return one line on a trial."""
    if trial.caught:
        return f"caught by {', '.join(_short(test) for test in trial.caught_by)}"
    if trial.trouble:
        return f"NOT PROVED: {trial.trouble}"
    return f"SURVIVED {', '.join(_short(test) for test in trial.missed_by)}"


def as_markdown(trials: Sequence[Trial]) -> str:
    """Return the table of promises, what was broken, and what caught it."""
    lines = ["| promise | what was broken | caught by |", "|---|---|---|"]
    for trial in trials:
        mutation = trial.mutation
        tests = (
            "<br>".join(f"`{_short(test)}`" for test in trial.caught_by) if trial.caught else in_words(trial)
        )
        lines.append(f"| {mutation.promise}: {PROMISES[mutation.promise]} | {mutation.what} | {tests} |")
    caught = sum(trial.caught for trial in trials)
    return "\n".join((*lines, "", f"{caught} of {len(trials)} mutations caught."))


def as_json(trials: Sequence[Trial]) -> dict[str, Any]:
    """Return everything, for a file."""
    return {
        "caught": sum(trial.caught for trial in trials),
        "mutations": [
            {
                "name": trial.mutation.name,
                "promise": trial.mutation.promise,
                "what": trial.mutation.what,
                "file": trial.mutation.file,
                "old": trial.mutation.old,
                "new": trial.mutation.new,
                "caught": trial.caught,
                "caught_by": list(trial.caught_by),
                "missed_by": list(trial.missed_by),
                "trouble": trial.trouble or None,
                "seconds": round(trial.seconds, 1),
            }
            for trial in trials
        ],
    }


def _short(test: str) -> str:
    return test.removeprefix("tests/")
