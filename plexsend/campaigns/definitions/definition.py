"""Definitions: what a person writes of a campaign, every value judged, and all that is wrong said at once."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from plexsend.campaigns.definitions.defined import Definition, Duplicates, IfMissed
from plexsend.campaigns.definitions.keys import KEYS
from plexsend.campaigns.definitions.rules import problems_between
from plexsend.campaigns.definitions.sample import problems_of_sample
from plexsend.campaigns.definitions.service_fields import HAS_WORDS, fields_of_service, unknown_key
from plexsend.campaigns.definitions.toml_words import toml_problem
from plexsend.campaigns.definitions.values import WrongValue
from plexsend.campaigns.definitions.written import as_key
from plexsend.errors import FileProblem, Problem, UsageError
from plexsend.gateway.services import get_service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["BadDefinition", "Definition", "Duplicates", "IfMissed", "define", "read_definition"]

_REQUIRED: Final = {
    "name": 'Write one, such as name = "spring-sale".',
    "service": 'Write one, such as service = "mms-bulk".',
}
_STANDS: Final = "://"
_OF_LISTS: Final = frozenset((".xlsx", ".xls", ".csv", ".tsv", ".jsonl", ".gz"))
"""Extensions of lists of recipients."""


class BadDefinition(UsageError):
    """A definition with mistakes; `problems` has all of them, each with its key, a reason and a remedy."""

    def __init__(
        self, problems: Sequence[Problem], name: str = "", definition: Definition | None = None
    ) -> None:
        self.problems = tuple(problems)
        self.definition = definition
        """What can be made of it all the same, so that its rows are judged too; None: nothing."""
        where = f"{name}: the definition" if name else "the definition"
        super().__init__(f"{where} of the campaign is wrong:\n" + "\n".join(f"  {each}" for each in problems))


def read_definition(path: str | os.PathLike[str], *, with_files: bool = True) -> Definition:
    """Read a definition from a file (TOML, UTF-8); paths in it are relative to the file.

    Args:
        path: The file.
        with_files: Whether the files that it names must be there: its list may be made later.

    Raises:
        FileProblem: it cannot be read, or is not TOML.
        BadDefinition: with every mistake in it.
    """
    path = Path(path)
    if path.suffix.lower() in _OF_LISTS:
        raise FileProblem(
            f"{path}: a definition is wanted here, which is a TOML file, and this is a list. Name it in a "
            f"definition (docs/campaigns.md), or send it without one: plexsend campaign send {path}."
        )
    text = _read_text(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise FileProblem(f"{path}: {toml_problem(exc, text)}") from exc
    return _define(values, path.absolute().parent, str(path), with_files=with_files)


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise FileProblem(f"{path}: it is not UTF-8. Save it as UTF-8.") from exc
    except FileNotFoundError as exc:
        raise FileProblem(f"{path}: there is no such file. Check the path.") from exc
    except (OSError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or "the path is not valid"
        raise FileProblem(f"{path}: it cannot be read: {why}. Name another, or let it be read.") from exc


def define(**values: Any) -> Definition:
    """Return a definition of values that are named as in a file; paths are relative to the working folder.

    `from_` may be written for `from`, which Python does not take as an argument. Raises BadDefinition with
    every mistake.
    """
    if "from_" in values and "from" not in values:
        values["from"] = values.pop("from_")
    return _define({key: _as_text(value) for key, value in values.items()}, Path.cwd(), "")


def _as_text(value: object) -> object:
    """Return paths as texts, as a file has them."""
    if isinstance(value, (list, tuple)):
        return [_as_text(each) for each in value]
    if isinstance(value, dict):
        return {name: _as_text(inner) for name, inner in value.items()}
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _define(values: Mapping[str, Any], folder: Path, name: str, *, with_files: bool = True) -> Definition:
    problems: list[Problem] = []
    read = {"fields": {}} | _read_values(values, problems)
    service = _known_service(read, problems)
    for key, value in values.items():
        if key not in KEYS:
            _take_field(key, value, service, read, problems)
    problems += [Problem(key, "is missing", remedy) for key, remedy in _REQUIRED.items() if key not in values]
    missing: list[Problem] = []
    _find_files(read, folder, missing)
    problems += missing if with_files else ()
    # In place of what is missing or wrong stands what is not judged, so that the rest still is.
    whole = Definition(**{"name": "sample", "service": "", **read})
    known = {problem.field for problem in problems}
    problems += [each for each in problems_between(whole, set(values)) if each.field not in known]
    if service is not None:
        known = {problem.field for problem in problems}
        judged = replace(whole, fallback=None) if known & _UNCLEAR else whole
        found = (_by_key(as_key(judged, problem)) for problem in problems_of_sample(judged))
        problems += [problem for problem in found if problem.field not in known]
    if problems:
        raise BadDefinition(problems, name, None if service is None else whole)
    return whole


_UNCLEAR: Final = frozenset(
    ("fallback", *(f"fallback.{key}" for key in ("service", "from", "title", "text", "images", *HAS_WORDS)))
)
"""Where one of these is wrong, no sample of a fallback can be made."""


def _read_values(values: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in values.items():
        known = KEYS.get(key)
        # None comes from Python alone, where an argument is left out.
        if known is None or value is None:
            continue
        try:
            read[known.attribute] = known.read(value)
        except WrongValue as exc:
            problems.append(Problem(key, exc.reason, exc.remedy))
    return read


def _known_service(read: dict[str, Any], problems: list[Problem]) -> str | None:
    service = read.get("service")
    if service is None:
        return None
    try:
        get_service(service)
    except UsageError as exc:
        problems.append(Problem("service", f"is {service[:40]!r}", str(exc)))
        read.pop("service")
        return None
    return str(service)


def _take_field(
    key: str, value: object, service: str | None, read: dict[str, Any], problems: list[Problem]
) -> None:
    if value is None:
        return
    if service is not None and key in fields_of_service(service):
        read["fields"][key] = value
    else:
        problem = unknown_key(key, service)
        if problem is not None:
            problems.append(problem)


def _find_files(read: dict[str, Any], folder: Path, problems: list[Problem]) -> None:
    """Make paths absolute, and note the files that are not there."""
    if "recipients" in read:
        read["recipients"] = _find_file(read["recipients"], "recipients", folder, problems)
    for holder, field in ((read, "images"), (read.get("fallback"), "fallback.images")):
        images = holder.get("images") if holder is not None else None
        if holder is not None and isinstance(images, (list, tuple)):
            holder["images"] = type(images)(
                each
                if not isinstance(each, str) or _STANDS in each
                else _find_file(each, field, folder, problems)
                for each in images
            )


def _find_file(written: str, field: str, folder: Path, problems: list[Problem]) -> str:
    path = folder / Path(written).expanduser()
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        remedy = "Correct the path: it is relative to the file of the definition, or to the working folder."
        problems.append(Problem(field, f"the file {written!r} {what}", remedy))
    return str(path)


def _by_key(problem: Problem) -> Problem:
    return Problem(problem.written or problem.field, problem.reason, problem.remedy)
