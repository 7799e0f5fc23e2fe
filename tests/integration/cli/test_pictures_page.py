"""docs/pictures.md and its Korean page: their commands run, and the program prints what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.services import PRODUCTS
from plexsend.sandbox import Sandbox
from tests.integration.cli.conftest import process_environment
from tests.pages import Page, printed
from tests.pictures import encoded, jpg, noise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGES = ["docs/pictures.md", "docs/pictures.ko.md"]
ROW = "sender_number,receiver_number,msg,file_path\n02-2123-4567,010-2345-6789,안녕하세요,coupon.jpg\n"


@pytest.fixture
def uploading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Settings of a gateway that takes pictures, and a folder with the files of the page."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "coupon.jpg").write_bytes(jpg(width=640, height=480))
    (tmp_path / "photo.jpg").write_bytes(jpg(width=1600, height=1200))
    (tmp_path / "card.png").write_bytes(encoded(noise(20, 20), "PNG"))
    (tmp_path / "sale.csv").write_text(ROW, "utf-8")
    with Sandbox() as sandbox:
        yield {"PLEXSEND_UPLOAD_URL": sandbox.url, "PLEXSEND_ACCOUNT_MAIN": "shop;key"}


@pytest.mark.parametrize("path", PAGES)
def test_commands_of_the_page_run(run: Callable[..., Any], uploading: dict[str, str], path: str) -> None:
    commands = Page.of(path).commands()
    assert len(commands) == 5
    for line in commands:
        done = run(*shlex.split(line)[1:], **uploading)
        assert done.code == 0, done.err


def test_the_program_of_the_page_prints_what_it_says(
    environment: dict[str, str], uploading: dict[str, str], store: Any
) -> None:
    del store  # clears the keys afterwards
    (code,) = Page.of("docs/pictures.md").blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=process_environment(environment | uploading),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout.splitlines(), done.stderr) == (printed(code), "")


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_show_the_limits_that_hold(path: str) -> None:
    text = Page.of(path).text
    mms, rcs = PRODUCTS["mms"].picture, PRODUCTS["rcs-mms"].picture
    assert mms is not None
    assert rcs is not None
    row = re.search(r"^\| `mms` \|.*", text, re.MULTILINE)
    assert row is not None
    assert f"{mms.most_width} × {mms.most_height}" in row[0]
    assert f"{mms.most_bytes:,}" in row[0]
    assert f"{rcs.most_bytes:,}" in text
