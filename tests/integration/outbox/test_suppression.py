"""Who must not be written to is not: judged at every take, for advertisements and for everything."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

import plexsend.outbox
from plexsend.errors import UsageError
from plexsend.outbox import steer
from plexsend.outbox.advance import NothingTaken
from plexsend.outbox.batches import Batch, Outcome
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.state import refresh
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.states import State
from plexsend.outbox.submit import NewMessage, SubmitOutcome, Submitter
from plexsend.outbox.suppression import (
    Suppressing,
    SuppressionKind,
    Suppressions,
    SuppressionSource,
    Suppressor,
    counts,
    every,
)
from plexsend.settings import NumberKey
from tests.integration.outbox.bench import BULK, NUMBER_KEY, Bench, accepted, number_of, verdicts

ADS, ALL = SuppressionKind.ADS, SuppressionKind.ALL
DELIVERED, NOBODY, REFUSED = "0", "2", "D"
DAY_MS = 86_400_000
SCRIPTS = Path(plexsend.outbox.__path__[0], "scripts")
CALL = Suppressor(SuppressionSource.REFUSAL_CALL)
LANE = Lane.of("mms-bulk", None, "main", None, Advertising.CONSENTED)
"""Of advertisements that wait for no morning: the hours are another matter."""


def suppressions(bench: Bench) -> Suppressions:
    return Suppressions(bench.store, "main", NUMBER_KEY)


def submit_order(bench: Bench, key: str, body: bytes = b'{"a":1}') -> None:
    """Submit a message that is not an advertisement, to the number of its key."""
    bench.intake.add(BULK, [NewMessage(key, body, receiver_of(number_of(key), NUMBER_KEY))], stamp="s")


def sent(batch: Batch) -> list[str]:
    return [message.msg_key for message in batch.messages]


def test_who_refused_after_the_submit_gets_none(bench: Bench) -> None:
    bench.submit(["a", "b", "c"], LANE)
    assert suppressions(bench).add([number_of("b")], ADS, CALL) == [Suppressing.ADDED]
    assert sent(bench.take(lane=LANE)) == ["a", "c"]
    record = bench.record("b")
    assert (record.state, record.code) == (State.CANCELLED, "SUPPRESSED")
    assert "refused advertisements" in record.history[-1].detail


def test_what_was_kept_from_going_is_told_from_what_was_taken_back(bench: Bench) -> None:
    bench.submit(["a", "b", "c"], LANE)
    suppressions(bench).add([number_of("a"), number_of("b")], ADS, CALL)
    steer.ask(bench.store, "main", "b", steer.Act.CANCEL)
    bench.drain_all(LANE)
    counts = bench.counts(LANE)
    assert (counts["s:cancelled"], counts["suppressed"], counts["s:accepted"]) == (2, 1, 1)
    # The gateway knows better: it went after all.
    take_receipts(bench.store, "main", [Receipt("a", DELIVERED), Receipt("b", DELIVERED)])
    counts = bench.counts(LANE)
    assert counts["s:delivered"] == 2
    assert not {"s:cancelled", "suppressed"} & counts.keys()


def test_order_notices_go_on_unless_everything_is_suppressed(bench: Bench) -> None:
    numbers = suppressions(bench)
    numbers.add([number_of("a")], ADS, CALL)
    submit_order(bench, "a")
    assert sent(bench.take()) == ["a"]
    numbers.add([number_of("b")], ALL, CALL)
    submit_order(bench, "b")
    submit_order(bench, "c")
    assert sent(bench.take("p1.2")) == ["c"]
    assert bench.state("b") is State.CANCELLED
    # What was copied from the fleet's policies does not lose it.
    refresh(bench.store, ["main"])
    submit_order(bench, "b2")
    numbers.add([number_of("b2")], ALL, CALL)
    numbers.remove([number_of("b")], origin=CALL)
    submit_order(bench, "d")
    assert sent(bench.take("p1.3")) == ["d"]
    numbers.remove([number_of("b2")], origin=CALL)
    assert counts(bench.store, "main")[ALL] == 0


def test_every_kind_of_try_is_judged(bench: Bench) -> None:
    bench.submit(["back", "again", "dead"], LANE)
    of = {"again": Outcome.RETRY, "dead": Outcome.REJECTED}
    batch = bench.take(lane=LANE)
    suppressions(bench).add(map(number_of, ("back", "again", "dead")), ADS, CALL)
    bench.stop(settlement=verdicts(batch, Outcome.BACK, of=of, delay_ms=0), lane=LANE)
    steer.ask(bench.store, "main", "dead", steer.Act.REQUEUE)
    bench.let_pass(11_000)
    for n in range(4):
        bench.rest(f"p2.{n}", lane=LANE)
    assert bench.state("back") is State.CANCELLED
    assert bench.state("dead") is State.CANCELLED
    # What may have been sent is never said to be unsent.
    assert bench.state("again") is State.UNCERTAIN


def test_many_refusals_in_a_row_keep_nobody_behind_them(bench: Bench) -> None:
    keys = [f"k{n}" for n in range(120)]
    bench.submit([*keys, "last"], LANE)
    suppressions(bench).add(map(number_of, keys), ADS, CALL)
    answers = [bench.call(lane=LANE) for _ in range(3)]
    assert [bench.state(key) for key in keys] == [State.CANCELLED] * 120
    # A drain that took none of them comes again at once.
    assert [answer.wait_ms for answer in answers if isinstance(answer, NothingTaken)] == [0, 0]
    assert [sent(answer) for answer in answers if isinstance(answer, Batch)] == [["last"]]


@pytest.mark.parametrize(
    ("scope", "goes"),
    [
        ("sender 15881234", False),
        ("sender 15889999", True),
        ("refusal 0801234567", False),
        ("refusal 0809999999", True),
    ],
)
def test_a_scope_covers_its_sender_or_refusal_number_alone(bench: Bench, scope: str, *, goes: bool) -> None:
    put(bench.store, Where(), {"refusal_number": "080-123-4567"}, by="anna", reason="r")
    suppressions(bench).add([number_of("a")], ADS, CALL, scope=scope)
    bench.submit(["a"], LANE, body=b'{"sender_number":"15881234","msg":"x"}')
    if goes:
        assert sent(bench.take(lane=LANE)) == ["a"]
    else:
        bench.rest(lane=LANE)
        assert bench.state("a") is State.CANCELLED


def test_an_advertisement_without_a_hash_is_not_sent(bench: Bench) -> None:
    bench.intake.add(LANE, [NewMessage("a", b"{}", b"\x00\x01")], stamp="s")
    bench.rest(lane=LANE)
    assert (bench.state("a"), bench.record("a").code) == (State.CANCELLED, "NO_NUMBER_HASH")


def test_what_cannot_be_judged_waits(bench: Bench) -> None:
    bench.submit(["a", "b"], LANE)
    numbers = suppressions(bench)
    numbers.add([number_of("a")], ADS, CALL)
    (bucket,) = (key for key in bench.store.client.keys("*suppressed:*"))
    bench.store.client.delete(bucket)
    bench.store.client.set(bucket, "another program's")
    assert sent(bench.take(lane=LANE)) == ["b"]
    assert bench.state("a") is State.SCHEDULED
    bench.store.client.delete(bucket)
    numbers.add([number_of("a")], ADS, CALL)
    bench.let_pass(61_000)
    bench.rest("p1.2", lane=LANE)
    assert bench.state("a") is State.CANCELLED


def test_where_nothing_is_suppressed_for_everything_no_order_notice_is_looked_up(bench: Bench) -> None:
    def looked_up(number: int) -> int:
        """How many single fields of hashes one message of its own call reads."""
        submit_order(bench, f"k{number}")
        before = bench.store.client.info("commandstats").get("cmdstat_hget", {"calls": 0})["calls"]
        bench.take(f"p{number}")
        return int(bench.store.client.info("commandstats")["cmdstat_hget"]["calls"]) - int(before)

    numbers = suppressions(bench)
    numbers.add([number_of("x")], ADS, CALL)
    looked_up(0)
    without = looked_up(1)
    numbers.add([number_of("x")], ALL, CALL)
    assert looked_up(2) == without + 1
    numbers.remove([number_of("x")], ALL, origin=CALL)
    assert looked_up(3) == without


def test_a_process_with_another_key_is_refused(bench: Bench) -> None:
    bench.submit(["a"], LANE)
    other = NumberKey("x" * 32)
    message = NewMessage("b", b"{}", receiver_of("01023456789", other))
    (answer,) = Submitter(bench.store, other).add(LANE, [message], stamp="s")
    assert answer.outcome is SubmitOutcome.OTHER_KEY
    assert queries.find(bench.store, "b") == []
    with pytest.raises(UsageError, match="not the one under which account main"):
        Suppressions(bench.store, "main", other).add(["01023456789"], ADS, CALL)
    with pytest.raises(UsageError, match="PLEXSEND_NUMBER_KEY"):
        Suppressions(bench.store, "main", None)


def test_a_process_without_a_key_leaves_the_account_to_those_with_one(bench: Bench) -> None:
    message = NewMessage("b", b"{}", receiver_of("01023456789", None))
    (answer,) = Submitter(bench.store, None).add(LANE, [message], stamp="s")
    assert answer.outcome is SubmitOutcome.OTHER_KEY
    bench.submit(["a"], LANE)
    assert sent(bench.take(lane=LANE)) == ["a"]


def test_entries_say_who_when_and_why_and_come_back_out(bench: Bench) -> None:
    numbers = suppressions(bench)
    person = Suppressor(SuppressionSource.PERSON, "anna", "asked by letter")
    hour_ms = 3_600_000
    assert numbers.add(["01011112222"], ADS, person, since_ms=hour_ms * 500_000 + 5) == [Suppressing.ADDED]
    assert numbers.add(["01011112222"], ADS, CALL) == [Suppressing.KNOWN]
    assert numbers.add(["01011112222"], ALL, CALL, scope="sender 15881234", told=True) == [Suppressing.ADDED]
    ((first, second), none) = numbers.look(["01011112222", "01099998888"])
    assert none == ()
    assert (first.kind, first.scope, first.origin, first.since_ms, first.told) == (
        ADS, "", person, hour_ms * 500_000, False,
    )  # fmt: skip
    assert (second.kind, second.scope, second.origin, second.told) == (ALL, "sender 15881234", CALL, True)
    assert numbers.tell(["01011112222", "01099998888"], ADS, origin=person) == [
        Suppressing.TOLD,
        Suppressing.ABSENT,
    ]
    assert [one.told for one in numbers.look(["01011112222"])[0]] == [True, True]
    assert [len(found) for found in every(bench.store, "main")] == [2]
    assert numbers.remove(["01011112222"], ADS, scope="sender 15881234", origin=person) == [
        Suppressing.ABSENT
    ]
    assert numbers.remove(["01011112222"], ADS, origin=person) == [Suppressing.REMOVED]
    assert numbers.remove(["01011112222"], origin=person) == [Suppressing.REMOVED]
    assert (list(every(bench.store, "main")), counts(bench.store, "main")[ADS]) == ([], 0)


def test_a_pause_of_all_advertisements_is_one_group(bench: Bench) -> None:
    bench.submit(["a"], LANE)
    steer.pause(bench.store, Scope.GROUP, "~ad", account="main", by="anna", why="x")
    assert bench.rest(lane=LANE).reason == "group pause ~ad"


def gap(bench: Bench, days: int) -> None:
    put(bench.store, Where(), {"ad_gap_days": days}, by="anna", reason="r")


def submit_to(bench: Bench, key: str, number: str, lane: Lane = LANE) -> None:
    bench.intake.add(lane, [NewMessage(key, b"{}", receiver_of(number, NUMBER_KEY))], stamp="s")


def test_no_second_advertisement_within_the_days(bench: Bench) -> None:
    submit_to(bench, "first", "01011112222")
    gap(bench, 3)
    submit_to(bench, "second", "01011112222")
    submit_to(bench, "other", "01033334444")
    submit_to(bench, "order", "01011112222", BULK)
    assert sent(bench.take(lane=LANE)) == ["first", "other", "order"]
    assert (bench.state("second"), bench.record("second").code) == (State.CANCELLED, "AD_GAP")
    submit_to(bench, "third", "01011112222")
    bench.rest("p1.2", lane=LANE)
    assert bench.record("third").code == "AD_GAP"
    gap(bench, 0)
    submit_to(bench, "fourth", "01011112222")
    assert sent(bench.take("p1.3", lane=LANE)) == ["fourth"]


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        # Nine in the morning in Korea is midnight of UTC.
        ("2026-11-30T08:50:00+09:00", "2026-11-30T09:10:00+09:00", 0),
        ("2026-11-30T23:59:59+09:00", "2026-12-01T00:00:00+09:00", 1),
        ("2026-11-30T20:40:00+09:00", "2026-12-03T08:00:00+09:00", 3),
    ],
)
def test_days_between_advertisements_are_korean_ones(
    bench: Bench, first: str, second: str, apart: int
) -> None:
    part = SCRIPTS.joinpath("advance", "gap.lua").read_text("utf-8")
    script = f"local HOUR_MS, now = 3600000, tonumber(ARGV[1])\n{part}\nreturn now_day()"

    def day(at: str) -> int:
        return int(bench.store.client.eval(script, 0, int(datetime.fromisoformat(at).timestamp() * 1000)))

    assert day(second) - day(first) == apart


def test_its_own_second_try_is_not_a_second_advertisement(bench: Bench) -> None:
    submit_to(bench, "first", "01011112222")
    gap(bench, 3)
    batch = bench.take(lane=LANE)
    again = bench.take(settlement=verdicts(batch, Outcome.BACK), lane=LANE)
    assert sent(again) == ["first"]


def test_a_refused_advertisement_gives_its_number_free(bench: Bench) -> None:
    submit_to(bench, "first", "01011112222")
    gap(bench, 3)
    batch = bench.take(lane=LANE)
    submit_to(bench, "second", "01011112222")
    after = bench.take(settlement=verdicts(batch, Outcome.REJECTED), lane=LANE)
    assert sent(after) == ["second"]


def test_receipts_say_who_refuses_and_whom_nobody_has(bench: Bench) -> None:
    numbers = suppressions(bench)
    for n in range(3):
        submit_to(bench, f"r{n}", "01011112222", BULK)
        submit_to(bench, f"n{n}", "01033334444", BULK)
    bench.stop(settlement=accepted(bench.take()))

    def receive(key: str, code: str) -> None:
        take_receipts(bench.store, "main", [Receipt(key, code)])

    receive("r0", REFUSED)
    ((refusal,),) = numbers.look(["01011112222"])
    assert (refusal.kind, refusal.origin.source, refusal.told) == (ADS, SuppressionSource.RECEIPT, False)
    # It counts once, since a person may have lifted it; and also where it changes nothing of its message.
    numbers.remove(["01011112222"], ADS, origin=CALL)
    receive("r0", REFUSED)
    assert numbers.look(["01011112222"]) == [()]
    receive("r1", DELIVERED)
    receive("r1", REFUSED)
    assert [one.kind for one in numbers.look(["01011112222"])[0]] == [ADS]
    receive("n0", NOBODY)
    receive("n0", NOBODY)
    assert [one.kind for one in numbers.look(["01033334444"])[0]] == [SuppressionKind.SEEN]
    receive("n1", NOBODY)
    assert [one.kind for one in numbers.look(["01033334444"])[0]] == [SuppressionKind.OFFERED]
    receive("n2", NOBODY)
    assert [one.kind for one in numbers.look(["01033334444"])[0]] == [SuppressionKind.OFFERED]
    assert {str(kind): n for kind, n in counts(bench.store, "main").items()} == {
        "ads": 1, "all": 0, "seen": 0, "offered": 1,
    }  # fmt: skip
    assert list(bench.store.client.hvals(bench.store.keys.unanswered("main"))) == [b"1"]


@pytest.mark.parametrize(("wanted", "kinds"), [("all", ["all"]), ("nothing", [])])
def test_what_receipts_do_is_a_policy(bench: Bench, wanted: str, kinds: list[str]) -> None:
    for n in range(3):
        submit_to(bench, f"n{n}", "01033334444", BULK)
    values = {"no_such_number": wanted, "refused_by_receipt": "nothing"}
    put(bench.store, Where(), values, by="anna", reason="r")
    bench.stop(settlement=accepted(bench.take()))
    receipts = [Receipt("n0", NOBODY), Receipt("n1", NOBODY), Receipt("n2", REFUSED)]
    take_receipts(bench.store, "main", receipts)
    assert [str(one.kind) for one in suppressions(bench).look(["01033334444"])[0]] == kinds
    submit_to(bench, "order", "01033334444", BULK)
    if kinds:
        bench.rest("p1.2")
        assert bench.state("order") is State.CANCELLED
    else:
        assert sent(bench.take("p1.2")) == ["order"]


@pytest.mark.parametrize(("days", "kind"), [(80, SuppressionKind.OFFERED), (100, SuppressionKind.SEEN)])
def test_a_receipt_from_long_ago_says_nothing_of_a_number_any_more(
    bench: Bench, days: int, kind: SuppressionKind
) -> None:
    numbers = suppressions(bench)
    long_ago_ms = queries.server_ms(bench.store) - days * DAY_MS
    numbers.add(["01033334444"], SuppressionKind.SEEN, CALL, since_ms=long_ago_ms, told=True)
    for key in ("n0", "n1"):
        submit_to(bench, key, "01033334444", BULK)
    bench.stop(settlement=accepted(bench.take()))
    take_receipts(bench.store, "main", [Receipt("n0", NOBODY)])
    assert [one.kind for one in numbers.look(["01033334444"])[0]] == [kind]
    take_receipts(bench.store, "main", [Receipt("n1", NOBODY)])
    assert [one.kind for one in numbers.look(["01033334444"])[0]] == [SuppressionKind.OFFERED]
    assert counts(bench.store, "main")[SuppressionKind.OFFERED] == 1


def test_a_scope_beyond_the_last_covers_everything_and_says_nothing_false(bench: Bench) -> None:
    numbers = suppressions(bench)
    for n in range(300):
        numbers.add([f"0102000{n:04}"], ADS, CALL, scope=f"sender 1588{n:04}")
    assert [one.scope for one in numbers.look(["01020000000"])[0]] == ["sender 15880000"]
    assert [one.scope for one in numbers.look(["01020000299"])[0]] == ["unknown"]
    numbers.add([number_of("a")], ADS, CALL, scope="sender 15889999")
    bench.submit(["a"], LANE, body=b'{"sender_number":"15889999","msg":"x"}')
    bench.rest(lane=LANE)
    assert bench.state("a") is State.CANCELLED
    # The table has its end, whatever is posted.
    assert bench.store.client.hlen(bench.store.keys.suppressed("main")) < 2 * 256 + 20
    assert numbers.remove(["01020000299"], ADS, scope="sender 15880299", origin=CALL) == [Suppressing.REMOVED]
    assert numbers.remove(["01020000001"], ADS, scope="sender 15880299", origin=CALL) == [Suppressing.ABSENT]
