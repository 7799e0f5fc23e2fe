"""Waiting for news: it ends with the first entry, with a stop, and with a span that lapses."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from plexsend.clock import elapsed_s
from plexsend.outbox.results.news import wait
from plexsend.outbox.results.readers import Reader
from tests.integration.outbox.results.publishing import heard

if TYPE_CHECKING:
    from tests.integration.outbox.results.publishing import Publisher

SOON_S = 3.0


def test_wait_ends_with_an_entry_of_any_account(publisher: Publisher) -> None:
    readers = [publisher.begun(), Reader(publisher.store, "others", "billing", "p1")]
    assert readers[1].read() is None
    key = publisher.store.keys.results("others")
    fields = {"s": "accepted", "l": "mms-bulk@others", "c": "", "k": "x", "m": ""}
    timer = threading.Timer(0.05, lambda: publisher.client.xadd(key, fields))
    timer.start()
    begun = elapsed_s()
    wait(publisher.store, readers, 5.0)
    assert elapsed_s() - begun < SOON_S
    timer.join()
    assert readers[0].read() is None
    assert heard(readers[1].read()) == ["x"]


def test_wait_ends_with_a_stop(publisher: Publisher) -> None:
    reader, stop = publisher.begun(), threading.Event()
    timer = threading.Timer(0.05, stop.set)
    timer.start()
    begun = elapsed_s()
    wait(publisher.store, [reader], 5.0, stop=stop)
    assert elapsed_s() - begun < SOON_S
    timer.join()


@pytest.mark.parametrize("is_full", [False, True])
def test_wait_ends_when_a_span_of_another_process_lapses(publisher: Publisher, *, is_full: bool) -> None:
    other = publisher.begun("p2", lease_ms=100)
    publisher.publish_all("a")
    assert heard(other.read()) == ["a"]
    reader = publisher.begun()
    reader.is_full = is_full
    begun = elapsed_s()
    wait(publisher.store, [reader], 5.0)
    assert elapsed_s() - begun < SOON_S
    assert heard(reader.read()) == ["a"]


def test_wait_of_no_time_returns(publisher: Publisher) -> None:
    wait(publisher.store, [publisher.begun()], 0.0)
    wait(publisher.store, [], 0.01)


def test_wait_returns_at_once_where_a_stream_is_of_another_type(publisher: Publisher) -> None:
    reader = publisher.begun()
    publisher.client.set(publisher.key, "foreign")
    begun = elapsed_s()
    wait(publisher.store, [reader], 5.0)
    assert elapsed_s() - begun < SOON_S
    assert reader.read() is None
