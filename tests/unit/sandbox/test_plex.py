"""What becomes of messages: duplicates, credit, rates, magic numbers, counts."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox.answers import Ending
from plexsend.sandbox.magic import MAGIC, Effect

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.sandbox.wire import Head

    MakeItem = Callable[..., dict[str, Any]]


def test_duplicate_is_refused_and_counted_apart(bench: Any, make_item: MakeItem) -> None:
    bench.send(make_item("a"))
    assert bench.send_for_codes(make_item("a"), make_item("b")) == {"a": "71003", "b": "C100"}
    assert bench.plex.ledger.list_accepted() == {"a": 1, "b": 1}
    assert bench.plex.ledger.list_duplicates() == {"a": 1}


def test_duplicate_within_one_request_is_refused(bench: Any, make_item: MakeItem) -> None:
    _, answer = bench.send(make_item("a"), make_item("a"))
    assert sorted(result["code"] for result in answer["results"]) == ["71003", "C100"]


def test_duplicates_can_be_accepted_so_that_doubles_show(bench: Any, make_item: MakeItem) -> None:
    bench.behave(duplicates="accept")
    bench.send(make_item("a"))
    assert bench.send_for_codes(make_item("a")) == {"a": "C100"}
    assert bench.plex.ledger.list_accepted() == {"a": 2}


@pytest.mark.parametrize(
    ("path", "dialect"), [("/rcs-mms-bulk/v1/send", "v1"), ("/rcs/v2/submit/rcs-mms-bulk", "v2")]
)
def test_duplicate_of_rcs_is_refused_in_either_dialect(
    bench: Any, make_rcs: MakeItem, head: Callable[..., Head], path: str, dialect: str
) -> None:
    """Given a key that was accepted in dialect v1, when it comes again with another type beside it."""
    bench.send(make_rcs("a"), head=head("/rcs-mms-bulk/v1/send"), msg_type="RMM")
    items = [make_rcs(key, dialect=dialect) for key in ("a", "b")]
    assert bench.send_for_codes(*items, head=head(path), msg_type="RMH") == {"a": "71003", "b": "C100"}
    assert bench.plex.ledger.list_accepted() == {"a": 1, "b": 1}
    assert bench.plex.ledger.list_duplicates() == {"a": 1}
    bench.behave(duplicates="accept")
    assert bench.send_for_codes(*items, head=head(path), msg_type="RMM") == {"a": "C100", "b": "C100"}
    assert bench.plex.ledger.list_accepted() == {"a": 2, "b": 2}


def test_a_refused_key_may_come_again(bench: Any, make_item: MakeItem) -> None:
    bench.send(make_item("a", receiver_number="1"))
    assert bench.send_for_codes(make_item("a")) == {"a": "C100"}


def test_keys_of_different_accounts_never_meet(
    bench: Any, make_item: MakeItem, head: Callable[..., Head]
) -> None:
    bench.send(make_item("a"))
    assert bench.send_for_codes(make_item("a"), head=head(authorization="other;x")) == {"a": "C100"}
    assert bench.plex.ledger.list_accepted() == {"a": 2}
    assert bench.plex.ledger.list_accepted("other") == {"a": 1}


def test_credit_is_spent_by_accepted_items_alone(bench: Any, make_item: MakeItem) -> None:
    bench.build(credit=2)
    codes = bench.send_for_codes(
        make_item("a"), make_item("bad", receiver_number="1"), make_item("b"), make_item("c")
    )
    assert codes == {"a": "C100", "bad": "G141", "b": "C100", "c": "G150"}
    assert bench.plex.ledger.get_credit("main") == 0
    bench.plex.ledger.add_credit("main", 1)
    assert bench.send_for_codes(make_item("a"), make_item("c")) == {"a": "71003", "c": "C100"}


def test_credit_is_each_accounts_own(bench: Any, make_item: MakeItem, head: Callable[..., Head]) -> None:
    bench.build(credit=1)
    bench.send(make_item("a"))
    assert bench.send_for_codes(make_item("b")) == {"b": "G150"}
    assert bench.send_for_codes(make_item("b"), head=head(authorization="other;x")) == {"b": "C100"}


def test_lacking_credit_can_refuse_the_whole_request(bench: Any, make_item: MakeItem) -> None:
    bench.build(credit=2)
    bench.behave(envelope_for=["G150"])
    assert bench.send(make_item("a"), make_item("b"), make_item("c"))[1]["code"] == "G150"
    assert bench.plex.ledger.total == 0
    assert bench.send_for_codes(make_item("a"), make_item("b")) == {"a": "C100", "b": "C100"}
    # A duplicate costs nothing, so that an empty account may still ask for one.
    assert bench.send_for_codes(make_item("a")) == {"a": "71003"}


def test_results_come_in_another_order(bench: Any, make_item: MakeItem) -> None:
    keys = [f"k{n}" for n in range(10)]
    orders = set()
    for turn in range(5):
        _, answer = bench.send(*(make_item(f"{turn}-{key}") for key in keys))
        orders.add(tuple(result["msg_key"].partition("-")[2] for result in answer["results"]))
    assert len(orders) == 5
    bench.behave(shuffle=False)
    _, answer = bench.send(*(make_item(key) for key in keys))
    assert [result["msg_key"] for result in answer["results"]] == keys


def test_rate_is_refused_above_and_recovers(bench: Any, clock: Any, make_item: MakeItem) -> None:
    bench.behave(messages_per_s=3, retry_after="7")
    bench.send(make_item("a"), make_item("b"))
    body = json.dumps({"msg_data": [make_item("c"), make_item("d")]}).encode()
    reply = bench.send_raw(body)
    assert reply.status == 429
    assert ("Retry-After", "7") in reply.headers
    assert bench.plex.ledger.total == 2
    clock.now_s += 1
    assert bench.send_raw(body).status == 200


def test_rate_is_each_lanes_own(bench: Any, make_item: MakeItem, head: Callable[..., Head]) -> None:
    bench.behave(messages_per_s=1)
    bench.send(make_item("a"))
    assert bench.send_for_codes(make_item("b"), head=head("/mms-finance/v2/send")) == {"b": "C100"}
    assert bench.send_for_codes(make_item("c"), head=head(authorization="other;x")) == {"c": "C100"}


@pytest.mark.parametrize("path", ["/mms-bulk/v2/send", "/rcs-mms-bulk/v1/send"])
@pytest.mark.parametrize("magic", MAGIC.values(), ids=lambda magic: magic.receiver)
def test_magic_number_does_what_its_row_says(
    bench: Any, make_item: MakeItem, make_rcs: MakeItem, head: Callable[..., Head], *, magic: Any, path: str
) -> None:
    make, beside = (make_rcs, {"msg_type": "RMM"}) if "rcs" in path else (make_item, {})
    items = [make("plain"), make("magic", receiver_number=magic.receiver)]
    reply = bench.send_raw(json.dumps({**beside, "msg_data": items}).encode(), head(path))
    accepted = bench.plex.ledger.list_accepted()
    if magic.effect is Effect.WHOLE:
        assert reply.status == magic.status
        assert accepted == {}
        if magic.code is not None:
            assert json.loads(reply.body)["code"] == magic.code
        return
    results = [(result["msg_key"], result["code"]) for result in json.loads(reply.body)["results"]]
    expected = {
        Effect.CODE: [("magic", magic.code)],
        Effect.MISSING: [],
        Effect.DOUBLED: [("magic", "C100"), ("magic", magic.code)],
        Effect.RESET: [("magic", "C100")],
    }[magic.effect]
    assert sorted(results) == sorted([("plain", "C100"), *expected])
    assert ("magic" in accepted) is (magic.effect is not Effect.CODE)
    assert (reply.ending is Ending.RESET) is (magic.effect is Effect.RESET)


def test_counts_tell_what_was_answered(bench: Any, make_item: MakeItem, head: Callable[..., Head]) -> None:
    bench.send(make_item("a"), make_item("b", receiver_number="1"))
    bench.send(make_item("a"))
    bench.send(make_item("c"), head=head("/nowhere"))
    stats = bench.plex.get_stats()
    assert (stats.requests, stats.items, stats.accepted, stats.duplicates) == (3, 3, 1, 1)
    assert stats.answers == {"C100": 1, "G141": 1, "71003": 1}
    assert stats.envelopes == {"C404_1": 1}
    assert stats.statuses == {200: 2, 404: 1}
    assert stats.batch_sizes == {2: 1, 1: 1}
    assert [arrival.items for arrival in bench.plex.tally.list_arrivals()] == [2, 1, 0]


def test_counts_and_rate_of_rcs_are_those_of_its_service(
    bench: Any, clock: Any, make_rcs: MakeItem, head: Callable[..., Head]
) -> None:
    """Given a rate of two a second, when both types and both dialects of one service send at once."""
    bench.behave(messages_per_s=2)
    v1, v2 = head("/rcs-mms-bulk/v1/send"), head("/rcs/v2/submit/rcs-mms-bulk")
    bench.send_for_codes(make_rcs("a"), head=v1, msg_type="RMM")
    bench.send_for_codes(make_rcs("b"), head=v1, msg_type="RMH")
    body = json.dumps({"msg_type": "RMM", "msg_data": [make_rcs("c", dialect="v2")]}).encode()
    assert bench.send_raw(body, v2).status == 429
    clock.now_s += 1
    assert bench.send_raw(body, v2).status == 200
    stats = bench.plex.get_stats()
    assert (stats.items, stats.accepted, stats.batch_sizes) == (4, 3, {1: 4})
    assert stats.worst_second_by_lane == {"rcs-mms-bulk@main": 2}


def test_worst_second_slides(bench: Any, clock: Any, make_item: MakeItem) -> None:
    """Three messages at 0.0, four at 0.9, five at 1.5: the worst second holds the last two."""
    number = 0
    for now_s, count in ((0.0, 3), (0.9, 4), (1.5, 5)):
        clock.now_s = 5000 + now_s
        bench.send(*(make_item(f"k{number + n}") for n in range(count)))
        number += count
    stats = bench.plex.get_stats()
    assert stats.worst_second == 9
    assert stats.worst_second_by_lane == {"mms-bulk@main": 9}


def test_remembered_requests_mask_authorization_and_drop_bodies(bench: Any, make_item: MakeItem) -> None:
    bench.send(make_item("a"))
    [seen] = bench.plex.recorder.list_seen()
    assert dict(seen.headers)["authorization"] == "***"
    assert seen.account == "main"
    assert seen.body is None
    assert seen.size_bytes > 0


def test_bodies_are_remembered_when_asked_for_and_hidden_from_repr(bench: Any) -> None:
    bench.build(keep_bodies=True)
    bench.send_raw(b"not json: 01023456789")
    [seen] = bench.plex.recorder.list_seen()
    assert seen.body == b"not json: 01023456789"
    assert "01023456789" not in repr(seen)


def test_ring_of_requests_is_bounded(bench: Any, make_item: MakeItem) -> None:
    for number in range(12):
        bench.send(make_item(f"k{number}"))
    assert len(bench.plex.recorder.list_seen()) == 10


def test_threads_together_accept_each_key_once_and_spend_no_more_than_there_is(
    bench: Any, make_item: MakeItem
) -> None:
    bench.build(credit=150)
    body = [json.dumps({"msg_data": [make_item(f"k{n}-{m}") for m in range(10)]}).encode() for n in range(30)]

    def send_all() -> None:
        for one in body:
            bench.send_raw(one)

    threads = [threading.Thread(target=send_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = bench.plex.ledger.list_accepted()
    assert len(accepted) == 150
    assert set(accepted.values()) == {1}
    stats = bench.plex.get_stats()
    assert sum(stats.answers.values()) == stats.items == 1200
    assert stats.answers["C100"] == stats.accepted == 150


def test_clear_forgets_messages_and_keeps_credit(bench: Any, make_item: MakeItem) -> None:
    bench.build(credit=5)
    bench.send(make_item("a"))
    bench.plex.clear()
    assert bench.plex.get_stats() == type(bench.plex.get_stats())()
    assert bench.plex.recorder.list_seen() == []
    assert bench.plex.ledger.get_credit("main") == 4
    assert bench.send_for_codes(make_item("a")) == {"a": "C100"}
