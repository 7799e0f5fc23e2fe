"""One package under two names: `producers` and `worker`, as people import them, and `plexsend.…`, as it is.

The folders are at the top level of the project and linked into `plexsend`, so that the distribution owns one
name. Both names are common ones: an application may have a `worker.py` of its own, and what plexsend needs of
itself must be found there too. Where the top-level name is free, it goes on working: it is the same module,
so that a class imported by one name is the class imported by the other.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

_HOME = "plexsend."


class _AliasFinder(MetaPathFinder, Loader):
    """Answers an import below an alias with the module of the same place below `plexsend`."""

    def __init__(self) -> None:
        self.aliases: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for a module below an alias, None for any other."""
        del path, target
        top, dot, _ = fullname.partition(".")
        if not dot or top not in self.aliases or find_spec(_HOME + fullname) is None:
            return None
        return ModuleSpec(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        """Put the real module in the place of the empty one that was made for its alias."""
        sys.modules[module.__name__] = import_module(_HOME + module.__name__)

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code of the real module, which `python -m` asks for."""
        spec = find_spec(_HOME + fullname)
        if spec is None or not isinstance(spec.loader, InspectLoader):
            raise ImportError(f"there is no module {fullname}", name=fullname)
        return spec.loader.get_code(_HOME + fullname)


_finder = _AliasFinder()


def alias(name: str) -> None:
    """Make the top-level package `name`, which is being imported, the same as `plexsend.<name>`."""
    _finder.aliases.add(name)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    sys.modules[name] = import_module(_HOME + name)
