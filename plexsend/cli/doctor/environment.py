"""The settings as this process reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.doctor.rows import doubtful, ok
from plexsend.settings.origins import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plexsend.cli.doctor.rows import CheckRow
    from plexsend.errors import Problem
    from plexsend.settings.origins import SettingOrigin


def settings_rows(
    found: Iterable[SettingOrigin], warnings: Iterable[Problem], *, whole: bool
) -> Iterator[CheckRow]:
    """Yield the settings and what is doubtful about them; with `whole` also the defaults. Pure."""
    defaults = 0
    for origin in found:
        if origin.source is Source.DEFAULT and not whole:
            defaults += 1
        else:
            yield ok(origin.name, f"{origin.shown or 'none'} ({origin.source})")
    if defaults:
        yield ok("defaults", f"{defaults} more settings have their defaults; --all shows them")
    for problem in warnings:
        yield doubtful(problem.field, problem.reason, "", problem.remedy)
