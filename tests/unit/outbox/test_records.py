"""What records, holds and processes look like when they are read."""

from __future__ import annotations

import json

from plexsend.outbox.advance import message_of
from plexsend.outbox.holds import Reason, Scope, parse_holds, pause_json
from plexsend.outbox.lanes import Lane
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.records import parse_record
from plexsend.outbox.states import State


def test_record_with_the_least_it_can_have() -> None:
    record = parse_record("k", {b"s": b"waiting", b"l": b"mms-bulk@main", b"t": b"1700000000000"})
    assert (record.state, record.lane) == (State.WAITING, Lane("mms-bulk", None, "main"))
    assert (record.attempts, record.tries, record.code, record.flags, record.desc) == (0, 0, "", "", "")
    assert (record.position, record.ended_ms, record.send_at_ms, record.expires_at_ms) == (None,) * 4


def test_history_keeps_words_that_hold_its_own_mark() -> None:
    fields = {b"s": b"waiting", b"l": b"mms-bulk@main", b"t": b"1"}
    record = parse_record("k", fields, [b"12|give_back|G150|a|b", "13|late||짧게".encode(), b"14|x||\xff"])
    assert [(line.at_ms, line.event, line.code, line.detail) for line in record.history] == [
        (12, "give_back", "G150", "a|b"),
        (13, "late", "", "짧게"),
        (14, "x", "", "\ufffd"),
    ]
    assert record.desc == "\ufffd"


def test_flags_tell_what_a_message_may_not_become() -> None:
    record = parse_record("k", {b"s": b"waiting", b"l": b"a@b", b"t": b"1", b"f": b"ma"})
    assert (record.may_have_been_sent, record.alone) == (True, True)


def test_message_hides_its_body() -> None:
    message = message_of("k", b"secret words", [b"s", b"", b"", b"", b"", b"", b"a"])
    assert "secret" not in repr(message)
    assert (message.first_ms, message.failed_at_take, message.alone) == (None, None, True)


def test_hold_is_read_as_it_was_written() -> None:
    value = pause_json("안나", "점검", 1700000000000).encode()
    (hold,) = parse_holds("main", {b"service pause mms-bulk": value})
    assert (hold.scope, hold.reason, hold.what) == (Scope.SERVICE, Reason.PAUSE, "mms-bulk")
    assert (hold.by, hold.why, hold.since_ms, hold.until_ms) == ("안나", "점검", 1700000000000, None)
    assert hold.field == "service pause mms-bulk"


def test_hold_with_numbers_as_lua_writes_them() -> None:
    value = {
        "since": 1.7e12,
        "until": 1.7000000001e12,
        "step": 2.0,
        "by": "gateway",
        "why": "",
        "probe": "p.1",
    }
    (hold,) = parse_holds("main", {b"lane shut mms-bulk@main": json.dumps(value).encode()})
    assert (hold.until_ms, hold.step_ms, hold.probing) == (1_700_000_000_100, 2, True)


def test_holds_come_oldest_first() -> None:
    fields = {
        f"lane pause l{n}@main".encode(): pause_json("a", "b", since).encode()
        for n, since in enumerate((30, 10, 20))
    }
    assert [hold.since_ms for hold in parse_holds("main", fields)] == [10, 20, 30]


def test_process_is_read_as_it_announced_itself() -> None:
    for process in (WorkerProcess("p1", 16, ("mms-bulk", "mms-finance")), WorkerProcess("p1", 1, ())):
        assert WorkerProcess.parse(str(process)) == process


def test_accepted_after_a_refusal_of_its_whole_request_tells_no_old_words() -> None:
    fields = {b"s": b"accepted", b"l": b"mms-bulk@main", b"t": b"1", b"c": b"C100"}
    refused = b"12|give_back|C400_2|a value is not allowed"
    plain = parse_record("k", fields, [refused])
    assert (plain.desc, plain.went_by_itself) == ("", True)
    told = parse_record("k", fields, [refused, b"13|accept|71003|the gateway knew the key"])
    assert (told.desc, told.went_by_itself) == ("the gateway knew the key", False)
    assert parse_record("k", fields, [refused, b"13|accept|C100|"]).desc == ""
