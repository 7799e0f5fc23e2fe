"""docs/applications.md: its blocks of Python run one after the other, and its commands."""

from __future__ import annotations

import shlex
import socket
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import plexsend
from plexsend import errors
from plexsend.producers.submissions import Added, InDoubt, NotAdded, interruption
from plexsend.sandbox import Sandbox
from tests.integration.cli.conftest import process_environment
from tests.pages import Page, printed
from tests.pictures import jpg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

PAGE = Page.of("docs/applications.md")
WITH_WORKER = "wait_for_end"
"""Its block needs a worker: tests/acceptance/cli/test_up.py runs it."""
BLOCKS = [code for code in PAGE.blocks("python") if WITH_WORKER not in code and not code.startswith("# ")]
"""Without those that are files of their own: test_applications_files.py runs them."""

ELSEWHERE = {
    "pip install plexsend": "tests/packaging installs the wheel alone",
    "plexsend up --sandbox": "tests/acceptance/cli/test_up.py",
}


def run(code: str, settings: dict[str, str], folder: Path | None = None) -> list[str]:
    """Run a program as an application's process, in a folder, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=process_environment(settings),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_every_block_runs_after_those_before_it_and_prints_what_it_says(
    environment: dict[str, str], store: Any, tmp_path: Path
) -> None:
    del store  # clears the keys afterwards
    code = "\n".join(BLOCKS)
    tmp_path.joinpath("coupon.jpg").write_bytes(jpg(width=640, height=480))

    with Sandbox() as sandbox:
        uploading = {"PLEXSEND_UPLOAD_URL": sandbox.url, "PLEXSEND_ACCOUNT_MAIN": "shop;key"}
        campaigns = {"PLEXSEND_CAMPAIGN_DIR": str(tmp_path / "campaigns")}
        assert run(code, environment | uploading | campaigns, tmp_path) == printed(code)


@pytest.mark.parametrize("code", BLOCKS, ids=range(len(BLOCKS)))
def test_every_block_says_what_it_prints(code: str) -> None:
    assert printed(code)
    assert len(printed(code)) == code.count("print(")


def test_the_shown_text_of_a_refusal_is_what_its_block_raises(environment: dict[str, str]) -> None:
    (text,) = PAGE.blocks("text")
    code = "import plexsend\n" + _block("010-1234").replace("as refused:", "as refused:\n    print(refused)")

    assert run(code, environment)[:2] == text.splitlines()


@pytest.mark.parametrize("line", PAGE.commands())
def test_command_of_the_page_runs(
    line: str, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if line in ELSEWHERE:
        return
    monkeypatch.chdir(tmp_path)
    (table,) = PAGE.blocks("csv")
    tmp_path.joinpath("sale.csv").write_text(table, "utf-8")

    done = run(*shlex.split(line)[1:])

    assert done.code == 0, done.err
    assert f"{len(table.splitlines()) - 1} added" in done.out


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that lets everybody connect and answers nobody."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"


def _block(words: str) -> str:
    (code,) = [code for code in BLOCKS if words in code]
    return code


def test_what_a_server_that_hangs_did_not_answer_is_left_for_later(
    environment: dict[str, str], silent: str
) -> None:
    code = f"import plexsend\nitems = [{{'msg_key': 'a'}}, {{'msg_key': 'b'}}]\n{_block('stopped.taken')}"

    assert run(code, environment | {"PLEXSEND_REDIS_URL": silent}) == ["2"]


def test_what_is_left_for_later_has_the_keys_that_the_items_were_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The page's own function, called where Redis failed after the first of five items."""

    def submit(service: str, items: Sequence[Any], *, timeout_s: float) -> plexsend.Submission:
        del service, items, timeout_s
        known = plexsend.Submission(
            added=[Added(0, "a")], in_doubt=[InDoubt(1, "b")], not_added=[NotAdded(2, "made-up")]
        )
        raise interruption(errors.OutboxUnavailable("away"), known, 3)

    names: dict[str, Any] = {
        "plexsend": SimpleNamespace(submit=submit, SubmitInterrupted=plexsend.SubmitInterrupted),
        "items": [{"msg": "0"}, {"msg": "1", "msg_key": "b"}, {"msg": "2"}, {"msg": "3"}, {"msg": "4"}],
    }
    exec(_block("stopped.taken"), names)  # noqa: S102  our own page

    assert names["later"] == [
        {"msg": "1", "msg_key": "b"},
        {"msg": "2", "msg_key": "made-up"},
        {"msg": "3"},
        {"msg": "4"},
    ]
    assert capsys.readouterr().out == "4\n"


def test_a_process_that_is_forked_after_the_first_call_sends_too(
    environment: dict[str, str], store: Any
) -> None:
    del store  # clears the keys afterwards
    code = (
        "import os, plexsend\n"
        "def send(key):\n"
        "    words = {'to': '01023456789', 'from_': '0221234567', 'text': 'm'}\n"
        "    return plexsend.send('sms-standard', msg_key=key, **words)\n"
        "send('parent-1')\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    print(send('child'), plexsend.status('parent-1').state, flush=True)\n"
        "    plexsend.cancel('child')\n"
        "    for result in plexsend.results(reader='forked', from_start=True, follow=False):\n"
        "        print(result.msg_key, result.state, flush=True)\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "print(send('parent-2'), plexsend.status('child').state)\n"
    )

    assert run(code, environment) == ["child waiting", "child cancelled", "parent-2 cancelled"]


def test_the_page_has_every_list_of_a_submission_and_every_error_of_an_application() -> None:
    rows = [line.split("|")[1] for line in PAGE.text.splitlines() if line.startswith("| `")]
    named = {name.strip("`") for row in rows for name in row.strip().split(", ")}
    assert named >= {"added", "duplicates", "conflicts", "invalid", "not_added", "in_doubt"}
    faced = {
        name
        for name in plexsend.__all__
        if isinstance(value := getattr(plexsend, name), type) and issubclass(value, errors.PlexsendError)
    }
    # The first two stand for whole branches, and the third is raised by a loader and by none of the face.
    told = {name.partition("`")[0] for name in named}
    assert faced - {"PlexsendError", "OutboxError", "InvalidItem"} <= told
