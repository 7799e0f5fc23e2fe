"""In which form the fleet writes: when it goes over to a newer one, and who refuses to work in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.errors import OutboxUnsuitable
from plexsend.outbox import form as form_module
from plexsend.outbox.adoption import Adoption
from plexsend.outbox.constants import LONGEST_GAP_MS, OLDER_COUNTS_MS
from plexsend.outbox.form import FORM, OLD_FORM, form_in_force, watch_form
from plexsend.outbox.replies import number
from tests.integration.outbox.bench import BULK, Bench

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_module, "_KEPT_S", -1.0)


@pytest.fixture
def upgraded(store: Store) -> Store:
    """A store on which an older program has left a lane."""
    store.client.sadd(store.keys.lanes, BULK.name)
    return store


def let_pass(store: Store, ms: int) -> None:
    """Let a time pass for those who watch."""
    for name in (b"seen", b"watched"):
        at = number(store.client.hget(store.keys.older, name))
        store.client.hset(store.keys.older, name, at - ms)


def watch(store: Store, ms: int, *, saw_older: bool = False) -> int:
    """Let a time pass in which somebody looks all the time."""
    found = watch_form(store, saw_older=saw_older)
    for _ in range(ms // 50_000):
        let_pass(store, 50_000)
        found = watch_form(store, saw_older=saw_older)
    return found


def test_prefix_without_an_account_begins_with_the_newest_form(store: Store) -> None:
    assert form_in_force(store) == FORM
    assert store.client.get(store.keys.format) == str(FORM).encode()


def test_prefix_of_an_older_program_keeps_its_form_whoever_asks(upgraded: Store) -> None:
    for _ in range(3):
        assert form_in_force(upgraded) == OLD_FORM
    assert not upgraded.client.exists(upgraded.keys.format, upgraded.keys.older)


def test_newer_form_comes_ten_minutes_after_the_last_older_program_was_seen(upgraded: Store) -> None:
    assert watch(upgraded, 900_000, saw_older=True) == OLD_FORM
    assert watch(upgraded, OLDER_COUNTS_MS - 50_000) == OLD_FORM
    assert watch(upgraded, 50_000) == FORM
    assert form_in_force(upgraded) == FORM
    assert not upgraded.client.exists(upgraded.keys.older)


def test_time_begins_again_where_nobody_looked_for_a_while(upgraded: Store) -> None:
    watch(upgraded, OLDER_COUNTS_MS - 50_000)
    let_pass(upgraded, LONGEST_GAP_MS + 1_000)
    assert watch(upgraded, OLDER_COUNTS_MS - 50_000) == OLD_FORM
    assert watch(upgraded, 50_000) == FORM


def test_clock_that_was_set_back_makes_no_haste(upgraded: Store) -> None:
    watch(upgraded, OLDER_COUNTS_MS - 50_000)
    let_pass(upgraded, -3_600_000)
    assert watch(upgraded, OLDER_COUNTS_MS - 50_000) == OLD_FORM


def test_form_never_goes_back(store: Store) -> None:
    assert form_in_force(store) == FORM
    assert watch_form(store, saw_older=True) == FORM


def test_newer_form_than_this_program_knows_is_refused_in_words(bench: Bench) -> None:
    bench.submit(["k"])
    bench.store.client.set(bench.store.keys.format, FORM + 1)
    for call in (form_in_force, lambda store: watch_form(store, saw_older=False)):
        with pytest.raises(OutboxUnsuitable, match=rf"form {FORM + 1}.*Install the version"):
            call(bench.store)
    with pytest.raises(OutboxUnsuitable):
        bench.submit(["more"])


def test_account_of_an_older_program_is_adopted_with_its_lanes(bench: Bench) -> None:
    bench.submit(["old"], form=1)
    keys, client = bench.store.keys, bench.store.client
    client.delete(keys.here("main"), keys.accounts, keys.lane_index("main"), keys.routes("main"), keys.format)
    assert Adoption(bench.store).adopt([BULK])
    assert client.smembers(keys.accounts) == {b"main"}
    name = BULK.name.encode()
    assert client.hgetall(keys.lane_index("main")) == {name: b"1", b"#1": name, b"next": b"1"}
    assert bench.take().messages


def test_account_that_is_announced_without_a_message_is_adopted_with_its_first(bench: Bench) -> None:
    bench.store.client.delete(bench.store.keys.here("main"))
    bench.store.client.sadd(bench.store.keys.lanes, BULK.name)
    adoption = Adoption(bench.store)
    assert not adoption.adopt([BULK])
    assert not bench.store.client.exists(bench.store.keys.here("main"))
    assert [adoption.adopt([BULK]) for _ in range(25)].count(True) > 1, "it is not looked at all the time"
    bench.submit(["k"], form=1)
    assert adoption.adopt([BULK])
    assert bench.store.client.hexists(bench.store.keys.lane_index("main"), BULK.name)


def test_account_that_moved_away_in_the_new_form_is_not_adopted(bench: Bench) -> None:
    bench.submit(["k"])
    bench.store.client.delete(bench.store.keys.here("main"))
    assert not Adoption(bench.store).adopt([BULK])
    assert not bench.store.client.exists(bench.store.keys.here("main"))
