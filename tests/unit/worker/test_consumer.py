"""The consumer outlives its broker connection, in whatever state that is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from kombu.exceptions import OperationalError
from redis.exceptions import ResponseError

from plexsend.errors import OutboxUnavailable, WrongServer
from plexsend.gateway.environment import read_settings
from plexsend.worker.app import create_app
from plexsend.worker.consumer import Consumer


class Broken:
    """A connection that fails with what kombu fails with, when it closes with a doorbell in its hands."""

    def collect(self, **_: Any) -> None:
        raise OSError

    def close(self) -> None:
        raise AttributeError("'NoneType' object has no attribute 'hostname'")

    connection_errors = channel_errors = ()
    transport = default_channel = None


@pytest.mark.filterwarnings("ignore::celery.exceptions.CPendingDeprecationWarning")
def test_a_connection_that_cannot_be_closed_does_not_end_the_worker() -> None:
    consumer: Any = Consumer.__new__(Consumer)
    consumer.connection = Broken()
    consumer.channel_errors = ()
    consumer.app = SimpleNamespace(
        conf=SimpleNamespace(worker_cancel_long_running_tasks_on_connection_loss=False)
    )
    consumer.on_connection_error_after_connected(ConnectionResetError())
    assert consumer.connection is None


URLS = [
    "redis://kim:s3cr3t@h/0",
    "rediss://:s3cr3t@h/0?ssl_ca_certs=/ca.pem",
    "unix://kim:s3cr3t@/run/valkey.sock?db=1",
    "sentinel://kim:s3cr3t@a,b/0?master=m&sentinel_user=lee&sentinel_password=s3cr3t",
]


@pytest.mark.parametrize("url", URLS)
def test_celerys_inspect_shows_no_password(url: str) -> None:
    app = create_app(read_settings({"PLEXSEND_REDIS_URL": url}))
    broker = app.connection_for_read().info()
    assert "s3cr3t" in str(broker)
    step = SimpleNamespace(info=lambda _: {"broker": broker, "prefetch_count": 16})
    stats = Consumer.Blueprint().info(SimpleNamespace(steps=[step], app=app))
    assert stats == {"broker": {"url": str(app.plexsend_settings.broker)}, "prefetch_count": 16}
    assert "s3cr3t" not in str(app.conf.table(with_defaults=True, censored=True))
    assert "s3cr3t" not in app.connection_for_read().as_uri()


class Looks:
    """What a broker answers to one look after another."""

    def __init__(self, *answers: Exception | None) -> None:
        self.left = list(answers)

    def __call__(self, *_: Any, **__: Any) -> None:
        answer = self.left.pop(0)
        if answer is not None:
            raise answer


def refused_consumer(look: Looks) -> Any:
    """Return a consumer that waits for nothing and looks at the broker like this."""
    consumer: Any = Consumer.__new__(Consumer)
    consumer.channel_errors = (ResponseError,)
    consumer.app = SimpleNamespace(plexsend_settings=None)
    consumer.gossip = SimpleNamespace(enabled=True)
    consumer.look, consumer.refused_s, consumer._reasons = look, 0.0, set()
    return consumer


def test_refusal_is_logged_once_for_each_reason_and_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    replica, rights = OutboxUnavailable("It is a replica."), WrongServer("It may not.")
    look = Looks(replica, replica, rights, rights, None)
    consumer = refused_consumer(look)
    consumer._note_refusal(ResponseError("READONLY"))
    consumer._wait_while_refused()
    assert look.left == []
    said = [record.getMessage() for record in caplog.records]
    assert ["READONLY" in said[0], "It is a replica." in said[1], "It may not." in said[2]] == [True] * 3
    assert len(said) == 3
    consumer._wait_while_refused()


def test_waits_grow_where_the_broker_refuses_again_and_the_look_finds_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    consumer = refused_consumer(Looks())
    consumer.refused_s = 0.5
    waits = []
    for _ in range(9):
        consumer._note_refusal(ResponseError("NOPERM"))
        waits.append(consumer._wait_s)
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert len(caplog.records) == 1


def test_what_kombu_wraps_ends_no_worker() -> None:
    """Celery tries again after these errors, and ends after others."""
    app: Any = create_app(read_settings({}))
    controller = SimpleNamespace(use_eventloop=False)
    consumer: Any = Consumer(lambda *_: None, app=app, controller=controller, timer=object())
    assert OperationalError in consumer.channel_errors
    assert ResponseError in consumer.channel_errors


def test_what_kombu_wraps_is_a_refusal_only_where_the_broker_answered() -> None:
    consumer = refused_consumer(Looks())
    for cause, refused in ((ConnectionResetError(), False), (ResponseError("NOPERM"), True)):
        wrapped = OperationalError(str(cause))
        wrapped.__cause__ = cause
        consumer._note_refusal(wrapped)
        assert consumer._refused is refused


def test_connection_that_was_lost_is_no_refusal() -> None:
    consumer = refused_consumer(Looks())
    consumer._note_refusal(ConnectionResetError())
    consumer._wait_while_refused()
