"""The crashes of `python -m bench.durability` lose what they must, and no more."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from bench.crash import Server, build_shim, crash
from bench.durability import SETTINGS, SLOW_FLUSH_MS, main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler called cc")


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_shim(tmp_path_factory.mktemp("shim"))


def test_flush_each_second_loses_what_a_power_cut_finds_unflushed(tmp_path: Path, shim: Path) -> None:
    server = Server(tmp_path / "server", shim, SETTINGS["everysec"], flush_ms=0)
    shown = crash(server, after_s=1.5, power=True)
    assert 0 < shown["lost"] < shown["added"]
    assert shown["lost_s"] < 5


def test_flush_each_time_loses_nothing_in_a_power_cut(tmp_path: Path, shim: Path) -> None:
    server = Server(tmp_path / "server", shim, SETTINGS["always"], flush_ms=0)
    shown = crash(server, after_s=1, power=True)
    assert shown["added"] > 0
    assert shown["lost"] == 0


def test_kill_during_a_slow_flush_each_second_loses_what_was_put_off(tmp_path: Path, shim: Path) -> None:
    """Redis keeps in its own memory what it cannot write while a flush is under way."""
    for number in range(3):
        server = Server(tmp_path / f"server{number}", shim, SETTINGS["everysec"], flush_ms=SLOW_FLUSH_MS)
        shown = crash(server, after_s=2.5 + number / 2, power=False)
        if shown["lost"]:
            return
    pytest.fail("three kills lost nothing")


def test_command_tells_what_a_crash_lost(capsys: pytest.CaptureFixture[str]) -> None:
    kind = "power cut, always, flush as it is"
    assert main(["--rounds", "0", "--kills", "1", "--only", kind]) == 0
    assert f"{kind}: 0 of 1 crashes lost something" in capsys.readouterr().out
