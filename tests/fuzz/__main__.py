"""Longer runs: `python -m tests.fuzz [EFFORT]`, or `python -m tests.fuzz atheris TARGET [its arguments]`.

The first tries every property EFFORT times as often as the suite does (20 where nothing is said). The second
needs the package atheris, which the project does not install: it has wheels for Linux alone.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def main(args: list[str]) -> int:
    """Run what is asked for and return its exit code."""
    if args[:1] == ["atheris"]:
        if find_spec("atheris") is None:
            sys.stderr.write("atheris is missing: pip install atheris, in an environment of its own.\n")
            return 2
        from tests.fuzz import atheris_targets  # noqa: PLC0415  it needs atheris

        if args[1:2] == [] or args[1] not in atheris_targets.TARGETS:
            sys.stderr.write(f"Name a target: {', '.join(atheris_targets.TARGETS)}.\n")
            return 2
        atheris_targets.main(args[1:])
        return 0
    import pytest  # noqa: PLC0415  atheris does without

    os.environ["FUZZ_EFFORT"] = args[0] if args else "20"
    return int(pytest.main(["-q", "--timeout", "3600", str(Path(__file__).parent)]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
