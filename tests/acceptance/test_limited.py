"""Two worker processes under a rate limit."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Self

import pytest

from plexsend.outbox.lanes import Lane
from tests.acceptance.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.acceptance.conftest import MakeStand
    from tests.acceptance.stand import Stand


RATE_PER_S = 200
TOLERANCE = 20
"""Two batches: what the promise allows above the rate in any one second."""


@pytest.fixture(scope="module")
def stand(valkey_url: str, make_shared_stand: MakeStand) -> Stand:
    stand = make_shared_stand(
        valkey_url, "main", "second", "toxic", PLEXSEND_RATE=str(RATE_PER_S), PLEXSEND_SHUT_FIRST_S="0.05"
    )
    stand.start_workers(2)
    return stand


def names(count: int, word: str) -> list[str]:
    return [f"{word}-{i}" for i in range(count)]


class Grants:
    """Listens to what Redis itself does: each message that is handed out, and when, by lane.

    The messages' keys must begin with their service.
    """

    _TAKEN = re.compile(r"HSET \S+\{(?P<account>[a-z]+)\}:m:(?P<service>[a-z-]+)-\d+ s sending ")

    def __init__(self, stand: Stand) -> None:
        self.at_s: dict[str, list[float]] = defaultdict(list)
        self._client = stand.store.client
        self._last_words = f"end of {stand.prefix}"
        self._listens = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listens.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        # Heard like any other command, and after all that went before.
        self._client.echo(self._last_words)
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _listen(self) -> None:
        with self._client.monitor() as monitor:  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
            self._listens.set()
            while self._last_words not in (heard := monitor.next_command())["command"]:
                found = self._TAKEN.search(heard["command"])
                if found is not None:
                    self.at_s[f"{found['service']}@{found['account']}"].append(heard["time"])


def worst_second(moments: Iterable[tuple[float, int]]) -> int:
    """Return the most that fell into any one second."""
    window: list[tuple[float, int]] = []
    worst = held = 0
    for at_s, amount in sorted(moments):
        window.append((at_s, amount))
        held += amount
        while window[0][0] <= at_s - 1:
            held -= window.pop(0)[1]
        worst = max(worst, held)
    return worst


def test_no_second_grants_more_than_the_rate_and_two_batches(stand: Stand) -> None:
    amounts = {("mms-bulk", "main"): 800, ("mms-standard", "main"): 500, ("mms-bulk", "second"): 800}
    began = time.monotonic()
    with Grants(stand) as grants:
        lanes = [
            stand.submit(service, names(count, service), account=account)
            for (service, account), count in amounts.items()
        ]
        stand.wait_states({"accepted": sum(amounts.values())}, *lanes)
    took_s = time.monotonic() - began

    assert {lane: len(at_s) for lane, at_s in grants.at_s.items()} == {
        f"{service}@{account}": count for (service, account), count in amounts.items()
    }
    arrivals = stand.sandbox.list_arrivals()
    for (service, account), count in amounts.items():
        granted = worst_second((at_s, 1) for at_s in grants.at_s[f"{service}@{account}"])
        assert granted <= RATE_PER_S + TOLERANCE
        mine = [a for a in arrivals if (a.service, a.account) == (service, stand.user(account))]
        came = worst_second((arrival.at_s, arrival.items) for arrival in mine)
        # What was granted in one second may arrive in the next: one request is on its way for each connection
        # in use, of which a rate leaves two.
        assert came <= RATE_PER_S + 2 * TOLERANCE
        full = sum(1 for arrival in mine if arrival.items == 10)
        assert full >= 0.99 * len(mine)
        assert sum(arrival.items for arrival in mine) == count
    # The rate is used, not only kept.
    assert took_s < 1.25 * max(amounts.values()) / RATE_PER_S + 1
    assert stand.audit().ok


def test_poisonous_message_ends_parked_and_slows_nobody_down(stand: Stand) -> None:
    """The same run with and without it, in turn.

    The price is paid once, when its first request fails and shuts the lane for a moment: a run takes seconds.
    """
    count, user = 800, stand.user("toxic")
    lane = Lane("mms-standard", None, "toxic")

    def run(word: str, *, poisonous: int, count: int = count) -> float:
        keys = names(count, word)
        special = {keys[count // 5]: {"receiver_number": "01099990500"}} if poisonous else {}
        done = stand.states(lane).get("accepted", 0) + count - poisonous
        began = time.monotonic()
        stand.submit(lane.service, keys, account=lane.account, special=special)
        wait_until(lambda: stand.states(lane).get("accepted") == done, what=f"the run {word}")
        return time.monotonic() - began

    def wait_parked(parked: int) -> None:
        # Its attempts are spent only while others are delivered.
        for i in range(300):
            found = stand.states(lane)
            if found.get("uncertain") == parked and set(found) == {"accepted", "uncertain"}:
                return
            if found.get("uncertain") != parked:
                stand.submit(lane.service, [f"company-{parked}-{i}"], account=lane.account)
            time.sleep(0.1)
        raise AssertionError(stand.states(lane))

    run("warm", poisonous=0, count=100)
    poisoned_s, clean_s = 0.0, 0.0
    for turn in (1, 2):
        poisoned_s += run(f"poisoned-{turn}", poisonous=1)
        wait_parked(turn)
        clean_s += run(f"clean-{turn}", poisonous=0)
    pace = clean_s / poisoned_s
    assert pace > 0.9, f"{pace:.1%} of the pace"
    for turn in (1, 2):
        [record] = stand.records("toxic", [f"poisoned-{turn}-{count // 5}"])
        assert (record.state, record.attempts, record.code) == ("uncertain", 8, "C500_1")
    others = stand.states(lane)
    assert others.pop("uncertain") == 2
    assert set(others) == {"accepted"}
    assert set(stand.sandbox.list_accepted(user).values()) == {1}
