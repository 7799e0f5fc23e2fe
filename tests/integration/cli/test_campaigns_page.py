"""docs/campaigns.md and docs/ko/campaigns.md: the commands about the definition and the list run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("page", ["docs/campaigns.md", "docs/ko/campaigns.md"])
def test_templates_of_the_page_are_written(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = Page.of(page)
    tmp_path.joinpath("spring.toml").write_text(shown.blocks("toml")[0], encoding="utf-8")
    commands = [line for line in shown.commands() if line.startswith("plexsend campaign template ")]
    assert len(commands) >= 2
    for line in commands:
        done = run(*shlex.split(line)[1:])
        assert done.code == 0, done.err
    header = tmp_path.joinpath("recipients.csv").read_text("utf-8-sig")
    assert header == "휴대폰번호,이름,쿠폰 번호\n"
