"""An account's messages are on one server: where they are not, no script writes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.errors import OutboxMoved, OutboxUnavailable
from plexsend.outbox import steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.reading import queries
from plexsend.outbox.redis.scripts import Script, parts
from plexsend.outbox.steer import Act
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.settings import Policy
from tests.integration.outbox.bench import BULK, STAMP, Bench, accepted, everything

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

LOSING: dict[str, Callable[[Store], object]] = {
    "emptied": lambda store: store.client.delete(*store.client.scan_iter(f"{store.keys.prefix}*")),
    "under way": lambda store: store.client.delete(store.keys.here("main")),
}


@pytest.fixture(params=LOSING)
def lost(request: pytest.FixtureRequest, bench: Bench) -> Bench:
    """A bench in whose account ten messages were being sent, and which then lost it, in one of these ways."""
    bench.submit(20)
    bench.take("p1.1")
    LOSING[request.param](bench.store)
    return bench


CALLS: dict[str, Callable[[Bench], object]] = {
    "take": lambda bench: bench.call("p1.2"),
    "stop": lambda bench: bench.stop("p1.2"),
    "sweep": lambda bench: bench.sweep(),
}


@pytest.mark.parametrize("call", CALLS)
def test_no_call_writes_where_the_account_is_not(lost: Bench, call: str) -> None:
    before = everything(lost.store)
    with pytest.raises(OutboxMoved, match="PLEXSEND_REDIS_URL"):
        CALLS[call](lost)
    assert everything(lost.store) == before


def test_verdicts_are_kept_in_hand_and_settled_when_the_account_is_back(bench: Bench) -> None:
    bench.submit(10)
    batch = bench.take()
    here = bench.store.keys.here("main")
    bench.store.client.rename(here, f"{here}-elsewhere")
    with pytest.raises(OutboxMoved):
        bench.call(settlement=accepted(batch))
    bench.store.client.rename(f"{here}-elsewhere", here)
    bench.repeat()
    assert bench.counts()["s:accepted"] == 10


def test_every_script_asks_before_anything_else() -> None:
    of_fleet = {Script.ALIVE, Script.AGREE, Script.FORM, Script.WALK, Script.TALLY, Script.PUT}
    # These write nothing, and say what is there.
    of_readers = {Script.AUDIT, Script.PROOF, Script.FIGURES}
    # Imports, readers and pictures may come before the first message.
    early = {Script.ADOPT, Script.IMPORTS, Script.RESULTS, Script.PICTURES, Script.RUN, Script.DUE}
    for script in set(Script) - of_fleet - of_readers - early:
        assert "_here" in [part.name for part in parts(script)], script


def test_submit_announces_the_account_again_on_an_emptied_server(bench: Bench) -> None:
    bench.submit(5)
    LOSING["emptied"](bench.store)
    bench.policy = Policy(rate_per_s=0, linger_ms=0)
    assert [each.outcome for each in bench.submit(5)] == ["added"] * 5
    assert bench.store.client.smembers(bench.store.keys.accounts) == {b"main"}
    assert bench.take().messages


def test_submit_that_is_announced_writes_here_with_its_messages(store: Store) -> None:
    assert store.client.exists(store.keys.here("main")) == 0
    Submitter(store).add(BULK, [NewMessage("k", b"{}")], stamp=STAMP)
    assert store.client.exists(store.keys.here("main")) == 1


def test_person_may_pause_and_resume_an_account_before_its_first_message(store: Store) -> None:
    steer.pause(store, Scope.ACCOUNT, "main", account=None, by="anna", why="not yet")
    assert [hold.field for hold in queries.holds(store, "main")] == ["account pause main"]
    assert store.client.exists(store.keys.here("main")) == 0, "a pause does not show that messages live here"
    assert steer.resume(store, Scope.ACCOUNT, "main", account=None) == ["account pause main"]


def test_person_is_not_answered_by_a_server_that_lost_the_account(bench: Bench) -> None:
    bench.submit(["k"])
    LOSING["under way"](bench.store)
    before = everything(bench.store)
    with pytest.raises(OutboxUnavailable):
        steer.ask(bench.store, "main", "k", Act.CANCEL)
    assert everything(bench.store) == before


def test_message_that_an_older_program_wrote_can_be_cancelled_before_it_is_adopted(bench: Bench) -> None:
    bench.submit(["k"])
    bench.store.client.delete(bench.store.keys.here("main"), bench.store.keys.accounts)
    assert steer.ask(bench.store, "main", "k", Act.CANCEL).done
