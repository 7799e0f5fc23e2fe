"""Where each setting of a process came from, for a person who wonders why it has the value that it has."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plexsend.errors import SettingsError
from plexsend.settings.accounts import read_secret_file
from plexsend.settings.foreign import take_out_foreign, unused
from plexsend.settings.model import VARIABLES
from plexsend.settings.service_links import without_service_links
from plexsend.settings.variables import FILE_SUFFIX, environment_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plexsend.errors import Problem
    from plexsend.settings.variables import Variable

MASKED = "***"
"""Shown in place of a secret."""

_VARYING = re.compile(r"<[A-Z]+>")


class Source(StrEnum):
    """Who gave a value."""

    VARIABLE = "variable"
    FILE = "file"
    """The file that a variable ending in `_FILE` names."""
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class SettingOrigin:
    """One setting, as a person may see it."""

    name: str
    """The variable that gave it, or would have."""
    shown: str
    """The value as it was written, of a secret only what may be seen."""
    source: Source


def origins(services: Iterable[str], environ: Mapping[str, str] | None = None) -> list[SettingOrigin]:
    """Return every setting with its origin, by the order of the docs; a service's own after the plain one.

    The environment must have been read without an error before: what is wrong in it is left out here.
    """
    given = without_service_links(os.environ if environ is None else environ)
    return [found for variable in VARIABLES for found in _of(variable, services, given)]


def ignored(environ: Mapping[str, str] | None = None) -> list[Problem]:
    """Return a warning for each variable of another program that is set, and is not used."""
    found = dict(os.environ if environ is None else environ)
    return [*take_out_foreign(found), *unused(found)]


def _of(
    variable: Variable[Any], services: Iterable[str], given: Mapping[str, str]
) -> Iterator[SettingOrigin]:
    if "<" in variable.name:
        form = re.compile(_VARYING.sub("[A-Z0-9_]+", variable.name))
        names = [name for name in sorted(given) if form.fullmatch(name) and not _is_another(name)]
    else:
        names = [variable.name]
        if variable.per_service:
            names += [f"{variable.name}_{environment_word(service)}" for service in services]
        if variable.secret:
            names.append(variable.name + FILE_SUFFIX)
    are_set = [name for name in names if name in given]
    if not any(name in (variable.name, variable.name + FILE_SUFFIX) for name in are_set) and (
        not ("<" in variable.name and are_set)
    ):
        default = variable.default_words if variable.default is None else variable.default
        yield SettingOrigin(variable.name, default, Source.DEFAULT)
    for name in are_set:
        from_file = variable.secret and name.endswith(FILE_SUFFIX)
        shown = _show(variable, name, given[name].strip(), from_file=from_file)
        yield SettingOrigin(name, shown, Source.FILE if from_file else Source.VARIABLE)


# `PLEXSEND_<PRODUCT>_URL` has the form of PLEXSEND_REDIS_URL too.
def _is_another(name: str) -> bool:
    return any(name in (variable.name, variable.name + FILE_SUFFIX) for variable in VARIABLES)


def _show(variable: Variable[Any], name: str, written: str, *, from_file: bool) -> str:
    if not variable.secret:
        return written
    # What a secret's type shows of itself may be seen: an address without its login.
    with suppress(SettingsError):
        value = variable.parse(name, read_secret_file(name, Path(written)) if from_file else written)
        return str(getattr(value, "shown", MASKED))
    return MASKED
