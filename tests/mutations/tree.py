"""A copy of the tree to break: what git tracks, and what it would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("plexsend", "plexsend.producers", "plexsend.worker")


def copy_tree(root: Path, target: Path) -> None:
    """Copy every file of the tree that git does not ignore; RuntimeError where git does not know the tree."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        raise RuntimeError(f"{root} is no git work tree: {listed.stderr.decode(errors='replace').strip()}")
    for name in filter(None, listed.stdout.decode().split("\0")):
        source = root / name
        # What was deleted and not committed is still listed.
        if source.is_symlink() or source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)


def environment(copy: Path) -> dict[str, str]:
    """Return the environment of a process that imports the copy, not what is installed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("PLEXSEND_", "CELERY_", "PYTEST_", "GIT_"))
    }
    # No bytecode: a file broken and mended within a second, at the same size, looks unchanged to Python.
    return {**kept, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}


def check_imports(copy: Path) -> None:
    """Raise RuntimeError where a process in the copy would import another tree: nothing would be proved."""
    program = f"import {', '.join(PACKAGES)}\nfor each in ({', '.join(PACKAGES)}): print(each.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=copy, env=environment(copy), capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    expected = [str(copy.joinpath(*name.split("."), "__init__.py")) for name in PACKAGES]
    if found != expected:
        raise RuntimeError(f"the copy is not what is imported, but {found}")
