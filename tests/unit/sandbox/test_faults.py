"""Faults: which may be asked for, whom they befall, and what they make of an answer."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox import spoiling
from plexsend.sandbox.answers import Ending
from plexsend.sandbox.faults import KINDS, Fault, Stage
from plexsend.sandbox.schedule import Schedule
from plexsend.sandbox.spoiling import FOREIGN_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.sandbox.answers import Reply

    MakeItem = Callable[..., dict[str, Any]]


@pytest.fixture
def schedule(clock: Any) -> Schedule:
    return Schedule(clock=clock, chances=random.Random(1))


def draw_kind(schedule: Schedule, service: str = "mms-bulk", account: str = "main") -> str | None:
    fault = schedule.draw(service, account).fault
    return None if fault is None else fault.kind


def test_every_kind_is_carried_out_somewhere() -> None:
    paces = {kind.name for kind in KINDS.values() if kind.stage is Stage.PACE}
    assert paces == {"delay", "drip"}
    spoiled = {
        *spoiling._ITEM_FAULTS,
        *spoiling._WHOLE_FAULTS,
        *spoiling._QUOTING_FAULTS,
        *spoiling._REPLY_FAULTS,
    }
    assert set(KINDS) == spoiled | paces


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"kind": "flood"}, "flood"),
        ({"kind": "delay", "params": {"s": 1}}, "'s'"),
        ({"kind": "delay", "params": {"ms": "1"}}, "ms"),
        ({"kind": "delay", "params": {"ms": -1}}, "ms"),
        ({"kind": "delay", "params": {"ms": True}}, "ms"),
        ({"kind": "garbage", "params": {"status": 100}}, "status"),
        ({"kind": "garbage", "params": {"accept": 1}}, "accept"),
        ({"kind": "too_many", "params": {"retry_after": "1\r\nX: y"}}, "retry_after"),
        ({"kind": "redirect", "params": {"location": "/가"}}, "location"),
        ({"kind": "empty", "times": 0}, "times"),
        ({"kind": "empty", "times": 1.5}, "times"),
        ({"kind": "empty", "for_s": 0}, "for_s"),
        ({"kind": "empty", "for_s": float("nan")}, "for_s"),
        ({"kind": "empty", "for_s": float("inf")}, "for_s"),
        ({"kind": "empty", "chance": 0}, "chance"),
        ({"kind": "empty", "chance": 1.1}, "chance"),
    ],
)
def test_faults_that_make_no_sense_are_refused_by_name(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError) as caught:
        Fault(**arguments)
    assert named in str(caught.value)


def test_fault_ends_after_its_times(schedule: Schedule) -> None:
    schedule.add(Fault("empty", times=2))
    assert [draw_kind(schedule) for _ in range(3)] == ["empty", "empty", None]
    assert schedule.list_waiting() == []


def test_fault_ends_after_its_time(schedule: Schedule, clock: Any) -> None:
    schedule.add(Fault("empty", for_s=5))
    clock.now_s += 4.9
    assert draw_kind(schedule) == "empty"
    clock.now_s += 0.1
    assert draw_kind(schedule) is None


def test_first_fault_added_goes_first(schedule: Schedule) -> None:
    schedule.add(Fault("empty", times=1))
    schedule.add(Fault("garbage", times=1))
    assert [draw_kind(schedule) for _ in range(3)] == ["empty", "garbage", None]


def test_fault_befalls_only_whom_it_is_meant_for(schedule: Schedule) -> None:
    schedule.add(Fault("empty", service="mms-finance", account="main", times=1))
    assert draw_kind(schedule, "mms-bulk", "main") is None
    assert draw_kind(schedule, "mms-finance", "other") is None
    assert draw_kind(schedule, "mms-finance", "main") == "empty"


def test_pace_goes_together_with_another_fault(schedule: Schedule) -> None:
    schedule.add(Fault("delay", params={"ms": 250}))
    schedule.add(Fault("drip", params={"bytes_per_s": 5}))
    schedule.add(Fault("empty"))
    drawn = schedule.draw("mms-bulk", "main")
    assert (drawn.delay_s, drawn.bytes_per_s) == (0.25, 5)
    assert drawn.fault is not None
    assert set(drawn.kinds) == {"delay", "drip", "empty"}


def test_chance_spares_its_share(schedule: Schedule) -> None:
    schedule.add(Fault("empty", chance=0.25))
    hits = sum(draw_kind(schedule) is not None for _ in range(1000))
    assert 200 < hits < 300


def test_a_fault_can_be_taken_back(schedule: Schedule) -> None:
    first = schedule.add(Fault("empty"))
    schedule.add(Fault("garbage"))
    schedule.clear(first)
    assert [waiting["kind"] for waiting in schedule.list_waiting()] == ["garbage"]
    schedule.clear()
    assert draw_kind(schedule) is None


def send_ten(bench: Any, make_item: MakeItem, kind: str, **params: Any) -> Reply:
    bench.plex.schedule.add(Fault(kind, times=1, params=params))
    body = json.dumps({"msg_data": [make_item(f"k{n}") for n in range(10)]}).encode()
    reply: Reply = bench.send_raw(body)
    return reply


def read_results(reply: Reply) -> list[tuple[str, str]]:
    return [(result["msg_key"], result["code"]) for result in json.loads(reply.body)["results"]]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "accept" in KINDS[kind].params])
@pytest.mark.parametrize("accept", [True, False])
def test_accept_decides_whether_messages_are_accepted(
    bench: Any, make_item: MakeItem, kind: str, *, accept: bool
) -> None:
    send_ten(bench, make_item, kind, accept=accept)
    assert bench.plex.ledger.total == (10 if accept else 0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "accept" not in KINDS[kind].params])
def test_other_kinds_accept_unless_they_strike_before(bench: Any, make_item: MakeItem, kind: str) -> None:
    send_ten(bench, make_item, kind)
    before = kind in {"reset_before_reading", "reset_before_accepting"}
    assert bench.plex.ledger.total == (0 if before else 10)


def test_fault_is_counted_by_kind_and_befalls_no_second_request(bench: Any, make_item: MakeItem) -> None:
    send_ten(bench, make_item, "server_error")
    assert bench.send_for_codes(make_item("k1")) == {"k1": "C100"}
    assert bench.plex.get_stats().faults == {"server_error": 1}


def test_server_error_is_an_envelope(bench: Any, make_item: MakeItem) -> None:
    reply = send_ten(bench, make_item, "server_error", status=502)
    assert (reply.status, json.loads(reply.body)["code"]) == (502, "C500_1")


def test_envelope_speaks_any_code(bench: Any, make_item: MakeItem) -> None:
    reply = send_ten(bench, make_item, "envelope", code="C341", status=400)
    assert (reply.status, json.loads(reply.body)["code"]) == (400, "C341")
    assert bench.plex.get_stats().envelopes == {"C341": 1}


@pytest.mark.parametrize(("kind", "status"), [("too_many", 429), ("unavailable", 503)])
def test_shut_doors_say_when_to_come_again(bench: Any, make_item: MakeItem, kind: str, status: int) -> None:
    reply = send_ten(bench, make_item, kind, retry_after="Wed, 21 Oct 2026 07:28:00 GMT")
    assert reply.status == status
    assert ("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT") in reply.headers
    silent = send_ten(bench, make_item, kind, retry_after="")
    assert "Retry-After" not in dict(silent.headers)


def test_unavailable_may_be_another_status_and_come_after_accepting(bench: Any, make_item: MakeItem) -> None:
    assert send_ten(bench, make_item, "unavailable", status=504, accept=True).status == 504
    assert bench.plex.ledger.total == 10


@pytest.mark.parametrize(
    ("number", "status", "message"), [("410", 429, "Throttle Limited"), ("510", 504, "Endpoint Timeout")]
)
def test_api_gateway_has_a_shape_of_its_own(
    bench: Any, make_item: MakeItem, number: str, status: int, message: str
) -> None:
    reply = send_ten(bench, make_item, "api_gateway", status=status, error_code=number)
    assert reply.status == status
    assert json.loads(reply.body) == {"error": {"errorCode": number, "message": message, "details": message}}


@pytest.mark.parametrize("kind", ["quoting_items", "quoting_codes", "quoting_envelope"])
def test_quoting_answers_hold_what_was_sent(bench: Any, make_item: MakeItem, kind: str) -> None:
    said = json.loads(send_ten(bench, make_item, kind).body)
    if kind == "quoting_codes":
        assert {each["code"] for each in said["results"]} == {"secret"}
        return
    words = said["description"] if kind == "quoting_envelope" else said["results"][0]["desc"]
    assert "main;secret" in words
    assert make_item("k1")["receiver_number"] in words


def test_false_encoding_is_named_and_not_done(bench: Any, make_item: MakeItem) -> None:
    reply = send_ten(bench, make_item, "false_encoding", encoding="br")
    assert ("Content-Encoding", "br") in reply.headers
    assert len(read_results(reply)) == 10
    limited = send_ten(bench, make_item, "false_encoding", status=429, accept=False)
    assert (limited.status, limited.body) == (429, b"429\n")


def test_redirect_has_a_location(bench: Any, make_item: MakeItem) -> None:
    reply = send_ten(bench, make_item, "redirect", status=307, location="/elsewhere")
    assert reply.status == 307
    assert ("Location", "/elsewhere") in reply.headers


def test_missing_items_are_missing(bench: Any, make_item: MakeItem) -> None:
    keys = {key for key, _ in read_results(send_ten(bench, make_item, "missing_item", count=3))}
    assert len(keys) == 7
    assert len(bench.plex.ledger.list_accepted()) == 10


def test_doubled_item_is_answered_twice(bench: Any, make_item: MakeItem) -> None:
    results = read_results(send_ten(bench, make_item, "doubled_item", code="G141"))
    assert len(results) == 11
    [doubled] = [key for key, code in results if code == "G141"]
    assert (doubled, "C100") in results


def test_foreign_key_is_one_that_nobody_sent(bench: Any, make_item: MakeItem) -> None:
    results = read_results(send_ten(bench, make_item, "foreign_key"))
    assert len(results) == 11
    assert (FOREIGN_KEY, "C100") in results


def test_item_code_answers_every_item(bench: Any, make_item: MakeItem) -> None:
    results = read_results(send_ten(bench, make_item, "item_code", code="G999"))
    assert [code for _, code in results] == ["G999"] * 10
    assert bench.plex.get_stats().answers == {"G999": 10}


@pytest.mark.parametrize("kind", ["missing_item", "doubled_item", "foreign_key", "item_code"])
def test_faults_of_items_leave_an_envelope_alone(bench: Any, make_item: MakeItem, kind: str) -> None:
    bench.plex.schedule.add(Fault(kind))
    assert bench.send(make_item(msg="똠"))[1]["code"] == "C400_2"


def test_doubling_the_answer_to_nobody_is_harmless(bench: Any, make_item: MakeItem) -> None:
    """Given one message whose number is left out of answers, when its answer is doubled."""
    bench.plex.schedule.add(Fault("doubled_item"))
    assert bench.send(make_item(receiver_number="01099990999"))[1] == {"results": []}


def test_garbage_is_no_json(bench: Any, make_item: MakeItem) -> None:
    reply = send_ten(bench, make_item, "garbage", status=200)
    with pytest.raises(ValueError):
        json.loads(reply.body)
    assert bench.plex.get_stats().answers == {}


def test_empty_answer_has_no_body(bench: Any, make_item: MakeItem) -> None:
    assert send_ten(bench, make_item, "empty").body == b""


def test_wrong_shape_is_whatever_was_asked_for(bench: Any, make_item: MakeItem) -> None:
    reply = send_ten(bench, make_item, "wrong_shape", body={"results": {"code": 1}}, status=201)
    assert (reply.status, json.loads(reply.body)) == (201, {"results": {"code": 1}})


def test_too_large_answer_is_the_right_one_with_blanks(bench: Any, make_item: MakeItem) -> None:
    reply = send_ten(bench, make_item, "too_large", size_bytes=1_500_000)
    assert len(reply.body) == 1_500_000
    assert len(read_results(reply)) == 10


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("reset_before_reading", Ending.RESET),
        ("reset_before_accepting", Ending.RESET),
        ("reset_after_accepting", Ending.RESET),
        ("hang_up", Ending.HANG_UP),
        ("cut_answer", Ending.CUT),
        ("close_after_answer", Ending.DROP),
    ],
)
def test_endings_end_as_named(bench: Any, make_item: MakeItem, kind: str, ending: Ending) -> None:
    assert send_ten(bench, make_item, kind).ending is ending
    told = kind == "close_after_answer"
    assert bench.plex.get_stats().answers == ({"C100": 10} if told else {})
    assert bench.plex.get_stats().statuses == (
        {200: 1} if kind in {"cut_answer", "close_after_answer"} else {}
    )
