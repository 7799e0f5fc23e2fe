"""Environments of their own: for the gateway's event loop, and for peers whose versions clash with ours.

Each is in `.bench/<name>/` and is made of `bench/requirements/<name>.txt` when it is first needed, or when
that file has changed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACE = ROOT / ".bench"
REQUIREMENTS = Path(__file__).with_name("requirements")


def python_of(name: str) -> Path:
    """Return the interpreter of an environment, which is made if it is not there yet."""
    file = REQUIREMENTS / f"{name}.txt"
    folder = PLACE / name
    python, stamp = folder / "bin" / "python", folder / ".installed"
    if stamp.exists() and stamp.read_text() == file.read_text():
        return python
    print(f"setting up {folder.relative_to(ROOT)} (once)", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(file)], check=True)
    stamp.write_text(file.read_text())
    return python


def versions_of(name: str, *packages: str) -> dict[str, str]:
    """Return the versions of these packages in an environment."""
    code = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    command = [str(python_of(name)), "-c", code, *packages]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return dict(zip(packages, found, strict=True))


def gateway_python() -> Path:
    """Return the interpreter for the bench's gateway."""
    return python_of("gateway")
