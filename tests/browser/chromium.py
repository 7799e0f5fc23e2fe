"""A browser for tests: Debian's Chromium, without a screen, and axe to judge a page by."""

from __future__ import annotations

import gzip
import os
import shutil
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""CI runs as root, where Chromium's sandbox does not; the others keep it from looking for a network."""
_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_AXE = Path(__file__).with_name("axe") / "axe.min.js.gz"
_AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"


def missing() -> str:
    """Return which package is missing for a browser that can write Korean; empty where none is."""
    if shutil.which("chromium") is None:
        return "chromium"
    return "" if _FONT.exists() else "fonts-noto-cjk"


def require_chromium() -> None:
    """Skip what needs a browser where there is none; in CI that is a failure."""
    package = missing()
    if package:
        words = f"{package} is missing (Debian: {package})"
        if os.environ.get("CI"):
            pytest.fail(f"{words}: .ci/run installs it")
        pytest.skip(words)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start it, and stop it at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def axe() -> str:
    """Return the script of axe, as it came."""
    script = gzip.decompress(_AXE.read_bytes())
    if sha256(script).hexdigest() != _AXE_SHA256:
        raise ValueError(f"{_AXE} is not the version that was looked at.")
    return script.decode()
