"""What people and programs see of receipts: of a message, and of all that came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.strays import keep_unread
from plexsend.web.posts import Unread

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

DONE_MS = 1_666_414_364_390  # 2022-10-22 13:52:44.390 in Seoul


def undelivered(yard: Any, store: Store) -> None:
    yard.end(Outcome.ACCEPTED, "k1", code="C100")
    take_receipts(store, "main", [Receipt("k1", "2", "LGU", DONE_MS)])


def test_status_shows_what_the_receipt_said_beside_the_answer(
    run: Callable[..., Any], yard: Any, store: Store
) -> None:
    undelivered(yard, store)

    (status,) = run("status", "k1", "--json").lines
    assert (status["state"], status["code"], status["desc"]) == ("undelivered", "C100", None)
    receipt = status["receipt"]
    assert receipt.pop("came_at").endswith("+00:00")
    assert receipt == {
        "code": "2",
        "class": "no_such_number",
        "words": "no such number",
        "korean": "없는 번호 또는 미가입자",
        "remedy": "Take the number off your lists, or correct it.",
        "carrier": "LGU",
        "done_at": "2022-10-22T13:52:44.390+09:00",
    }

    people = run("status", "k1").out
    assert "k1  undelivered" in people
    said = "2: no such number (없는 번호 또는 미가입자), no_such_number through LGU at 2022-10-22 13:52:44"
    assert said in " ".join(people.split())
    assert "Take the number off your lists" in people
    assert "C100" in people


def test_time_is_that_of_the_zone_in_force(run: Callable[..., Any], yard: Any, store: Store) -> None:
    put(store, Where(), {"time_zone": "Europe/Berlin"}, by="anna", reason="x")
    undelivered(yard, store)
    assert run("status", "k1", "--json").lines[0]["receipt"]["done_at"] == "2022-10-22T06:52:44.390+02:00"
    assert "2022-10-22 06:52:44 CEST" in run("why", "k1").out


def test_why_says_how_it_ended_and_what_helps(run: Callable[..., Any], yard: Any, store: Store) -> None:
    undelivered(yard, store)
    (answer,) = run("why", "k1", "--json").lines
    ended, receipt = answer["causes"]
    assert ended["text"] == "already ended: undelivered (C100)"
    assert receipt["kind"] == "receipt"
    assert receipt["text"].startswith("its receipt says: 2: no such number (없는 번호 또는 미가입자)")
    assert receipt["text"].endswith("Take the number off your lists, or correct it.")


def test_why_says_until_when_a_receipt_is_waited_for(
    run: Callable[..., Any], yard: Any, store: Store
) -> None:
    yard.end(Outcome.ACCEPTED, "k0", code="C100")
    assert [cause["kind"] for cause in run("why", "k0", "--json").lines[0]["causes"]] == ["ended"]
    # Receipts come, so one is waited for.
    undelivered(yard, store)
    _, waits = run("why", "k0", "--json").lines[0]["causes"]
    assert (waits["kind"], waits["until"] is not None) == ("receipt", True)
    yard.end(Outcome.PARK, "k2", code="C500_1")
    assert "its receipt settles it by itself" in run("why", "k2").out


def test_all_that_came_is_counted_and_what_belongs_to_nobody_is_shown(
    run: Callable[..., Any], yard: Any, store: Store
) -> None:
    assert run("receipts").err == "No receipt ever came.\n"
    undelivered(yard, store)
    receipts = [Receipt("k1", "2"), Receipt("k1", "0"), *(Receipt(f"nobody-{n}", "0") for n in range(22))]
    take_receipts(store, "main", receipts)
    keep_unread(store, "main", [Unread("not JSON", "<html>")])
    client: Any = store.client
    client.hset(store.keys.unread_counts, mapping={"wrong path": 50, "too long": 1})

    account, *strangers, refused, unread = run("receipts", "--json").lines
    assert refused == {"kind": "refused", "counts": {"wrong path": 50, "too long": 1}}
    assert (account["settled"], account["repeated"], account["stranger"]) == (2, 1, 22)
    assert account["classes"]["no_such_number"] == 2
    assert account["first_at"] <= account["last_at"]
    assert [each["msg_key"] for each in strangers] == [f"nobody-{n}" for n in range(22)]
    assert unread["counts"] == {"not JSON": 1}
    assert unread["newest"][0]["words"] == "<html>"

    shown = run("receipts")
    people = shown.out
    assert "the newest 20 of 22" in shown.err
    assert "nobody-21" in people
    assert "nobody-1 " not in people
    assert "Posts that could not be read: not JSON 1." in shown.err
    assert "Posts that were refused before they were read: wrong path 50, too long 1." in shown.err
    assert "no_such_number 2" in " ".join(people.split())
    yard.end(Outcome.ACCEPTED, "k9", lane=Lane("mms-bulk", None, "shop"), code="C100")
    others = run("receipts", "--account", "shop", "--json").lines
    assert (others[0]["stranger"], others[-1]["newest"]) == (0, [])
