"""Python environments of their own, filled by pip as a user's is."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEADLINE_S = 110

# Nothing of the caller's may make a package importable that was not installed, nor set plexsend up.
_FOREIGN = ("PLEXSEND_", "CELERY_", "PYTHON", "VIRTUAL_ENV")


def environ(**settings: str) -> dict[str, str]:
    """Return the variables that a program of an environment gets."""
    return {name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)} | settings


def run(*command: str | Path, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        list(command),
        cwd=cwd,
        env=environ(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )


def pip(*args: str | Path) -> str:
    """Run the pip of this environment and return what it says; fails with that where it fails."""
    done = run(sys.executable, "-m", "pip", "--disable-pip-version-check", *args, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def need_pip_and_its_index(folder: Path) -> None:
    """Skip where packages cannot be had; fail there in CI, where this must never go untested."""
    missing = [name for name in ("pip", "hatchling") if find_spec(name) is None]
    if not missing:
        probe = ("download", "--quiet", "--no-deps", "--dest", folder, "celery==5.5.3")
        done = run(sys.executable, "-m", "pip", *probe, cwd=folder)
        missing = [] if done.returncode == 0 else [f"an index of packages ({done.stderr.strip()[-200:]})"]
    if missing:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"needs {', '.join(missing)}")


@dataclass(frozen=True)
class Environment:
    """A folder as `python -m venv` makes it. pip stays outside, which saves most of the time."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Environment:
        """Make an empty one."""
        done = run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
        assert done.returncode == 0, done.stderr
        return cls(folder)

    def command(self, name: str) -> Path:
        """Return the path of a command that is installed here."""
        return self.folder / "bin" / name

    def install(self, *what: str | Path) -> None:
        """Install with everything that it needs."""
        # Compiling everything would take longer than what few programs import here.
        self.pip("install", "--quiet", "--no-compile", *what)

    def pip(self, *args: str | Path) -> str:
        """Run pip on this environment."""
        return pip("--python", self.command("python"), *args)

    def versions(self) -> dict[str, str]:
        """Return what is installed here."""
        lines = self.pip("list", "--format=freeze").splitlines()
        return dict(line.split("==") for line in lines if "==" in line)

    def python(self, code: str, *, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a program that is in a file of that folder, as an application is."""
        (cwd / "application.py").write_text(code, encoding="utf-8")
        return run(self.command("python"), "application.py", cwd=cwd, **settings)
