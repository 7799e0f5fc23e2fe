"""Refusals over HTTP: what is answered with 200 is in Redis, and nothing is refused in silence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.refusals import UNREAD_REFUSAL
from plexsend.outbox.strays import read_unread
from plexsend.outbox.suppression import (
    Suppression,
    SuppressionKind,
    Suppressions,
    SuppressionSource,
    Suppressor,
)
from plexsend.outbox.suppression_log import read_log
from plexsend.settings import NumberKey
from tests.integration.outbox.bench import everything
from tests.integration.web.conftest import SECRET

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store
    from tests.integration.web.conftest import Door, Open

KEY = "k" * 32
NUMBER, OTHER = "01023456789", "01034567890"
PATH = f"/suppressions/main/{SECRET}"


@pytest.fixture
def door(open_door: Open, store: Store) -> Door:
    """A door with a number key, for an account that had messages."""
    store.client.set(store.keys.here("main"), 1)
    return open_door(NUMBER_KEY=KEY)


def post(door: Door, found: Any, path: str = PATH) -> tuple[int, Any]:
    body = found if isinstance(found, bytes) else json.dumps(found).encode()
    status, answer = door.ask("POST", path, body)
    try:
        return status, json.loads(answer)
    except ValueError:
        return status, answer


def entries(store: Store, number: str) -> list[Suppression]:
    return list(Suppressions(store, "main", NumberKey(KEY)).look([number])[0])


def test_a_refusal_is_in_redis_once_it_is_answered(door: Door, store: Store) -> None:
    facts = {"code": "100", "desc": "success"}
    assert post(door, {"number": "010-2345-6789"}) == (200, {**facts, "added": 1})
    assert post(door, {"number": NUMBER}) == (200, {**facts, "known": 1})
    (entry,) = entries(store, NUMBER)
    assert (entry.kind, entry.scope, entry.told) == (SuppressionKind.ADS, "", False)
    assert entry.origin == Suppressor(SuppressionSource.REFUSAL_CALL)


def test_what_can_be_read_is_written_and_the_rest_is_answered_counted_and_kept_without_numbers(
    door: Door, store: Store
) -> None:
    status, answer = post(door, {"numbers": [NUMBER, "010-5555-66667", OTHER]})
    assert (status, answer["added"], answer["not_taken"]) == (422, 2, 1)
    assert answer["entries"][0]["entry"] == "numbers[1]"
    assert [len(entries(store, number)) for number in (NUMBER, OTHER)] == [1, 1]
    counts, kept = read_unread(store)
    assert counts == {UNREAD_REFUSAL: 1}
    assert "5555" not in json.dumps(answer) + kept[0].words
    assert post(door, b"number=01023456789")[0] == 400
    assert read_unread(store)[0] == {UNREAD_REFUSAL: 2}


def test_many_unread_entries_are_few_lines_and_all_counted(door: Door, store: Store) -> None:
    status, answer = post(door, {"numbers": ["x"] * 300})
    assert (status, answer["not_taken"], len(answer["entries"])) == (422, 300, 20)
    counts, kept = read_unread(store)
    assert (counts, len(kept)) == ({UNREAD_REFUSAL: 300}, 6)


def test_a_removal_is_done_and_in_the_history(door: Door, store: Store) -> None:
    post(door, {"numbers": [NUMBER, OTHER]})
    answer = post(door, {"number": NUMBER, "action": "remove", "source": "application", "reason": "again"})[1]
    assert answer["removed"] == 1
    assert (entries(store, NUMBER), len(entries(store, OTHER))) == ([], 1)
    (change,) = read_log(store, "main")
    assert (change.act, change.count, change.kind) == ("remove", 1, "ads")
    assert change.origin == Suppressor(SuppressionSource.APPLICATION, "", "again")


def test_the_webhook_of_nhn_cloud_is_taken(door: Door, store: Store) -> None:
    hook = {
        "recipientNo": NUMBER,
        "unsubscribeNo": "08012341234",
        "createdDateTime": "2026-09-09T11:25:10+09:00",
    }
    assert post(door, {"event": "UNSUBSCRIBE", "hooks": [hook]})[0] == 200
    assert entries(store, NUMBER)[0].origin.why == "called 08012341234"
    assert post(door, {"event": "MESSAGE_RESULT_UPDATE", "hooks": [{}]})[0] == 200


def test_a_number_with_as_many_entries_as_are_kept_is_not_answered_as_taken(door: Door, store: Store) -> None:
    own = Suppressions(store, "main", NumberKey(KEY))
    for n in range(16):
        own.add(
            [NUMBER], SuppressionKind.ADS, Suppressor(SuppressionSource.PERSON), scope=f"sender 1588{n:04}"
        )
    status, answer = post(door, {"numbers": [NUMBER, OTHER]})
    assert (status, answer["full"], answer["added"]) == (422, 1, 1)
    assert answer["entries"][0]["entry"] == "numbers[0]"


def test_callers_paths_and_bodies_are_judged_as_those_of_receipts(open_door: Open, store: Store) -> None:
    store.client.set(store.keys.here("main"), 1)
    door = open_door(NUMBER_KEY=KEY)
    body = json.dumps({"number": NUMBER}).encode()
    assert post(door, body, "/suppressions/main/another-secret-0123456789")[0] == 404
    assert post(door, body, f"/suppressions/other/{SECRET}")[0] == 404
    assert door.ask("GET", PATH)[0] == 404
    assert post(door, b"x" * 70_000)[0] == 413
    assert post(open_door(NUMBER_KEY=KEY, RECEIPT_ALLOW="192.0.2.1"), body)[0] == 403
    assert entries(store, NUMBER) == []


def test_without_the_accounts_key_it_must_come_again(open_door: Open, store: Store) -> None:
    store.client.set(store.keys.here("main"), 1)
    Suppressions(store, "main", NumberKey(KEY)).add(
        [OTHER], SuppressionKind.ADS, Suppressor(SuppressionSource.PERSON)
    )
    for key in ("", "x" * 32):
        door = open_door(NUMBER_KEY=key)
        assert post(door, {"number": NUMBER})[0] == 503
        assert door.refused(store)["no right number key"] >= 1
    assert entries(store, NUMBER) == []


def test_an_account_that_redis_does_not_know_must_come_again(open_door: Open, store: Store) -> None:
    door = open_door(NUMBER_KEY=KEY)
    assert post(door, {"number": NUMBER})[0] == 503
    # A list that a person imported before the first message is enough.
    Suppressions(store, "main", NumberKey(KEY)).add(
        [OTHER], SuppressionKind.ADS, Suppressor(SuppressionSource.PERSON)
    )
    assert post(door, {"number": NUMBER})[0] == 200


def test_reasons_that_differ_each_time_do_not_fill_the_table(door: Door, store: Store) -> None:
    words = ("".join(chr(97 + int(digit)) for digit in str(1_000 + n)) for n in range(300))
    found = [{"number": f"010{n + 20_000_000}", "reason": word} for n, word in enumerate(words)]
    assert post(door, {"numbers": found})[1]["added"] == 300
    assert int(store.client.hget(store.keys.suppressed("main"), "origins") or 0) <= 257


def test_no_number_is_in_redis_in_the_log_or_in_an_answer(
    door: Door, store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    written = ["010-2345-6789", "+82 10 2345 6789", "010-2345-67890", "02-2345-6789", {"010-2345-6789": 1}]
    answers = [
        post(door, {"numbers": written, "reason": "call of 010-2345-6789", "010-2345-6789": 1}),
        post(door, {"event": "UNSUBSCRIBE", "hooks": [{"recipientNo": "010-2345-6789", "hookId": NUMBER}]}),
        post(door, {"number": NUMBER, "kind": NUMBER, "scope": NUMBER, "at": NUMBER, "action": NUMBER}),
        post(door, f"number={NUMBER}".encode()),
        post(door, {"number": NUMBER, "action": "remove", "reason": NUMBER}),
    ]
    said = json.dumps(answers) + "".join(capfd.readouterr())
    kept = b"".join(key + (value or b"") for key, value in everything(store).items())
    for digits in ("23456789", "2345-6789", "2345 6789", "6789"):
        assert digits not in said
        assert digits.encode() not in kept
