"""The house is in order: what a reader of any module may rely on, whoever wrote it."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PRODUCT = ("plexsend", "producers", "worker")
LONGEST_LINES = 300
HOMELESS = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
"""Names that say nothing of what is in a module: whatever has no home ends up there."""


def files_in(*folders: str) -> Iterator[Path]:
    """Yield the Python and Lua files of folders, from the root; what is linked into two places comes once."""
    seen: set[Path] = set()
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            real = path.resolve()
            if path.suffix in {".py", ".lua"} and real not in seen:
                seen.add(real)
                yield real.relative_to(ROOT)


def classes_in(path: Path) -> Iterator[str]:
    """Yield the name of every class of a module, of those inside functions and classes too."""
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield node.name


def test_files_of_the_product_are_found() -> None:
    found = {str(path) for path in files_in(*PRODUCT)}
    assert {"plexsend/turn.py", "producers/producer.py", "worker/drain.py"} <= found
    assert "plexsend/outbox/scripts/submit.lua" in found
    assert len(found) == len({(ROOT / path).resolve() for path in found})


def test_no_module_or_script_of_the_product_is_longer_than_one_reading() -> None:
    lines = {path: len((ROOT / path).read_text("utf-8").splitlines()) for path in files_in(*PRODUCT)}
    assert {str(path): count for path, count in lines.items() if count > LONGEST_LINES} == {}


def test_no_class_name_means_two_things() -> None:
    """The sandbox is written a second time on purpose, in the same words."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in files_in(*PRODUCT):
        if path.suffix == ".py" and not path.is_relative_to("plexsend/sandbox"):
            for name in classes_in(path):
                places[name].append(str(path))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("folder", [*PRODUCT, "tests", "bench"])
def test_no_module_or_folder_is_a_place_for_what_has_no_home(folder: str) -> None:
    assert [str(path) for path in files_in(folder) if HOMELESS & {*path.parts[:-1], path.stem}] == []
