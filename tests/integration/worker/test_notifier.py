"""The notifier against a real Valkey: who posts, when, and what happens when the hook fails."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from plexsend.outbox import steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.notices import Condition, NoticeKind
from plexsend.settings import HookAddress
from plexsend.worker.notifier import BESIDE_S, FIRST_WAIT_S, LOOK_S, Notifier

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

HOOK = HookAddress("http://127.0.0.1:1/token", "http://127.0.0.1:1/***")
SHORT = Condition(NoticeKind.MEMORY, "memory", "70", "Redis fills up.", level=70)


class Chat:
    """What was posted; `failure` is what the next posts come to."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.failure = ""

    def __call__(self, url: str, content: dict[str, Any]) -> str:
        assert url == HOOK.url
        if not self.failure:
            self.posts.append(content)
        return self.failure

    @property
    def texts(self) -> list[str]:
        return [str(content["text"]).partition(": ")[2] for content in self.posts]


class Scene:
    """A notifier whose conditions and clock a test sets."""

    def __init__(self, store: Store, name: str, chat: Chat) -> None:
        self.conditions: list[Condition] = []
        self.now_s = 1_000.0
        self.stop = threading.Event()
        runtime = SimpleNamespace(store=store, name=name, stop=self.stop)
        self.notifier = Notifier(
            cast("Any", runtime),
            HOOK,
            post=chat,
            look=lambda _: self.conditions,
            clock=lambda: self.now_s,
        )


@pytest.fixture
def chat() -> Chat:
    return Chat()


@pytest.fixture
def scene(store: Store, chat: Chat) -> Scene:
    return Scene(store, "p1", chat)


def test_a_condition_is_posted_once_with_an_event_for_programs(scene: Scene, chat: Chat) -> None:
    scene.conditions = [SHORT]
    assert [scene.notifier.round() for _ in range(3)] == [LOOK_S] * 3
    (post,) = chat.posts
    assert post["text"].endswith(": Redis fills up.")
    assert (post["event"]["kind"], post["event"]["state"]) == ("memory", "70")


def test_a_hold_of_an_account_is_posted_with_its_beginning_and_its_end(store: Store, chat: Chat) -> None:
    runtime = SimpleNamespace(store=store, name="p1", stop=threading.Event())
    notifier = Notifier(cast("Any", runtime), HOOK, post=chat)
    steer.pause(store, Scope.ACCOUNT, "main", account="main", by="kim", why="call 010-1234-5678")
    notifier.round()
    steer.resume(store, Scope.ACCOUNT, "main", account="main")
    notifier.round()
    assert len(chat.posts) == 1, "the end comes a minute later"
    # A minute passes.
    store.client.hset(store.keys.told, "posted account pause main", "1 held")
    notifier.round()
    first, second = chat.texts
    assert first.startswith("Account main is held (pause) by kim: call ")
    assert "1234" not in first
    assert second == "Account main is not held any more (pause). It sends again."


def test_only_one_process_posts_and_another_goes_on_where_it_ends(store: Store, chat: Chat) -> None:
    first, second = Scene(store, "p1", chat), Scene(store, "p2", chat)
    first.conditions = second.conditions = [SHORT]
    chat.failure = "the hook does not answer in time"
    assert (first.notifier.round(), second.notifier.round()) == (LOOK_S, BESIDE_S)
    chat.failure = ""
    first.stop.set()
    first.notifier.run()
    assert second.notifier.round() == LOOK_S
    assert chat.texts == ["Redis fills up."]


def test_a_hook_that_fails_is_tried_again_later_and_in_longer_steps(scene: Scene, chat: Chat) -> None:
    scene.conditions = [SHORT]
    chat.failure = "the hook answers 500"
    scene.notifier.round()
    chat.failure = ""
    scene.now_s += FIRST_WAIT_S - 0.1
    scene.notifier.round()
    assert chat.posts == []
    scene.now_s += 0.2
    scene.notifier.round()
    assert len(chat.posts) == 1


def test_an_event_that_the_hook_refuses_does_not_keep_the_others(scene: Scene, chat: Chat) -> None:
    other = Condition(NoticeKind.HOLD, "account auth main", "held", "Account main is held.")
    scene.conditions = [SHORT]
    chat.failure = "the hook answers 400"
    scene.notifier.round()
    chat.failure = ""
    scene.conditions = [SHORT, other]
    scene.now_s += FIRST_WAIT_S + 0.1
    scene.notifier.round()
    assert chat.texts == ["Account main is held."]


def test_what_fails_ends_no_round(scene: Scene, store: Store) -> None:
    store.client.set(store.keys.told, "of another type")
    scene.conditions = [SHORT]
    assert scene.notifier.round() == BESIDE_S
    store.client.delete(store.keys.told)
    assert scene.notifier.round() == LOOK_S
    assert store.client.llen(store.keys.events) == 0


def test_what_another_program_put_among_the_events_is_passed_over(
    scene: Scene, store: Store, chat: Chat
) -> None:
    store.client.rpush(store.keys.events, "spoilt", "[]")
    scene.conditions = [SHORT]
    scene.notifier.round()
    assert chat.texts == ["Redis fills up."]


def test_waiting_events_are_bounded(scene: Scene, store: Store, chat: Chat) -> None:
    chat.failure = "the hook answers 500"
    scene.conditions = [
        Condition(NoticeKind.HOLD, f"account pause a{at}", "held", f"a{at}") for at in range(300)
    ]
    scene.notifier.round()
    assert store.client.llen(store.keys.events) == 200
