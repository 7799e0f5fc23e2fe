"""docs/architecture.md: its diagram, its rooms, its reading order and its words are those of the code."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import plexsend.gateway
import plexsend.outbox
from plexsend.outbox.redis.pieces import text_of
from plexsend.outbox.redis.scripts import Script, parts
from plexsend.outbox.states import TRANSITIONS, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
WORDS = TEXT.partition("\n## Words\n")[2]
MOST_READ = 16
"""Files that tell the story of one message."""


def between(name: str) -> str:
    """Return what stands between the two markers of this name."""
    assert (TEXT.count(f"<!-- {name}:begin -->"), TEXT.count(f"<!-- {name}:end -->")) == (1, 1)
    return TEXT.partition(f"<!-- {name}:begin -->")[2].partition(f"<!-- {name}:end -->")[0].strip()


def draw() -> str:
    """Return the diagram of states: an arrow for each pair of states, with the events that lead along it,
    those out of one state together.

    To see it: `python -c "from tests.unit.test_architecture import draw; print(draw())"`.
    """
    arrows: dict[tuple[str, str], list[str]] = {}
    for event, froms, to in TRANSITIONS:
        for state in froms:
            arrows.setdefault((state or "[*]", to or "[*]"), []).append(event)
    order = ["[*]", *State]
    arrows = dict(sorted(arrows.items(), key=lambda arrow: order.index(arrow[0][0])))
    lines = [f"    {start} --> {end}: {', '.join(events)}" for (start, end), events in arrows.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def enums(room: ModuleType) -> Iterator[type[Enum]]:
    """Yield every enum that a module of the room defines."""
    for info in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        module = import_module(info.name)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Enum) and value.__module__ == info.name:
                yield value


ENUMS = sorted({*enums(plexsend.outbox), *enums(plexsend.gateway)}, key=lambda each: each.__qualname__)


def test_order_of_the_rooms_is_the_one_that_lint_holds() -> None:
    contracts = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (rooms,) = [each for each in contracts["contracts"] if each.get("containers") == ["plexsend"]]
    assert between("imports").splitlines()[1] == " > ".join(rooms["layers"])


def test_diagram_is_drawn_from_the_table_of_transitions() -> None:
    assert between("states") == draw()


def test_reading_order_has_files_that_exist() -> None:
    rows = re.findall(r"^\| (\d+) \| `([^`]+)` \| ([^|]+\.) \|$", between("reading"), re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, MOST_READ + 1))
    assert [file for _, file, _ in rows if not (ROOT / file).is_file()] == []


@pytest.mark.parametrize("script", ["advance", "sweep"])
def test_reading_order_names_parts_that_the_script_needs(script: str) -> None:
    (row,) = [line for line in between("reading").splitlines() if f"/{script}.lua`" in line]
    named = re.findall(r"`((?:\w+/|_)\w+)`", row)
    needed = {part.name for part in parts(Script(script))}
    assert len(named) >= 6
    assert set(named) <= needed


def test_names_that_are_explained_for_readers_of_the_scripts_are_there() -> None:
    (explained,) = re.findall(r"^Rows 9 and 13 .+?\n\n", TEXT, re.MULTILINE | re.DOTALL)
    names = re.findall(r"`(\w+)`", explained)
    assert len(names) >= 10
    assert [name for name in names if not re.search(rf"\b{name}\b", text_of(parts(Script.ADVANCE)))] == []


def test_rooms_are_those_of_the_code() -> None:
    shown: set[str] = set()
    way: list[str] = []
    for line in between("rooms").splitlines():
        found = re.match(r"( *)([\w./]+) {2,}\S", line)
        if found:
            way[len(found[1]) // 2 :] = [found[2]]
            shown.add("".join(way))
    assert [room for room in sorted(shown) if not (ROOT / room).exists()] == []
    tops = ("plexsend", "producers", "worker")
    packages = {path.parent for top in tops for path in ROOT.joinpath(top).rglob("__init__.py")}
    found_rooms = {f"{path.relative_to(ROOT)}/" for path in packages if len(path.relative_to(ROOT).parts) < 4}
    assert found_rooms <= shown


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__qualname__)
def test_glossary_has_every_member_of_an_enum(enum: type[Enum]) -> None:
    """By its name or, where people read it, by its value."""
    explained = set(re.findall(r"`([^`]+)`", WORDS))
    missing = [member.name for member in enum if not {member.name.lower(), member.value} & explained]
    assert missing == []
