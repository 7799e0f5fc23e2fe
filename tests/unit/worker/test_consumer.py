"""The consumer outlives its broker connection, in whatever state that is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

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
    consumer.app = SimpleNamespace(
        conf=SimpleNamespace(worker_cancel_long_running_tasks_on_connection_loss=False)
    )
    consumer.on_connection_error_after_connected(ConnectionResetError())
    assert consumer.connection is None
