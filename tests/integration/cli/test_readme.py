"""Every command of the README and of the other pages is run, or is one that CI itself runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.sandbox import Sandbox
from tests.integration.cli.conftest import process_environment
from tests.pictures import jpg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
README = ROOT.joinpath("README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)

ELSEWHERE = {
    "make demo": "tests/acceptance runs `plexsend demo`, which is all that the target does",
    "make test": ".ci/run",
    "make lint": ".ci/run",
    "make chaos": "tests/acceptance/test_chaos.py plays a short form",
    "make failover": "tests/acceptance/test_failover.py runs two cases",
    "make rehearse": "tests/acceptance/test_rehearsal.py plays a short form",
    "make durability": "tests/integration/bench/test_durability.py",
    "make forged": "tests/integration/web/test_forged.py posts a few of each kind",
    "make mutations": "tests/unit/test_mutations.py holds its list to the code",
    "make fuzz": "tests/fuzz, with less effort",
    "make bench": "tests/integration/bench runs its pieces",
    "pip wheel --no-deps --wheel-dir dist .": "tests/packaging builds the wheel so",
    "pip install 'dist/plexsend-0.5.0-py3-none-any.whl[all]'": "tests/packaging installs it with its extras",
    "pip install dist/plexsend-0.5.0-py3-none-any.whl": "tests/packaging installs it alone",
    "plexsend why": "tests/integration/cli/test_why_flow.py, for the same reason as doctor",
    "plexsend doctor": "tests/integration/cli/test_doctor.py, for here messages wait and no worker is alive",
    "plexsend health worker": "tests/integration/cli/test_health.py, for here no worker is alive",
    "plexsend demo": "tests/acceptance/cli/test_demo.py",
    "plexsend up --sandbox": "tests/acceptance/cli/test_up.py",
    "plexsend send mms-bulk --to 010-2345-6789 --from 02-2123-4567 --text 안녕하세요 "
    "--image https://example.com/coupon.jpg --wait": "tests/acceptance/cli/test_up.py",
    "plexsend worker": "tests/acceptance/test_own_processes.py",
}
SPRING = """name = "spring-sale"
service = "lms-bulk"
from = "02-2345-6789"
text = "#{이름}님, 봄옷이 왔습니다."
recipients = "list.csv"
"""
CSV = (
    "msg_key,sender_number,receiver_number,msg,file_path\n"
    "row-1,02-2123-4567,010-2345-6789,안녕하세요,https://example.com/a.jpg|https://example.com/b.jpg\n"
)


def commands() -> list[str]:
    """Return each line of the README's blocks that begins with a program of ours."""
    lines = [line for kind, block in BLOCKS if not kind for line in block.splitlines()]
    found = [re.split(r"\s{3,}", line)[0] for line in lines]
    return [line for line in found if line.startswith(("plexsend ", "make ", "pip "))]


def _is_run_here(line: str) -> bool:
    return line.startswith("plexsend ") and line not in ELSEWHERE


def test_the_readme_shows_the_commands_that_a_reader_needs() -> None:
    told = {line.split()[1] for line in commands() if line.startswith("plexsend ")}
    assert told >= {"import", "send", "status", "why", "lanes", "holds", "pause", "resume", "dead", "audit"}


@pytest.mark.parametrize("line", [line for line in commands() if not _is_run_here(line)])
def test_what_is_not_run_here_is_run_elsewhere(line: str) -> None:
    assert line in ELSEWHERE
    if ELSEWHERE[line].startswith("tests/"):
        assert ROOT.joinpath(ELSEWHERE[line].split()[0].rstrip(",")).exists()
    if line.startswith("make "):
        assert f"\n{line.split()[1]}:" in ROOT.joinpath("Makefile").read_text("utf-8")
    if ELSEWHERE[line] == ".ci/run":
        assert f"\n{line}\n" in ROOT.joinpath(".ci", "run").read_text("utf-8")


@pytest.mark.parametrize("line", [line for line in commands() if _is_run_here(line)])
def test_command_of_the_readme_runs(
    line: str, run: Callable[..., Any], yard: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("messages.csv").write_text(CSV, "utf-8")
    yard.add("KEY")
    with _settings_for(line, tmp_path) as settings:
        _bring_about(line, yard, run)
        _create_a_campaign(line, tmp_path, lambda *args: run(*args, **settings))
        done = run(*shlex.split(line)[1:], **settings)

    assert done.code == 0, done.err


@contextmanager
def _settings_for(line: str, folder: Path) -> Iterator[dict[str, str]]:
    """What the command needs around it: a key for who refused, and a host that takes its pictures."""
    settings = {"PLEXSEND_NUMBER_KEY": "k" * 32, "PLEXSEND_CAMPAIGN_DIR": str(folder / "campaigns")}
    shown = [word for word in shlex.split(line) if word.endswith(".jpg") and "://" not in word]
    if not shown:
        yield settings
        return
    for name in shown:
        folder.joinpath(name).write_bytes(jpg(width=1600 if "--fit" in line else 640, height=480))
    with Sandbox() as sandbox:
        yield {**settings, "PLEXSEND_UPLOAD_URL": sandbox.url, "PLEXSEND_ACCOUNT_MAIN": "shop;key"}


def _create_a_campaign(line: str, folder: Path, run: Callable[..., Any]) -> None:
    """Let spring.toml be there, and for what comes after its creation a run of it."""
    if not line.startswith("plexsend campaign "):
        return
    folder.joinpath("list.csv").write_text("휴대폰번호,이름\n010-2345-6789,김\n", "utf-8")
    folder.joinpath("spring.toml").write_text(SPRING, "utf-8")
    if "spring.toml" not in line:
        assert run("campaign", "create", "spring.toml", "--yes").code == 0


def _bring_about(line: str, yard: Any, run: Callable[..., Any]) -> None:
    """Put KEY, or what the command is about, into the state that the README speaks of."""
    if "dead requeue" in line:
        yard.end(Outcome.REJECTED, "KEY")
    elif "uncertain settle" in line:
        yard.end(Outcome.PARK, "KEY")
    elif line.startswith("plexsend resume"):
        assert run("pause", line.split()[2], "--reason", "r").code == 0
    elif "--advertisement" in line:
        marks = next(each for each in commands() if "policy set @main sender_name" in each)
        assert run(*shlex.split(marks)[1:]).code == 0
    elif "reschedule group:" in line:
        yard.add("ONE-OF-THEM", lane=Lane("mms-bulk", None, "main", line.split()[2].removeprefix("group:")))


@pytest.mark.parametrize(
    ("place", "printed"),
    [(0, "waiting\ncancelled\n"), (1, "1\n")],
    ids=["one message", "many"],
)
def test_example_for_applications_runs(
    place: int, printed: str, environment: dict[str, str], store: Any
) -> None:
    del store  # clears the keys afterwards
    examples = [text for kind, text in BLOCKS if kind == "python"]
    assert len(examples) == 2

    done = subprocess.run(
        [sys.executable, "-c", examples[place]],
        env=process_environment(environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout == printed, done.stderr
