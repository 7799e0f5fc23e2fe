"""upload: pictures on the command line, and messages that show files."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox import Sandbox
from tests.pictures import encoded, jpg, noise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store


@pytest.fixture
def gateway() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def upload(
    run: Callable[..., Any], gateway: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Run a command in the folder of the test, with an account's secret."""
    monkeypatch.chdir(tmp_path)
    settings = {"PLEXSEND_UPLOAD_URL": gateway.url, "PLEXSEND_ACCOUNT_MAIN": "shop;key"}
    return lambda *args, **more: run(*args, **settings, **more)


def test_each_picture_is_a_row_and_a_refused_one_stops_no_other(
    upload: Callable[..., Any], gateway: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(jpg())
    (tmp_path / "wide.jpg").write_bytes(jpg(width=1600))
    ended = upload("upload", "a.jpg", "wide.jpg", "none.jpg", "--json")
    assert ended.code == 1
    (line,) = ended.lines
    assert line.pop("url").startswith("https://kr.object.ncloudstorage.com/")
    assert line.pop("expires_at").endswith("T00:00:00+00:00")
    assert line == {"file": "a.jpg", "size_bytes": len(jpg()), "width": 16, "height": 12, "changed": []}
    errors = [json.loads(each)["error"] for each in ended.err.splitlines()]
    assert [error["message"] for error in errors] == [
        "wide.jpg is refused; it was not uploaded.",
        "none.jpg is refused; it was not uploaded.",
    ]
    people = upload("upload", "a.jpg", "wide.jpg", "--fit")
    assert people.code == 0
    titles, first, second = people.out.splitlines()
    named = ["file", "url", "expires_at (KST)", "size_bytes", "width", "height", "changed"]
    assert re.split(r"\s{2,}", titles.strip()) == named
    assert first.startswith("a.jpg     https://")
    assert second.endswith("1500      11  1600x12 to 1500x11, quality 90")
    assert gateway.get_stats().pictures == 2


def test_rcs_pictures_are_another_product(upload: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "card.png").write_bytes(encoded(noise(20, 10), "PNG"))
    (line,) = upload("upload", "card.png", "--product", "rcs-mms", "--json").lines
    assert line["url"].startswith("maapfile://")


def test_a_message_shows_a_file(upload: Callable[..., Any], store: Store, tmp_path: Path) -> None:
    (tmp_path / "my coupon.jpg").write_bytes(jpg())
    sent = ("send", "mms-bulk", "--to", "010-2345-6789", "--from", "02-2123-4567", "--text", "x", "--key")
    assert upload(*sent, "k1", "--image", "my coupon.jpg").code == 0
    body = json.loads(_client(store).get(store.keys.body("main", "k1")))
    assert body["file_path"][0].startswith("https://kr.object.")
    wrong = upload(*sent, "k2", "--image", "no.jpg")
    assert wrong.code == 1
    assert "--image (file_path.0): names a file that does not exist: no.jpg. Check the path." in wrong.err


def test_without_the_secret_a_command_says_so(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpg())
    ended = run("upload", str(tmp_path / "a.jpg"))
    assert ended.code == 1
    assert "Set PLEXSEND_ACCOUNT_MAIN" in ended.err


def test_without_the_extra_a_command_names_it(
    upload: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jpg").write_bytes(jpg())
    monkeypatch.setitem(sys.modules, "PIL", None)
    ended = upload("upload", "a.jpg")
    assert ended.code == 2
    assert ended.err == "plexsend: PIL is not installed. Run: pip install 'plexsend[images]'\n"


def _client(store: Store) -> Any:
    """redis-py's types name every kind of answer."""
    return store.client
