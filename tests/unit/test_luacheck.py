"""What luacheck remarks on a whole script is said of the part that it stands in."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.redis.pieces import Part
from plexsend.outbox.redis.scripts import Script
from tests import luacheck
from tests.luacheck import Remark, check

if TYPE_CHECKING:
    from pathlib import Path

SHEBANG = Part("shebang", "#!lua flags=allow-oom")
SHARED = Part("_shared", "-- Words.\nlocal function one() end\nlocal function two() end")


@pytest.fixture
def program() -> str:
    found = shutil.which("luacheck")
    if found is None:
        pytest.skip("luacheck is not installed")
    return found


def test_a_remark_names_the_part_and_its_line(program: str) -> None:
    own = Part("submit", "one() two()\n\nlocal x = 1\nreturn nobody()")
    assert check(program, {Script.SUBMIT: [SHEBANG, SHARED, own]}) == [
        Remark("submit", 3, "W211", "unused variable 'x'"),
        Remark("submit", 4, "W113", "accessing undefined variable 'nobody'"),
    ]


def test_what_one_script_does_not_need_of_a_part_may_be_for_another(program: str) -> None:
    def scripts(of_submit: str, of_steer: str) -> dict[Script, list[Part]]:
        return {
            Script.SUBMIT: [SHEBANG, SHARED, Part("submit", of_submit)],
            Script.STEER: [SHEBANG, SHARED, Part("steer", of_steer)],
        }

    assert check(program, scripts("one()", "two()")) == []
    assert check(program, scripts("one()", "one()")) == [
        Remark("_shared", 3, "W211", "unused function 'two'")
    ]


def test_a_script_that_cannot_be_read_is_a_remark(program: str) -> None:
    (remark,) = check(program, {Script.STEER: [SHEBANG, Part("steer", "local x = = 1")]})
    assert (remark.part, remark.code) == ("steer", "E011")


@pytest.mark.parametrize(("ci", "status", "words"), [("", 0, "not checked"), ("true", 1, "is missing")])
def test_only_ci_must_have_luacheck(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    *,
    ci: str,
    status: int,
    words: str,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    assert luacheck.main() == status
    told = capsys.readouterr().out
    assert words in told
    assert len(told.splitlines()) == 1
