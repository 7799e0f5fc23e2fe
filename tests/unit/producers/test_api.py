from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

import pytest

from plexsend.errors import SettingsError
from plexsend.producers.api import send, submit
from plexsend.producers.lazy import LazyProducer, make_producer
from plexsend.producers.producer import Producer

if TYPE_CHECKING:
    from collections.abc import Callable


def test_many_threads_get_one_producer() -> None:
    made: list[object] = []
    all_there = threading.Barrier(8)
    got: list[object] = []

    def make() -> Producer:
        made.append(object())
        # The others ask for it meanwhile.
        threading.Event().wait(0.05)
        return cast("Producer", made[-1])

    default = LazyProducer(make)

    def ask() -> None:
        all_there.wait()
        got.append(default.get())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert got == made * 8


def test_what_could_not_be_made_is_tried_again() -> None:
    answers: list[object] = [RuntimeError("not set up"), object()]

    def make() -> Producer:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return cast("Producer", answer)

    default = LazyProducer(make)
    with pytest.raises(RuntimeError):
        default.get()
    assert default.get() is default.get()


def test_a_misspelt_setting_is_logged_once_by_its_name_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PLEXSEND_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("PLEXSEND_KEEPDAYS", "not-to-be-shown")
    monkeypatch.setenv("PLEXSEND_ACCOUNT_MAIN", "user;not-to-be-shown")
    default = LazyProducer(make_producer)
    default.get()
    default.get()

    (record,) = caplog.records
    assert (record.name, record.levelname) == ("plexsend", "WARNING")
    assert record.getMessage() == (
        "PLEXSEND_KEEPDAYS: is set, but no such setting exists. Did you mean PLEXSEND_KEEP_DAYS?"
    )
    assert "not-to-be-shown" not in caplog.text


def test_nothing_is_logged_where_the_settings_are_wrong(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PLEXSEND_REDIS_URL", "nonsense")
    monkeypatch.setenv("PLEXSEND_KEEPDAYS", "7")
    with pytest.raises(SettingsError):
        make_producer()

    assert caplog.records == []


@pytest.mark.parametrize("call", [submit, send, Producer.submit, Producer.send])
def test_everything_that_is_raised_is_named(call: Callable[..., object]) -> None:
    raised = (call.__doc__ or "").partition("Raises:")[2]
    for name in (
        "UsageError",
        "OutboxUnavailable",
        "OutboxFull",
        "GroupClosed",
        "OutboxUnsuitable",
        "OutboxError",
        "SubmitInterrupted",
        "KeyboardInterrupt",
    ):
        assert f"{name}:" in raised or f"{name}, " in raised
