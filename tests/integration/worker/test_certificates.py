"""A worker looks when the gateway's certificates end, and announces it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from plexsend.errors import OutboxUnavailable
from plexsend.gateway.environment import read_settings
from plexsend.gateway.http.handshake import Handshake
from plexsend.outbox.fleet import Announcement, fleet
from plexsend.outbox.lanes import Lane
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.worker import certificates as module
from plexsend.worker.certificates import AGAIN_S, DAY_S, CertificateWatch
from plexsend.worker.presence import READ_S, Presence
from plexsend.worker.runtime import Runtime
from tests.integration.worker.room import SETTINGS, ScriptedClient

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

MMS, SMS = "https://mms.example", "https://sms.example"
ENDS_S = 1_900_000_000


class Watcher:
    """A process that looks at certificates, on a clock and a network of the test's own."""

    def __init__(self, store: Store, **settings: str) -> None:
        urls = {"PLEXSEND_MMS_URL": MMS, "PLEXSEND_SMS_URL": SMS}
        runtime = Runtime(
            read_settings({**SETTINGS, **urls, **settings}), store=store, client=ScriptedClient()
        )
        self.now_s = 1000.0
        self.shaken: list[str] = []
        self.failure = ""
        self.services = ["mms-bulk", "sms-bulk"]
        self.watch = CertificateWatch(
            runtime, lambda: self.services, shake=self._shake, clock=lambda: self.now_s
        )
        self.presence = Presence(runtime, lambda: self.services, 16, clock=lambda: self.now_s)

    def _shake(self, url: str) -> Handshake:
        self.shaken.append(url)
        return Handshake(self.failure) if self.failure else Handshake("", "TLSv1.3", ENDS_S + 0.5)


def use(store: Store, *services: str) -> None:
    for service in services:
        Submitter(store).add(Lane(service, None, "main"), [NewMessage("k", b"{}")], stamp="test")


def test_end_of_a_certificate_is_announced_for_its_product(store: Store) -> None:
    use(store, "mms-bulk")
    watcher = Watcher(store)
    watcher.watch.round()
    watcher.presence.beat()
    [seen] = fleet(store)
    assert watcher.shaken == [MMS]
    assert seen.announced.certificates == {"mms": ENDS_S}


def test_end_that_changed_is_announced_anew(store: Store) -> None:
    use(store, "mms-bulk")
    watcher = Watcher(store)
    watcher.presence.beat()
    watcher.watch.round()
    watcher.now_s += READ_S
    watcher.presence.beat()
    [seen] = fleet(store)
    assert seen.announced.certificates == {"mms": ENDS_S}


def test_nobody_connects_for_what_is_not_in_use_or_not_served(store: Store) -> None:
    use(store, "lms-bulk", "sms-bulk")
    watcher = Watcher(store)
    watcher.services = ["mms-bulk", "lms-finance"]
    watcher.watch.round()
    assert watcher.shaken == []


def test_it_looks_once_a_day_and_sooner_where_it_saw_nothing(store: Store) -> None:
    use(store, "mms-bulk", "sms-bulk")
    watcher = Watcher(store)
    watcher.watch.round()
    watcher.now_s += DAY_S - 1
    watcher.watch.round()
    assert sorted(watcher.shaken) == [MMS, SMS]
    watcher.failure, watcher.now_s = "it takes no connection", watcher.now_s + 1
    watcher.watch.round()
    watcher.now_s += AGAIN_S - 1
    watcher.watch.round()
    assert len(watcher.shaken) == 4
    watcher.now_s += 1
    watcher.watch.round()
    assert len(watcher.shaken) == 6
    # What was seen before stays known: it may be why nothing is seen now.
    watcher.presence.beat()
    [seen] = fleet(store)
    assert seen.announced.certificates == {"mms": ENDS_S, "sms": ENDS_S}


def test_products_of_one_address_are_looked_at_once(store: Store) -> None:
    use(store, "mms-bulk", "sms-bulk")
    watcher = Watcher(store, PLEXSEND_SMS_URL=MMS)
    watcher.watch.round()
    watcher.presence.beat()
    [seen] = fleet(store)
    assert (watcher.shaken, seen.announced.certificates) == ([MMS], {"mms": ENDS_S, "sms": ENDS_S})


def test_address_without_tls_has_no_certificate(store: Store) -> None:
    use(store, "mms-bulk")
    watcher = Watcher(store, PLEXSEND_MMS_URL="http://127.0.0.1:9")
    watcher.watch.round()
    assert watcher.shaken == []


def test_announcement_of_a_program_that_looks_at_none_is_read() -> None:
    older = (
        '{"host":"web1","pid":7,"version":"0.4.0","form":2,"since_ms":1,"services":["mms-bulk"],"threads":4,'
        '"asks":{},"secrets":{},"urls":{},"number_key":""}'
    )
    assert Announcement.parse(older).certificates == {}


@pytest.mark.parametrize("fault", [OutboxUnavailable("Redis is away"), ValueError("a fault")])
def test_thread_looks_soon_goes_on_after_a_fault_and_ends_with_its_process(
    store: Store, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(module, "_FIRST_S", 0.01)
    monkeypatch.setattr(module, "ROUND_S", 0.01)
    use(store, "mms-bulk")
    watcher = Watcher(store)
    looks: list[str] = []

    def fail(url: str) -> Handshake:
        looks.append(url)
        if len(looks) == 2:
            watcher.watch._runtime.stop.set()
        raise fault

    watcher.watch._shake = fail
    thread = threading.Thread(target=watcher.watch.run, daemon=True)
    thread.start()
    thread.join(10)
    assert (thread.is_alive(), looks) == (False, [MMS, MMS])
