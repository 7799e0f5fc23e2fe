"""Ages are taken from a clock that goes on while the machine sleeps."""

from __future__ import annotations

import ast
import time
from typing import TYPE_CHECKING

import pytest

from plexsend.clock import elapsed_s
from plexsend.worker.drain import Surroundings
from tests.unit.test_house import ROOT, files_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def monotonic_in(path: Path) -> Iterator[int]:
    """Yield the lines of a module that read Python's own monotonic clock."""
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr.startswith("monotonic"):
            yield node.lineno


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux tells the two apart")
def test_seconds_are_those_since_the_machine_started_asleep_or_not() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= elapsed_s() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_drain_tells_the_age_of_a_batch_by_it() -> None:
    around = Surroundings(lambda: False, lambda: False, lambda _, __: None)
    assert around.clock is elapsed_s


@pytest.mark.parametrize("room", ["plexsend/gateway", "plexsend/outbox", "producers", "worker"])
def test_no_age_of_a_message_is_told_by_a_clock_that_stands_still(room: str) -> None:
    found = {str(path): list(monotonic_in(path)) for path in files_in(room) if path.suffix == ".py"}
    assert {path for path, lines in found.items() if lines} == set()
