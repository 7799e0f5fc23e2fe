"""What `plexsend up` and the demo start, with and without what receipts need."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.cli.commands import demo, up
from plexsend.errors import MissingExtra
from plexsend.terminal.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REAL = {"PLEXSEND_ACCOUNT_MAIN": "real;secret", "PLEXSEND_MMS_URL": "http://127.0.0.1:1"}
SECRET = {"PLEXSEND_RECEIPT_SECRET_MAIN": "as-long-as-it-must-be"}


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """What `plexsend up` would start with these settings."""

    def make(*, sandbox: bool, **settings: str) -> Any:
        for name, text in settings.items():
            monkeypatch.setenv(name, text)
        return up._plan(Screen(as_json=False), sandbox=sandbox, workers=1, port=0, sandbox_port=0)

    return make


def without_web(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "falcon", None)


@pytest.mark.parametrize(
    ("sandbox", "settings", "receipts"),
    [(True, {}, True), (True, SECRET, True), (False, REAL, False), (False, {**REAL, **SECRET}, True)],
)
def test_receipts_are_taken_where_somebody_posts_them(
    plan: Callable[..., Any], *, sandbox: bool, settings: dict[str, str], receipts: bool
) -> None:
    assert plan(sandbox=sandbox, **settings).receipts is receipts


def test_without_the_extra_the_sandbox_is_enough_and_it_is_said(
    plan: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    without_web(monkeypatch)
    assert not plan(sandbox=True).receipts
    assert "receipts: are not taken: falcon is not installed. Run: pip install" in capsys.readouterr().err
    assert not demo._plan(tmp_path).receipts


def test_without_the_extra_a_secret_for_receipts_is_refused(
    plan: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_web(monkeypatch)
    with pytest.raises(MissingExtra, match="falcon is not installed"):
        plan(sandbox=False, **REAL, **SECRET)


def test_the_demo_takes_receipts(tmp_path: Path) -> None:
    assert demo._plan(tmp_path).receipts
