"""Paths: which account has which secret, in constant time, and while it is rotated."""

from __future__ import annotations

import hmac
import logging
from typing import TYPE_CHECKING

import pytest

from plexsend.settings.receipt_secrets import ReceiptSecrets
from plexsend.web import paths as module
from plexsend.web.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW, OTHER = "old-secret-0123456789", "new-secret-0123456789", "other-secret-0123456"


def given(**secrets: tuple[str, ...]) -> dict[str, ReceiptSecrets]:
    return {
        name: ReceiptSecrets(name, f"PLEXSEND_RECEIPT_SECRET_{name.upper()}", each)
        for name, each in secrets.items()
    }


def test_secret_leads_to_its_account_alone() -> None:
    paths = Paths(given(main=(OLD,), shop=(OTHER,)))
    assert paths.find("main", OLD) == ("main",)
    assert paths.find("shop", OTHER) == ("shop",)
    wrong = [
        ("main", OTHER),
        ("main", OLD[:-1]),
        ("main", ""),
        ("shop", OLD),
        ("nobody", OLD),
        ("", ""),
        ("main", "비밀"),
    ]
    assert [pair for pair in wrong if paths.find(*pair)] == []


def test_both_secrets_count_while_one_takes_over() -> None:
    paths = Paths(given(main=(OLD, NEW)))
    assert paths.find("main", OLD) == paths.find("main", NEW) == ("main",)


def test_others_with_the_same_secret_follow() -> None:
    """A console of the gateway has one URL for several of our accounts."""
    paths = Paths(given(main=(OLD, OTHER), shop=(OLD,), club=(NEW,)))
    assert paths.find("main", OLD) == ("main", "shop")
    assert paths.find("shop", OLD) == ("shop", "main")
    assert paths.find("main", OTHER) == ("main",)


@pytest.mark.parametrize(
    ("account", "secret"), [("main", OLD), ("main", "x"), ("shop", NEW), ("nobody", "x" * 500)]
)
def test_as_much_is_compared_for_every_path(
    account: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = Paths(given(main=(OLD, NEW, OTHER), shop=(OTHER,)))
    lengths: list[int] = []

    class Counting:
        @staticmethod
        def compare_digest(one: bytes, other: bytes) -> bool:
            lengths.append(len(other))
            return hmac.compare_digest(one, other)

    monkeypatch.setattr(module, "hmac", Counting)
    paths.find(account, secret)
    assert lengths == [16, 16, 16]


class Rotation:
    """A secret in a file, and a clock that a test sets."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "secrets"
        self.now_s = 0.0
        self.write(OLD)
        self.paths = Paths({"main": ReceiptSecrets("main", "PLEXSEND_X_FILE", self.file)}, lambda: self.now_s)

    def write(self, *secrets: str) -> None:
        # As a secret is put in place by most programs: another file under the same name.
        fresh = self.file.with_suffix(".new")
        fresh.write_text("\n".join(secrets), "utf-8")
        fresh.rename(self.file)

    def takes(self) -> list[str]:
        self.now_s += 1
        return [secret for secret in (OLD, NEW) if self.paths.find("main", secret)]


def test_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    rotation = Rotation(tmp_path)
    assert rotation.takes() == [OLD]
    rotation.write(OLD, NEW)
    assert rotation.takes() == [OLD, NEW]
    rotation.write(NEW)
    assert rotation.takes() == [NEW]


def test_file_that_is_wrong_meanwhile_changes_nothing_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rotation = Rotation(tmp_path)
    rotation.write("short")
    with caplog.at_level(logging.INFO):
        assert rotation.takes() == rotation.takes() == [OLD]
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "has 5 characters, fewer than 16" in record.getMessage()
    rotation.file.unlink()
    assert rotation.takes() == [OLD]
    rotation.write(NEW)
    assert rotation.takes() == [NEW]
    assert OLD not in caplog.text
    assert NEW not in caplog.text
