"""What has ended is started again, later and later; what runs is left alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import NotPossible
from plexsend.stack.child import Child, Program
from plexsend.stack.keeper import LONGEST_WAIT_S, STEADY_S, Keeper, keep_small, wait_s

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Fake:
    """A child that runs when a test says so."""

    name: str
    program: Program
    is_running: bool = True


@dataclass
class FakeStack:
    """A stack that starts its fakes, as the real one launches its children."""

    children: list[Any]
    launched: list[str] = field(default_factory=list)
    refusals: int = 0

    def launch(self, child: Fake) -> None:
        if self.refusals:
            self.refusals -= 1
            raise NotPossible("no room for one more process")
        self.launched.append(child.name)
        child.is_running = True


class Yard:
    def __init__(self, tmp_path: Path) -> None:
        self.child = Fake("worker 1", Program("worker 1", (), tmp_path / "log", tmp_path, {}))
        self.other = Fake("worker 2", Program("worker 2", (), tmp_path / "log2", tmp_path, {}))
        self.stack = FakeStack([self.child, self.other])
        self.told: list[tuple[str, float]] = []
        self.begun: list[str] = []
        self.keeper = Keeper(
            self.stack,  # type: ignore[arg-type]  # the fake has what the keeper uses
            on_end=lambda child, again_in_s: self.told.append((child.name, again_in_s)),
            on_start=lambda child: self.begun.append(child.name),
            now_s=0,
        )


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


def test_what_runs_is_left_alone(yard: Yard) -> None:
    for now_s in range(100):
        yard.keeper.look(now_s)

    assert (yard.told, yard.begun, yard.stack.launched) == ([], [], [])


def test_an_end_is_told_once_and_the_child_started_after_its_wait(yard: Yard) -> None:
    yard.child.is_running = False
    for now_s in (10, 10.5, 10.9):
        yard.keeper.look(now_s)
    assert (yard.told, yard.begun) == ([("worker 1", 1.0)], [])
    yard.keeper.look(11)

    assert (yard.begun, yard.stack.launched) == (["worker 1"], ["worker 1"])
    assert yard.child.is_running


def test_each_end_in_a_row_waits_twice_as_long_up_to_a_bound(yard: Yard) -> None:
    now_s = 0.0
    for _ in range(7):
        yard.child.is_running = False
        yard.keeper.look(now_s)
        now_s += LONGEST_WAIT_S
        yard.keeper.look(now_s)

    assert [wait for _, wait in yard.told] == [1, 2, 4, 8, 16, 30, 30]


def test_a_child_that_ran_for_long_begins_its_count_anew(yard: Yard) -> None:
    now_s = 0.0
    for ran_s in (1, 1, STEADY_S):
        now_s += ran_s
        yard.child.is_running = False
        yard.keeper.look(now_s)
        now_s += LONGEST_WAIT_S
        yard.keeper.look(now_s)

    assert [wait for _, wait in yard.told] == [1, 2, 1]


def test_a_start_that_the_system_refuses_is_tried_again_later(yard: Yard) -> None:
    yard.child.is_running = False
    yard.stack.refusals = 2
    for tenths in range(100):
        yard.keeper.look(tenths / 10)

    # After 1 s, then 2 s and 4 s later.
    assert yard.begun == ["worker 1"]
    assert len(yard.told) == 1


@pytest.mark.parametrize(("ends", "waits_s"), [(1, 1), (2, 2), (5, 16), (6, 30), (1000, 30), (10**9, 30)])
def test_no_number_of_ends_is_too_large(ends: int, waits_s: float) -> None:
    assert wait_s(ends) == waits_s


def test_a_log_that_outgrows_its_size_begins_anew_and_is_kept_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("old\n" * 10)
    child = Child(Program("it", (), log, tmp_path, {}))
    keep_small(child, largest_bytes=40)
    assert log.read_text() == "old\n" * 10
    log.write_text("older\n" * 10)
    keep_small(child, largest_bytes=40)

    assert log.read_text() == ""
    assert (tmp_path / "log.1").read_text() == "older\n" * 10


def test_a_log_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    keep_small(Child(Program("it", (), tmp_path / "none", tmp_path, {})))
