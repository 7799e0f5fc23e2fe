"""The profile names functions by file: one that was renamed would vanish from it without a word."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from bench.profile import PARTS

ROOT = Path(__file__).parents[3]


def find_file(name: str) -> Path:
    """Return a file of this project or of a library, by the end of its name."""
    roots = [ROOT, *map(Path, sys.path)]
    return next(root / name for root in roots if (root / name).is_file())


@pytest.mark.parametrize(("file", "function"), [part[1:] for part in PARTS])
def test_every_part_of_the_profile_is_there(file: str, function: str) -> None:
    tree = ast.parse(find_file(file).read_text("utf-8"))
    assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
