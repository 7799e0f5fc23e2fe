"""`python -m tests.failover` as docs/reliability.md names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.failover.__main__ import main
from tests.failover.cases import CASES

if TYPE_CHECKING:
    import pytest


def test_command_has_a_row_for_each_case(capsys: pytest.CaptureFixture[str]) -> None:
    """What a row shows is seen where a case is run: tests/acceptance/test_failover.py runs two."""
    assert main(["--rounds", "0"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split(" | ")[0] for row in rows] == [case.name for case in CASES]
