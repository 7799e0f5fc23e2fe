"""What a stack says of a process that ends while it is waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.stack.child import Child, Program
from plexsend.stack.folder import DataFolder
from plexsend.stack.stack import PartFailed, Plan, Stack
from plexsend.stack.stops import Stops

if TYPE_CHECKING:
    from pathlib import Path


class EndsAfterTheFirstLook(Child):
    """Runs when it is first asked, and has ended when it is asked again."""

    looks = 0

    @property
    def is_running(self) -> bool:
        self.looks += 1
        return self.looks == 1

    def how_it_ended(self) -> str:
        return "exit code 2"


def test_a_process_that_ends_between_two_looks_is_named_as_itself(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        stack = Stack(Plan(0, {}, lambda _redis, _sandbox: {}), folder, Stops())
        program = Program("worker 1", ("true",), tmp_path / "log", tmp_path, {})
        worker = EndsAfterTheFirstLook(program)
        stack._workers.append(worker)
        with pytest.raises(PartFailed, match=r"^worker 1 ended while it started \(exit code 2\)"):
            stack._wait_for(worker, lambda: False, within_s=1)
