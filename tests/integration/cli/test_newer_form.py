"""Commands and a worker on an outbox of a newer form than they know: refused in words, nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.environment import read_settings
from plexsend.outbox.form import FORM
from plexsend.worker import bootstep
from plexsend.worker.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

IMAGE = ("--image", "https://example.com/a.jpg")
COMMANDS = [
    ("lanes",),
    ("holds",),
    ("groups",),
    ("fleet",),
    ("why",),
    ("why", "k"),
    ("audit",),
    ("status", "k"),
    ("cancel", "k"),
    ("pause", "mms-bulk@main", "--reason", "x"),
    ("resume", "mms-bulk@main"),
    ("dead", "list"),
    ("dead", "requeue", "k"),
    ("uncertain", "list"),
    ("uncertain", "settle", "k", "accepted"),
    ("policy", "list"),
    ("policy", "set", "mms-bulk", "rate=1", "--reason", "x"),
    ("send", "mms-bulk", "--to", "01023456789", "--from", "0234567890", "--text", "x", *IMAGE),
]


@pytest.fixture
def newer(store: Store, yard: Any) -> dict[bytes, bytes | None]:
    """An outbox with a message, of a form that nobody knows yet; all that it holds."""
    yard.add("k")
    store.client.set(store.keys.format, FORM + 1)
    return everything(store)


def everything(store: Store) -> dict[bytes, bytes | None]:
    return {key: store.client.dump(key) for key in store.client.scan_iter(f"{store.keys.prefix}*")}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_is_refused_and_changes_nothing(
    run: Callable[..., Any],
    newer: dict[bytes, bytes | None],
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    monkeypatch.setattr("plexsend.outbox.form._KEPT_S", -1.0)
    ended = run(*command, "--json")
    assert ended.code == 1, ended
    assert ended.error["kind"] == "unsuitable"
    assert "newer version" in ended.error["message"]
    assert everything(store) == newer


def test_worker_does_not_start(
    newer: dict[bytes, bytes | None], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plexsend.outbox.form._KEPT_S", -1.0)
    runtime = Runtime(read_settings({}), store=store)
    with pytest.raises(SystemExit) as raised:
        bootstep._wait_for_server(runtime, durable=False)
    assert raised.value.code == bootstep.SERVER_WRONG
    assert everything(store) == newer
