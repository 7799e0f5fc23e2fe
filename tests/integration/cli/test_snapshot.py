"""The demo's watch and story over a real outbox and a real stand-in gateway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.demo import terms
from plexsend.demo.standin import StandIn
from plexsend.demo.story import Story, what_goes_on
from plexsend.errors import PlexsendError
from plexsend.outbox import steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.reading.snapshot import Watch
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.sandbox import Sandbox
from plexsend.stack.environment import SANDBOX_USER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.redis.store import Store

BULK = Lane("mms-bulk", None, "main")
FIELD = "account credit main"


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Scene:
    """One lane with a message, and everything the story needs."""

    def __init__(self, store: Store, sandbox: Sandbox) -> None:
        self.store = store
        self.sandbox = sandbox
        self.clock = Clock()
        self.watch = Watch(store, "main", clock=self.clock)
        self.told: list[str] = []
        self.story = Story(StandIn(sandbox.url), store, self.watch, self.told.append)
        Submitter(store).add(BULK, [NewMessage("k", b"{}")], stamp="test")

    def hold(self, since_s: float) -> None:
        """Put the account on hold for want of credit, since so many seconds."""
        since = server_ms(self.store) - since_s * 1000
        value = {
            "since": since,
            "until": since + 2000,
            "step": 2000,
            "by": "gateway",
            "why": "G150",
            "probe": "",
        }
        self.store.client.hset(self.store.keys.holds("main"), FIELD, json.dumps(value))

    def count(self, **counts: int) -> None:
        """Let the lane have counted this."""
        names: dict[Any, Any] = {name.replace("__", ":"): value for name, value in counts.items()}
        self.store.client.hset(self.store.keys.lane("main", BULK.name, "counts"), mapping=names)

    def go_on(self) -> str:
        """One round; returns the sentence about what goes on."""
        sight, changed = self.watch.look()
        self.story.go_on(sight, changed)
        return what_goes_on(sight)


@pytest.fixture
def scene(store: Store) -> Iterator[Scene]:
    with Sandbox(credit=5) as sandbox:
        yield Scene(store, sandbox)


def test_an_account_without_credit_is_topped_up_and_resumed_as_by_an_operator(scene: Scene) -> None:
    scene.hold(since_s=0.1)
    assert (
        "account main is held, all its lanes wait, one message tries every 2 s. Nothing is lost"
        in scene.go_on()
    )
    assert scene.sandbox.get_credit(SANDBOX_USER) == 5
    scene.hold(since_s=terms.TOP_UP_AFTER_S + 0.1)
    scene.go_on()

    assert scene.sandbox.get_credit(SANDBOX_USER) == 5 + terms.TOP_UP
    assert not scene.store.client.exists(scene.store.keys.holds("main"))
    assert any("types `plexsend resume main`" in sentence for sentence in scene.told)


def test_a_hold_is_remembered_with_its_length_and_who_released_it(scene: Scene) -> None:
    scene.hold(since_s=terms.TOP_UP_AFTER_S + 0.1)
    for _ in range(2):
        scene.go_on()

    (seen,) = scene.watch.holds
    assert seen.by_operator
    assert seen.ended_ms is not None
    assert seen.lasted_s(0) == pytest.approx(terms.TOP_UP_AFTER_S + 0.1, abs=1)
    assert scene.told[-1].startswith("Account main sends again, after 3.")


def test_a_hold_that_ends_by_itself_was_released_by_nobody(scene: Scene) -> None:
    scene.hold(since_s=0.1)
    scene.go_on()
    steer.resume(scene.store, Scope.ACCOUNT, "main", account="main")
    scene.go_on()

    assert [(seen.by_operator, seen.ended_ms is None) for seen in scene.watch.holds] == [(False, False)]


def test_trouble_comes_by_progress_and_once(scene: Scene) -> None:
    scene.count(s__accepted=terms.TROUBLE_AFTER - 1)
    scene.go_on()
    assert scene.sandbox.list_faults() == []
    scene.count(s__accepted=terms.GAPS_AFTER)
    for _ in range(5):
        scene.go_on()

    assert [(fault["kind"], fault["times"]) for fault in scene.sandbox.list_faults()] == [
        ("server_error", terms.TROUBLE_REQUESTS),
        ("missing_item", terms.GAPS),
    ]


def test_a_code_is_explained_when_it_comes_for_the_first_time(scene: Scene) -> None:
    scene.go_on()
    assert scene.told == []
    for count in (1, 2):
        scene.count(c__G141=count)
        scene.go_on()

    assert len(scene.told) == 1
    assert "G141" in scene.told[0]


def test_the_pace_is_that_of_the_last_two_seconds(scene: Scene) -> None:
    for second in range(10):
        scene.clock.now_s = second
        scene.count(fill=150 * second if second < 8 else 150 * 7)
        scene.watch.look()
        if second == 7:
            assert scene.watch.pace_per_s(BULK.name) == 150

    assert scene.watch.pace_per_s(BULK.name) == 0
    assert scene.watch.pace_per_s("mms-standard@main") == 0


def test_before_anything_was_sent_the_workers_are_starting(scene: Scene) -> None:
    assert "workers are starting" in scene.go_on()
    scene.count(fill=10)
    assert "ten in a request, at most 150/s through mms-bulk" in scene.go_on()


def test_a_stand_in_that_has_gone_is_told_as_what_it_is() -> None:
    with Sandbox() as sandbox:
        url = sandbox.url
    with pytest.raises(PlexsendError, match="The sandbox does not do what it is asked"):
        StandIn(url).top_up()
