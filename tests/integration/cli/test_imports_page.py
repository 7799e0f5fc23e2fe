"""docs/imports.md: its commands run, and audit knows what they leave."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tests.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    import pytest

HEADER = "sender_number,receiver_number,msg,file_path"
ROW = "02-2123-4567,010-2345-6789,안녕하세요,https://example.com/a.jpg"


def test_commands_of_the_page_run(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sale.csv").write_text(f"{HEADER}\n{ROW}\n", "utf-8")
    (tmp_path / "orders.csv").write_text(f"order_id,{HEADER}\n17,{ROW}\n", "utf-8")
    commands = Page.of("docs/imports.md").commands()
    assert len(commands) == 2
    for line in commands:
        ended = run(*shlex.split(line)[1:], "--json")
        assert (ended.code, ended.lines[-1]["added"]) == (0, 1), ended.err
    assert run("audit").code == 0
