"""Looking names up, with a resolver that a test makes up."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from plexsend.names import ANEW_S, FRESH_S, SILENT_S, Names, NameSlow, NameUnknown

SOON_S = 30.0
"""How long what must happen may take on a busy machine."""


class Resolver:
    """Answers with these addresses, or raises; while it is slow it waits until `go` is set."""

    def __init__(self, *addresses: str) -> None:
        self.found = list(addresses)
        self.fails: Exception | None = None
        self.go = threading.Event()
        self.go.set()
        self.asked = 0
        self.answered = threading.Semaphore(0)

    def __call__(self, *_: Any) -> list[Any]:
        self.asked += 1
        assert self.go.wait(SOON_S)
        self.answered.release()
        if self.fails is not None:
            raise self.fails
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in self.found]


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_look_up_that_takes_too_long_goes_on_and_the_next_call_has_its_result() -> None:
    resolver = Resolver("10.0.0.1")
    resolver.go.clear()
    names = Names(resolver)
    with pytest.raises(NameSlow):
        names.addresses("gateway.test", 0.01)
    resolver.go.set()
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.1"]
    assert resolver.asked == 1


def test_threads_share_one_look_up() -> None:
    resolver = Resolver("10.0.0.1")
    resolver.go.clear()
    names = Names(resolver)
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(names.addresses, "gateway.test", SOON_S) for _ in range(8)]
        resolver.go.set()
        assert [each.result(SOON_S) for each in waiting] == [["10.0.0.1"]] * 8
    assert resolver.asked == 1


def test_a_name_is_looked_up_again_after_a_while() -> None:
    resolver, clock = Resolver("10.0.0.1"), Clock()
    names = Names(resolver, clock)
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.1"]
    resolver.found = ["10.0.0.2"]
    clock.now_s += FRESH_S - 1
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.1"]
    clock.now_s += 1
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.2"]


def test_older_addresses_serve_where_the_name_servers_are_slow_or_fail() -> None:
    resolver, clock = Resolver("10.0.0.1"), Clock()
    names = Names(resolver, clock)
    names.addresses("gateway.test", SOON_S)
    assert resolver.answered.acquire(timeout=SOON_S)
    clock.now_s += FRESH_S
    resolver.fails = socket.gaierror(socket.EAI_AGAIN, "temporary failure")
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.1"]
    resolver.fails = None
    resolver.found = ["10.0.0.2"]
    resolver.go.clear()
    assert names.addresses("gateway.test", 0.01) == ["10.0.0.1"]
    resolver.go.set()
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.2"]


def test_a_look_up_that_took_long_is_not_waited_for_again() -> None:
    resolver, clock = Resolver("10.0.0.1"), Clock()
    resolver.go.clear()
    names = Names(resolver, clock)
    with pytest.raises(NameSlow):
        names.addresses("gateway.test", 0.01)
    clock.now_s += 5
    resolver.go.set()
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.1"]
    clock.now_s += FRESH_S
    resolver.go.clear()
    began_s = time.monotonic()
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.1"]
    assert time.monotonic() - began_s < ANEW_S / 2
    resolver.go.set()


@pytest.mark.parametrize(
    "failure",
    [socket.gaierror(socket.EAI_NONAME, "not known"), UnicodeError("label too long"), ValueError("a null")],
)
def test_a_name_that_nobody_knows_is_said_at_once_and_asked_for_again(failure: Exception) -> None:
    resolver = Resolver("10.0.0.1")
    resolver.fails = failure
    names = Names(resolver)
    with pytest.raises(NameUnknown):
        names.addresses("gateway.test", SOON_S)
    resolver.fails = None
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.1"]


def test_a_process_that_was_forked_during_a_look_up_looks_up_itself() -> None:
    resolver = Resolver("10.0.0.1")
    resolver.go.clear()
    names = Names(resolver)
    with pytest.raises(NameSlow):
        names.addresses("gateway.test", 0.01)
    # The look-up is in the parent, and nobody in this process ends it.
    names._pid = 0
    parents = names._under_way
    names._lock.acquire()
    resolver.go.set()
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.1"]
    assert resolver.asked == 2
    assert names._under_way is not parents


def test_no_addresses_are_no_answer() -> None:
    with pytest.raises(NameUnknown):
        Names(Resolver()).addresses("gateway.test", SOON_S)


@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"), ("::1", "::1")])
def test_an_address_is_not_looked_up(host: str, address: str) -> None:
    resolver = Resolver()
    assert Names(resolver).addresses(host, 0.0) == [address]
    assert resolver.asked == 0


def test_an_address_that_was_silent_is_tried_after_the_others_for_a_while() -> None:
    clock = Clock()
    names = Names(Resolver("10.0.0.1", "10.0.0.2", "10.0.0.3"), clock)
    names.note_silent("10.0.0.2")
    clock.now_s += 1
    names.note_silent("10.0.0.1")
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.3", "10.0.0.2", "10.0.0.1"]
    clock.now_s += SILENT_S - 1
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.2", "10.0.0.3", "10.0.0.1"]
    names.note_answered("10.0.0.1")
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]


def test_addresses_of_a_host_are_remembered_each_once() -> None:
    names = Names(Resolver("10.0.0.1", "10.0.0.1", "10.0.0.2"))
    assert names.addresses("gateway.test", SOON_S) == ["10.0.0.1", "10.0.0.2"]
