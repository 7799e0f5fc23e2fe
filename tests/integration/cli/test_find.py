"""`plexsend find`: messages without their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome, Settlement, Verdict
from plexsend.outbox.found import Sought, SoughtNumber
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.find import Search
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act, ask
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.settings import NumberKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

KEY = "k" * 32
NUMBER, OTHER = "01023456789", "01099996789"
SPRING = Lane("mms-bulk", None, "main", "spring")
SHOP = Lane("mms-bulk", None, "shop")


def add(store: Store, key: str, number: str, lane: Lane = SPRING, *, hashed: bool = True) -> None:
    """Submit a message to a number, with or without the hash of it."""
    receiver = receiver_of(number, NumberKey(KEY) if hashed else None)
    Submitter(store).add(lane, [NewMessage(key, b"{}", receiver)], stamp="test")


def keys_in(ended: Any) -> list[str]:
    assert ended.code == 0, ended.err
    return [line["msg_key"] for line in ended.lines]


@pytest.fixture
def sent(yard: Any, store: Store) -> None:
    """Messages in several states, of which those of `spring` name their receivers."""
    yard.end(Outcome.REJECTED, "r1", "r2", code="G140")
    add(store, "done", NUMBER)
    add(store, "other", OTHER)
    batch = yard.take(SPRING)
    entries = [Verdict(m.msg_key, batch.token, Outcome.ACCEPTED, code="C100") for m in batch.messages]
    yard.take(SPRING, Settlement(batch.token, batch.take, tuple(entries)))
    take_receipts(store, "main", [Receipt("done", "2", "SKT")])
    add(store, "waits", NUMBER)
    add(store, "old", NUMBER, hashed=False)
    add(store, "shop", NUMBER, SHOP)
    ask(store, "main", "r1", Act.REQUEUE)


@pytest.mark.usefixtures("sent")
def test_a_receiver_is_found_in_every_account_and_state(run: Callable[..., Any]) -> None:
    ended = run("find", "--to", "010-2345-6789", "--json", PLEXSEND_NUMBER_KEY=KEY)
    assert keys_in(ended) == ["waits", "done", "shop"]
    (done,) = [line for line in ended.lines if line["msg_key"] == "done"]
    assert done["receiver"] == "****6789"
    assert (done["state"], done["code"], done["carrier"]) == ("undelivered", "2", "SKT")
    assert NUMBER not in ended.out
    # Both may be of one millisecond.
    assert done["submitted_at"] <= done["ended_at"]


@pytest.mark.usefixtures("sent")
def test_people_see_a_line_each_and_what_may_be_meant_too(run: Callable[..., Any]) -> None:
    ended = run("find", "--to", "+82 10 2345 6789", PLEXSEND_NUMBER_KEY=KEY)
    assert len(ended.out.splitlines()) == 4
    assert "****6789" in ended.out
    assert "1 more fit and have the same last four digits" in ended.err


def test_a_number_can_be_read_from_what_is_typed(run: Callable[..., Any], store: Store) -> None:
    """A number on the command line is seen by all who see the processes."""
    add(store, "a", NUMBER)
    ended = run("find", "--to", "-", "--json", typed=f"{NUMBER}\n", PLEXSEND_NUMBER_KEY=KEY)
    assert keys_in(ended) == ["a"]


def test_without_a_number_key_it_says_what_is_missing(run: Callable[..., Any]) -> None:
    ended = run("find", "--to", NUMBER, "--json")
    assert (ended.code, ended.error["kind"]) == (2, "usage")
    assert "Set PLEXSEND_NUMBER_KEY" in ended.error["message"]
    assert NUMBER not in ended.err


@pytest.mark.parametrize("number", ["12", "02-2123-4567", "0100-123-4567"])
def test_what_is_not_a_mobile_number_is_refused_without_repeating_it(
    run: Callable[..., Any], number: str
) -> None:
    ended = run("find", "--to", number, PLEXSEND_NUMBER_KEY=KEY)
    assert ended.code == 2
    assert number not in ended.err


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--state", "rejected"], {"r2"}),
        (["--state", "rejected", "--state", "undelivered"], {"r2", "done"}),
        (["--state", "waiting", "--account", "main"], {"waits", "old", "r1"}),
        (["--code", "2"], {"done"}),
        (["--code", "C100"], {"done", "other"}),
        (["--code", "G140", "--state", "waiting"], {"r1"}),
        (["--lane", "mms-bulk/spring@main"], {"done", "other", "waits", "old"}),
        (["--lane", "mms-bulk@main"], {"done", "other", "waits", "old", "r1", "r2"}),
        (["--lane", "mms-bulk@shop"], {"shop"}),
        (["--since", "2020-01-01", "--account", "shop"], {"shop"}),
    ],
)
def test_what_fits_all_that_is_given_is_found(
    run: Callable[..., Any], options: list[str], found: set[str]
) -> None:
    assert set(keys_in(run("find", *options, "--json"))) == found


@pytest.mark.usefixtures("sent")
def test_what_ended_before_a_time_is_not_found(run: Callable[..., Any]) -> None:
    ended = run("find", "--since", "2100-01-01T00:00", "--json")
    assert (ended.code, ended.out) == (1, "")
    nothing = run("find", "--code", "nothing").err
    assert "No message was found." in nothing
    assert "PLEXSEND_NUMBER_KEY" not in nothing


@pytest.mark.usefixtures("sent")
def test_wrong_usage_is_named(run: Callable[..., Any]) -> None:
    assert "Say what to find" in run("find").err
    assert run("find", "--lane", "mms-bulk@main", "--account", "shop").code == 2
    assert run("find", "--code", "x", "--account", "nobody").code == 1


def test_a_search_of_many_pages_keeps_one_and_misses_none(yard: Any, store: Store) -> None:
    keys = [f"k{i}" for i in range(1_700)]
    yard.end(Outcome.ACCEPTED, *keys, code="C100")
    heard: list[tuple[int, int]] = []
    search = Search(store, Sought(states=frozenset({State.ACCEPTED})), lambda *told: heard.append(told))
    found = search.messages("main")
    first = next(found)
    # Retention takes the oldest away meanwhile, and others end.
    store.client.ltrim(f"{store.keys.account('main')}ended", 100, -1)
    yard.end(Outcome.ACCEPTED, "late1", "late2", code="C100")
    got = {first.msg_key, *(message.msg_key for message in found)}
    assert got >= set(keys[100:])
    assert heard[-1][0] <= heard[-1][1]
    assert len(heard) >= 4


def test_what_ended_twice_is_found_once(yard: Any, store: Store, run: Callable[..., Any]) -> None:
    yard.end(Outcome.REJECTED, "a", code="G140")
    ask(store, "main", "a", Act.REQUEUE)
    yard.end(Outcome.REJECTED, "b", code="G140")
    assert sorted(keys_in(run("find", "--state", "rejected", "--json"))) == ["a", "b"]


def test_a_page_that_is_older_ends_the_search(yard: Any, store: Store) -> None:
    yard.end(Outcome.ACCEPTED, *(f"k{i}" for i in range(1_200)), code="C100")
    heard: list[tuple[int, int]] = []
    search = Search(store, Sought(since_ms=4_102_444_800_000), lambda *told: heard.append(told))
    assert list(search.messages("main")) == []
    assert heard[-1][0] == 500


def test_a_record_that_another_program_spoilt_hides_no_other(yard: Any, store: Store) -> None:
    yard.add("a", "b")
    store.client.hset(store.keys.record("main", "a"), "s", "elsewhere")
    assert [one.msg_key for one in Search(store, Sought(code=None)).messages("main")] == ["b"]


def test_a_receiver_without_a_hash_never_fits_by_digits_alone(store: Store) -> None:
    add(store, "a", NUMBER, hashed=False)
    search = Search(store, Sought(receiver=SoughtNumber(b"12345678", NUMBER[-4:])))
    assert list(search.messages("main")) == []
    assert search.perhaps == 1


@pytest.mark.usefixtures("sent")
def test_what_redis_forgot_is_found_in_an_archive(
    run: Callable[..., Any], store: Store, tmp_path: Path
) -> None:
    path = str(tmp_path / "archive")
    assert run("archive", path, "--json").code == 0
    store.client.delete(store.keys.record("main", "done"), store.keys.record("main", "r2"))
    ended = run("find", "--to", NUMBER, "--archive", path, "--json", PLEXSEND_NUMBER_KEY=KEY)
    assert [(line["msg_key"], line["archived"]) for line in ended.lines] == [
        ("waits", False),
        ("shop", False),
        ("done", True),
    ]
    done = ended.lines[-1]
    assert (done["state"], done["code"], done["carrier"]) == ("undelivered", "2", "SKT")
    assert (done["receiver"], done["lane"]) == ("****6789", SPRING.name)
    # `other` was accepted and is in both; Redis's counts. `done` was, and its last line says otherwise.
    ended = run("find", "--state", "accepted", "--archive", path, "--json")
    assert [(line["msg_key"], line["archived"]) for line in ended.lines] == [("other", False)]
    ended = run("find", "--code", "G140", "--state", "rejected", "--archive", path)
    assert [line.split()[0] for line in ended.out.splitlines()] == ["msg_key", "r2"]
    assert ended.out.splitlines()[-1].endswith("archive")


@pytest.mark.usefixtures("sent")
def test_another_message_under_a_key_of_the_archive_is_no_later_state_of_it(
    run: Callable[..., Any], store: Store, tmp_path: Path
) -> None:
    path = str(tmp_path / "archive")
    run("archive", path)
    store.client.delete(store.keys.record("main", "done"))
    add(store, "done", OTHER)
    ended = run("find", "--to", NUMBER, "--archive", path, "--json", PLEXSEND_NUMBER_KEY=KEY)
    assert ("done", True) in [(line["msg_key"], line["archived"]) for line in ended.lines]


def test_an_archive_that_is_not_there_is_an_error(run: Callable[..., Any], yard: Any, tmp_path: Path) -> None:
    yard.add("a")
    ended = run("find", "--state", "accepted", "--archive", str(tmp_path / "none"), "--json")
    assert ended.code != 0
    assert "none" in ended.error["message"]
