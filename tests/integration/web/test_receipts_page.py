"""docs/receipts.md, and its Korean twin: what they show works, and what they say is so."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from plexsend.cli.app import app
from plexsend.cli.commands import serve as command
from plexsend.gateway.environment import read_settings
from plexsend.gateway.receipt_codes import GATEWAY_ADDRESSES
from plexsend.outbox.lanes import Lane
from plexsend.outbox.receipts import Receipt
from plexsend.outbox.strays import read_strays
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.web.answers import TAKEN
from plexsend.web.connections import COMES_S, MOST_CONNECTIONS
from plexsend.web.guards import MOST_BYTES, SLOW_S
from plexsend.web.posts import read_post
from plexsend.web.serving import KEEP_ALIVE_S
from plexsend.web.writer import WITHIN_S
from tests.integration.web.conftest import SECRET
from tests.pages import ROOT, Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

PAGES = ["docs/receipts.md", "docs/receipts.ko.md"]


def of(path: str) -> Page:
    """Return a page without the indent of its numbered steps."""
    return Page(re.sub("^   ", "", Page.of(path).text, flags=re.MULTILINE))


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    return of(request.param)


def test_both_pages_have_the_same_parts_and_programs() -> None:
    english, korean = map(of, PAGES)
    for kind in ("sh", "ini", "json"):
        assert english.blocks(kind) == korean.blocks(kind)
    for mark in (r"^#+ ", r"^\| ", r"^- ", r"^\d\. "):
        counts = [len(re.findall(mark, each.text, re.MULTILINE)) for each in (english, korean)]
        assert counts[0] == counts[1], mark


def test_secret_that_is_made_is_taken(page: Page, tmp_path: Path) -> None:
    mode, line = page.blocks("sh")[0].strip().split("\n")
    assert mode == "install -m 0640 -o root -g plexsend /dev/null /etc/plexsend/main.receipts"
    words, _, file = line.partition(" > ")
    made = subprocess.run(
        [sys.executable, *shlex.split(words)[1:]], capture_output=True, check=True, timeout=30
    ).stdout
    assert file == "/etc/plexsend/main.receipts"
    (tmp_path / "main.receipts").write_bytes(made)
    lines = "".join(page.blocks("ini")).replace("/etc/plexsend", str(tmp_path)).split()
    settings = read_settings(dict(each.split("=", 1) for each in lines))
    assert settings.warnings == ()
    assert settings.receipt_secrets["main"].read() == (made.decode().strip(),)
    assert str(settings.receipt_allow) == ", ".join(GATEWAY_ADDRESSES)
    assert str(settings.trusted_proxies) == "127.0.0.1"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_post_that_is_tried_first_counts_a_stranger(
    page: Page, open_door: Callable[..., Any], store: Store, tmp_path: Path
) -> None:
    Submitter(store).add(Lane("mms-bulk", None, "main"), [NewMessage("k1", b"{}")], stamp="test")
    door = open_door()
    (shown,) = (each for each in page.blocks("sh") if "curl" in each)
    script = shown.replace("https://receipts.example.com", f"http://127.0.0.1:{door.port}")
    script = script.replace("/etc/plexsend", str(tmp_path)).partition("plexsend receipts")[0]
    (tmp_path / "main.receipts").write_text(f"{SECRET}\nanother-secret-012345\n")
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True, timeout=30)  # noqa: S607
    assert (done.stdout, done.stderr) == (TAKEN.body, b"")
    assert [(each.account, each.msg_key) for each in read_strays(store)] == [("main", "test-nobody")]


def test_command_is_one(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """tests/integration/web/test_serving.py starts it; here its words are read."""
    (line,) = (each for block in page.blocks("sh") for each in block.split("\n") if "plexsend serve" in each)
    given: dict[str, object] = {}
    monkeypatch.setattr(command.serve, "callback", given.update)
    result = CliRunner().invoke(app, shlex.split(line)[1:])
    assert result.exit_code == 0, result.output
    assert given == {"parts": ("receipts",), "host": "127.0.0.1", "port": 8080, "as_json": False}


def test_post_that_is_shown_is_read(page: Page) -> None:
    (shown,) = page.blocks("json")
    assert read_post(shown.encode()).receipts == (Receipt("order-4711", "0", "LGU", 1795841564390),)


def test_numbers_are_those_of_the_code(page: Page) -> None:
    said = page.text.replace("초", " s")
    for number in (
        f"{MOST_BYTES // 1024} kB",
        f"{SLOW_S:g} s",
        f"{COMES_S:g} s",
        f"{KEEP_ALIVE_S} s",
        f"{WITHIN_S:g} s",
        f"{MOST_CONNECTIONS}",
    ):
        assert number in said, number
    assert f"`200 {TAKEN.body.decode()}`" in said
    assert json.loads(TAKEN.body) == {"code": "100", "desc": "success"}


def test_links_lead_somewhere(page: Page) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.text):
        assert (ROOT / "docs" / target).resolve().exists(), target
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (.+)$", page.text, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", page.text)) <= headings
