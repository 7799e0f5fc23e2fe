"""What `plexsend up` says of receipts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.cli.announcing import announce
from plexsend.stack.folder import DataFolder
from plexsend.stack.stack import Plan
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

SANDBOX = "http://127.0.0.1:2"
SERVER = "http://127.0.0.1:3"


@pytest.mark.parametrize(
    ("sandbox", "receipts", "line"),
    [
        (SANDBOX, SERVER, f"  receipts  {SERVER}  (the sandbox posts them there)"),
        (SANDBOX, None, "  receipts  not taken: messages end accepted"),
        (None, None, "  receipts  not taken: set PLEXSEND_RECEIPT_SECRET_MAIN for them (docs/receipts.md)"),
        (
            None,
            SERVER,
            f"  receipts  {SERVER}/receipts/ACCOUNT/SECRET  (the gateway posts them there: docs/receipts.md)",
        ),
    ],
)
def test_it_says_where_receipts_are_taken_or_what_is_missing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, sandbox: str | None, receipts: str | None, line: str
) -> None:
    stack: Any = SimpleNamespace(
        sandbox_url=sandbox,
        receipts_url=receipts,
        number_key_file=tmp_path / "number.key" if sandbox else None,
        redis_place="redis://127.0.0.1:1/0",
        children=[],
        workers=[],
    )
    plan = Plan(2, {}, lambda _redis, _sandbox: {})
    announce(Screen(as_json=False), stack, plan, DataFolder(tmp_path))
    said = capsys.readouterr().out
    assert line in said.splitlines()
    assert (f"PLEXSEND_NUMBER_KEY_FILE={tmp_path}/number.key" in said) == bool(sandbox)
    assert (f"PLEXSEND_CAMPAIGN_DIR={tmp_path}/campaigns" in said) == bool(sandbox)


def test_other_terminals_are_given_the_folder_of_campaigns(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stack: Any = SimpleNamespace(
        sandbox_url=None,
        receipts_url=None,
        number_key_file=None,
        redis_place="redis://127.0.0.1:1/0",
        children=[],
        workers=[],
    )
    plan = Plan(2, {"PLEXSEND_CAMPAIGN_DIR": "/lists"}, lambda _redis, _sandbox: {})
    announce(Screen(as_json=False), stack, plan, DataFolder(tmp_path))
    said = capsys.readouterr().out
    assert "PLEXSEND_CAMPAIGN_DIR=/lists" in said
    assert "and beat, which rings for campaigns" in said
