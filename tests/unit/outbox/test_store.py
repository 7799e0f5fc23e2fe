"""How Redis's errors become ours: each says what became of the call."""

from __future__ import annotations

import pytest
from redis import exceptions

from plexsend.errors import OutboxError, OutboxFull, OutboxUnavailable, OutboxUnsuitable
from plexsend.outbox.scripting import Script
from plexsend.outbox.store import Store, mapped, number, text


@pytest.mark.parametrize(
    ("raised", "ours"),
    [
        (exceptions.ConnectionError("refused"), OutboxUnavailable),
        (exceptions.TimeoutError("slow"), OutboxUnavailable),
        (exceptions.BusyLoadingError("LOADING"), OutboxUnavailable),
        (exceptions.ReadOnlyError("READONLY"), OutboxUnavailable),
        (exceptions.ResponseError("MISCONF cannot write"), OutboxUnavailable),
        (exceptions.ResponseError("BUSY running a script"), OutboxUnavailable),
        (exceptions.OutOfMemoryError("OOM"), OutboxFull),
        (exceptions.ResponseError("OOM allow-oom flag is not set"), OutboxFull),
        (exceptions.AuthenticationError("WRONGPASS"), OutboxUnsuitable),
        (exceptions.ResponseError("NOPERM no rights"), OutboxUnsuitable),
        (exceptions.ResponseError("user_script:7: attempt to index nil"), OutboxError),
        (exceptions.RedisError("anything else"), OutboxError),
    ],
)
def test_each_error_of_redis_becomes_one_of_ours(raised: Exception, ours: type[OutboxError]) -> None:
    with pytest.raises(OutboxError) as caught, mapped():
        raise raised
    assert type(caught.value) is ours
    assert caught.value.__cause__ is raised


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), mapped():
        raise KeyError("not Redis's")


def test_client_repeats_nothing_by_itself() -> None:
    """A repeated write would run twice without anybody knowing."""
    store = Store.connect("redis://127.0.0.1:1/0", "p:")
    retry = store.client.get_retry()
    assert retry is not None
    assert retry.get_retries() == 0
    with pytest.raises(OutboxUnavailable):
        store.run(Script.SWEEP, "main", [])


def test_values_of_replies_are_read_whatever_their_form() -> None:
    assert [text(value) for value in (None, b"", "a", "한글".encode())] == ["", "", "a", "한글"]
    assert [number(value) for value in (None, b"", "", b"12", "12.0", 3.0)] == [0, 0, 0, 12, 12, 3]
