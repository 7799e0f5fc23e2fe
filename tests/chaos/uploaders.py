"""The processes of a world that upload pictures, and what is written down of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from plexsend.stack.child import Program
from tests.chaos.child import Wanted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.pictures import Aged
    from tests.chaos.world import World

PROCESSES = 2


class Uploaders:
    """Those of one world.

    Args:
        world: Whose.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.gateway_ledger: Path = world.folder / "gateway-uploads.jsonl"
        self.ledgers: list[Path] = []
        self.processes: list[Wanted] = []
        self.aged: list[Aged] = []
        """Pictures that were made old."""

    def begin(self, count: int, seed: int) -> None:
        """Start so many; the seed is of their pictures, which are the same."""
        world = self._world
        for number in range(count):
            # By its name it is waited for when all pause.
            name = f"application-pictures-{number}"
            ledger = world.folder / f"{name}.jsonl"
            world.ledgers.append(ledger)
            self.ledgers.append(ledger)
            command = (
                *(sys.executable, "-m", "tests.chaos.uploader", "--tag", f"u{number}"),
                *("--ledger", str(ledger), "--pause", str(world.pause_file), "--seed", str(seed)),
            )
            program = Program(name, command, world.folder / f"{name}.log", world.folder, world.environ())
            self.processes.append(world.supervisor.add(Wanted(program)))
