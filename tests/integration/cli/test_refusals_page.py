"""Every command of the page about refusals runs, in both languages alike."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.suppression import SuppressionKind, Suppressions, SuppressionSource, Suppressor
from plexsend.settings import NumberKey
from plexsend.web.pushes import read_push
from tests.integration.cli.conftest import BULK
from tests.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

KEY = "k" * 32
ENGLISH, KOREAN = Page.of("docs/refusals.md"), Page.of("docs/ko/advertising.md")
NOW_MS = 1_900_000_000_000


def test_both_pages_have_the_same_commands_pushes_and_sections() -> None:
    assert ENGLISH.commands() == KOREAN.commands()
    assert ENGLISH.blocks("json") == KOREAN.blocks("json")
    levels = [re.findall(r"^(#+) ", page.text, re.MULTILINE) for page in (ENGLISH, KOREAN)]
    # The Korean page has one section more: the notice after two years, which is a text.
    assert len(levels[1]) == len(levels[0]) + 1


def test_the_commands_run_in_their_order(
    run: Callable[..., Any], yard: Any, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("refused.csv", "customers.csv"):
        tmp_path.joinpath(name).write_text("phone\n010-7777-8888\n", "utf-8")
    tmp_path.joinpath("answered.txt").write_text("010-2345-6789\n", "utf-8")
    yard.add("KEY", lane=BULK)
    own = Suppressions(store, "main", NumberKey(KEY))
    waits = Suppressor(SuppressionSource.REFUSAL_CALL)
    for line in ENGLISH.commands():
        if "--accept" in line:
            own.add(["01055556666"], SuppressionKind.OFFERED, waits)
        if "--decline" in line:
            # Noon in Korea, of the day that the page names.
            own.add(["01055556667"], SuppressionKind.OFFERED, waits, since_ms=1_795_834_800_000)
        if " told " in line:
            own.add(["01023456789"], SuppressionKind.ADS, waits)
        done = run(*shlex.split(line)[1:], PLEXSEND_NUMBER_KEY=KEY)
        assert done.code == 0, f"{line}\n{done.out}{done.err}"


@pytest.mark.parametrize("body", ENGLISH.blocks("json"))
def test_the_pushes_are_read_whole(body: str) -> None:
    push = read_push(body.encode(), NOW_MS)
    assert (push.unclear, push.ignored, bool(push.wishes)) == ([], [], True)
