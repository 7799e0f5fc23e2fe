"""Groups: closed, opened, cancelled and given another time as a whole."""

from __future__ import annotations

from itertools import pairwise

import pytest

from plexsend.errors import Closing, GroupClosed
from plexsend.outbox import groups, steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.constants import MOST_OF_GROUP
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import groups as reading
from plexsend.outbox.reading import queries
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act, Decision
from plexsend.settings import Policy
from tests.integration.outbox.bench import Bench, accepted, keys_of, verdicts

SPRING = Lane("mms-bulk", None, "main", "spring")
OTHER_SERVICE = Lane("mms-standard", None, "main", "spring")
AUTUMN = Lane("mms-bulk", None, "main", "autumn")
HOUR_MS = 3_600_000


def cancel(bench: Bench, group: str = "spring") -> groups.GroupCancelled:
    return groups.cancel(bench.store, "main", group, by="anna", why="wrong price")


def now(bench: Bench) -> int:
    return queries.server_ms(bench.store)


def states(bench: Bench, group: str = "spring") -> dict[str, int]:
    """How many messages of a group are in each state, without zeros."""
    found: dict[str, int] = {}
    for view in reading.groups(bench.store):
        if view.group == group:
            for state, count in view.states.items():
                found[state] = found.get(state, 0) + count
    return {str(state): count for state, count in found.items() if count}


# Closing


def test_a_closed_group_takes_nothing_in_and_says_who_closed_it(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    cancel(bench)
    with pytest.raises(
        GroupClosed, match=r"spring .* anna .*wrong price.*plexsend resume group:spring"
    ) as caught:
        bench.submit(["b"], SPRING)
    closing = caught.value.closing
    assert closing == Closing("spring", "main", closing.since_ms, "anna", "wrong price")
    assert 0 <= now(bench) - closing.since_ms < 60_000
    assert queries.find(bench.store, "b") == []
    # In every service, and with no other group.
    with pytest.raises(GroupClosed):
        bench.submit(["c"], OTHER_SERVICE)
    assert bench.submit(["d"], AUTUMN) == bench.submit(["e"]) != []


def test_a_group_can_be_closed_before_it_has_a_message(bench: Bench) -> None:
    assert cancel(bench) == groups.GroupCancelled("spring", "main", 0, 0, (), known=False)
    assert cancel(bench).known
    with pytest.raises(GroupClosed):
        bench.submit(["a"], SPRING)
    assert reading.accounts_of(bench.store, "spring") == ["main"]


def test_the_first_to_close_a_group_is_the_one_that_is_named(bench: Bench) -> None:
    cancel(bench)
    closing = groups.close(bench.store, "main", "spring", by="kim", why="again")
    assert (closing.by, closing.why) == ("anna", "wrong price")


def test_resume_opens_a_group_and_ends_its_pause(bench: Bench) -> None:
    steer.pause(bench.store, Scope.GROUP, "spring", account="main", by="kim", why="x")
    cancel(bench)
    ended = steer.resume(bench.store, Scope.GROUP, "spring", account="main")
    assert ended == ["group closed spring", "group pause spring"]
    bench.submit(["a"], SPRING)
    assert bench.drain_all(SPRING) == [["a"]]
    assert steer.resume(bench.store, Scope.GROUP, "spring", account="main") == []


# Pausing


def test_a_pause_of_a_group_holds_lanes_that_do_not_exist_yet_and_no_others(bench: Bench) -> None:
    steer.pause(bench.store, Scope.GROUP, "spring", account="main", by="kim", why="x")
    bench.submit(["a"], SPRING)
    bench.submit(["b"], AUTUMN)
    bench.submit(["c"])
    assert bench.rest(lane=SPRING).reason == "group pause spring"
    # What its lane does not fill comes from another that is not held.
    assert bench.drain_all(AUTUMN, "p1.2") == [["b", "c"]]


# Cancelling


def test_cancel_ends_what_waits_marks_what_is_sent_and_parks_what_may_have_been(bench: Bench) -> None:
    bench.submit(["unsure"], SPRING)
    bench.stop(settlement=verdicts(bench.take(lane=SPRING), Outcome.RETRY, delay_ms=HOUR_MS), lane=SPRING)
    bench.submit(["sent", "back"], SPRING)
    batch = bench.take("p1.2", lane=SPRING)
    bench.submit(["waiting"], SPRING)
    bench.submit(["scheduled"], OTHER_SERVICE, send_at_ms=now(bench) + HOUR_MS)
    bench.submit(["other"], AUTUMN)
    done = cancel(bench)
    assert done == groups.GroupCancelled("spring", "main", cancelled=2, wanted=2, parked=("unsure",))
    assert states(bench) == {"cancelled": 2, "uncertain": 1, "sending": 2}
    assert [line.event for line in bench.record("waiting").history] == ["cancel"]
    bench.stop("p1.2", verdicts(batch, Outcome.ACCEPTED, of={"back": Outcome.BACK}), SPRING)
    assert states(bench) == {"cancelled": 3, "uncertain": 1, "accepted": 1}
    assert bench.state("other") == State.WAITING
    assert cancel(bench) == groups.GroupCancelled("spring", "main", 0, 0, ())


def test_cancel_goes_through_any_number_of_messages_a_hundred_a_call(bench: Bench) -> None:
    count = 3 * MOST_OF_GROUP + 7
    bench.submit(keys_of(count), SPRING)
    bench.submit(keys_of(count, "s"), SPRING, send_at_ms=now(bench) + HOUR_MS)
    told: list[tuple[int, int]] = []
    done = groups.cancel(
        bench.store, "main", "spring", by="a", why="", report=lambda n, of: told.append((n, of))
    )
    assert done.cancelled == 2 * count
    assert states(bench) == {"cancelled": 2 * count}
    assert max(b - a for (a, _), (b, _) in pairwise(told)) <= MOST_OF_GROUP
    assert told[-1] == (2 * count, 2 * count)


def test_a_cancel_that_was_interrupted_goes_on_when_it_is_repeated(bench: Bench) -> None:
    bench.submit(keys_of(5 * MOST_OF_GROUP), SPRING)

    def interrupt(done: int, _: int) -> None:
        if done >= 2 * MOST_OF_GROUP:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        groups.cancel(bench.store, "main", "spring", by="a", why="", report=interrupt)
    assert states(bench) == {"cancelled": 2 * MOST_OF_GROUP, "waiting": 3 * MOST_OF_GROUP}
    assert cancel(bench).cancelled == 3 * MOST_OF_GROUP
    assert states(bench) == {"cancelled": 5 * MOST_OF_GROUP}


@pytest.mark.parametrize("at_once", [False, True])
def test_cancel_marks_all_that_is_being_sent_also_above_a_call(bench: Bench, *, at_once: bool) -> None:
    """`at_once`: all count as abandoned in the same ms, as after a clock was set back."""
    count = 2 * MOST_OF_GROUP + 50
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=100)
    bench.submit(keys_of(count), SPRING)
    for drain in range(count // 10):
        # Each by a drain of its own, so nothing of it is settled.
        bench.take(f"p1.{drain}", lane=SPRING)
    if at_once:
        sending = bench.store.keys.lane("main", SPRING.name, "sending")
        bench.store.client.zadd(sending, dict.fromkeys(bench.members("sending", SPRING), now(bench) + 1_000))
    done = cancel(bench)
    assert (done.cancelled, done.wanted) == (0, count)


def test_what_is_taken_again_behind_the_place_that_is_looked_at_is_marked_too(bench: Bench) -> None:
    count = 2 * MOST_OF_GROUP
    bench.submit(keys_of(count), SPRING)
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=100)
    batches = [bench.take(f"p1.{drain}", lane=SPRING) for drain in range(count // 10)]
    told: list[int] = []

    def take_again(done: int, _: int) -> None:
        told.append(done)
        if len(told) == 1:
            last = len(batches) - 1
            bench.stop(f"p1.{last}", verdicts(batches[-1], Outcome.BACK), SPRING)
            # It counts as abandoned sooner than all that were taken before.
            bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=100, reclaim_s=20)
            bench.take("p2.1", lane=SPRING)

    done = groups.cancel(bench.store, "main", "spring", by="a", why="", report=take_again)
    assert (done.cancelled, done.wanted) == (0, count)


@pytest.mark.parametrize(("act", "outcome"), [(Act.REQUEUE, Outcome.REJECTED), (Act.RESEND, Outcome.PARK)])
def test_nothing_of_a_closed_group_is_sent_again_before_it_is_open(
    bench: Bench, act: Act, outcome: Outcome
) -> None:
    bench.submit(["a"], SPRING)
    bench.stop(settlement=verdicts(bench.take(lane=SPRING), outcome), lane=SPRING)
    state = bench.state("a")
    cancel(bench)
    assert steer.ask(bench.store, "main", "a", act) == Decision("closed", state)
    assert not steer.ask(bench.store, "main", "a", act).done
    groups.open_(bench.store, "main", "spring")
    assert steer.ask(bench.store, "main", "a", act).done
    assert bench.drain_all(SPRING, "p1.2") == [["a"]]


def test_what_is_parked_in_a_closed_group_is_settled_without_sending_it(bench: Bench) -> None:
    bench.submit(["a", "b"], SPRING)
    bench.stop(settlement=verdicts(bench.take(lane=SPRING), Outcome.PARK), lane=SPRING)
    cancel(bench)
    assert steer.ask(bench.store, "main", "a", Act.ACCEPTED).outcome == "settled"
    assert steer.ask(bench.store, "main", "b", Act.FAILED).outcome == "settled"


# Another time


def test_a_message_gets_a_later_time_and_the_place_of_that_time(bench: Bench) -> None:
    bench.submit(["late", "first"])
    before = bench.record("late")
    at_ms = now(bench) + HOUR_MS
    assert steer.reschedule(bench.store, "main", "late", at_ms) == Decision("rescheduled", State.SCHEDULED)
    record = bench.record("late")
    assert (record.send_at_ms, record.position) == (at_ms, None)
    assert record.submitted_ms == before.submitted_ms
    assert bench.drain_all() == [["first"]]
    bench.submit(["newer"])
    bench.let_pass(HOUR_MS + 1_000, records=False)
    # It is due now, and was not ready before: those that were go first.
    assert bench.drain_all(drain="p1.2") == [["newer", "late"]]


def test_a_scheduled_message_goes_at_once_where_the_time_has_passed(bench: Bench) -> None:
    bench.submit(["a"], send_at_ms=now(bench) + HOUR_MS)
    assert steer.reschedule(bench.store, "main", "a", 0) == Decision("rescheduled", State.WAITING)
    assert len(bench.bells()) == 1
    assert bench.drain_all() == [["a"]]


def test_what_waits_already_is_kept_where_the_time_has_passed(bench: Bench) -> None:
    bench.submit(["a"])
    assert steer.reschedule(bench.store, "main", "a", 0) == Decision("kept", State.WAITING)
    assert bench.events("a") == []


def test_what_may_have_been_sent_or_would_expire_keeps_its_time(bench: Bench) -> None:
    at_ms = now(bench) + HOUR_MS
    bench.submit(["unsure"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.RETRY, delay_ms=1_000))
    bench.submit(["short"], expires_at_ms=at_ms)
    bench.submit(["long"], expires_at_ms=at_ms + 1)
    outcomes = {key: steer.reschedule(bench.store, "main", key, at_ms) for key in ("unsure", "short", "long")}
    assert outcomes == {
        "unsure": Decision("may_have_been_sent", State.SCHEDULED),
        "short": Decision("expires", State.WAITING),
        "long": Decision("rescheduled", State.SCHEDULED),
    }
    assert [outcome.done for outcome in outcomes.values()] == [False, False, True]


def test_only_what_waits_or_is_scheduled_gets_another_time(bench: Bench) -> None:
    bench.submit(["a"])
    batch = bench.take()
    assert steer.reschedule(bench.store, "main", "a", 0) == Decision("refused", State.SENDING)
    bench.stop(settlement=accepted(batch))
    assert steer.reschedule(bench.store, "main", "a", 0) == Decision("refused", State.ACCEPTED)
    assert steer.reschedule(bench.store, "main", "nobody", 0) == Decision("unknown", "")


@pytest.mark.parametrize("later", [1, 3])
def test_a_whole_group_gets_another_time_and_names_what_keeps_its_own(bench: Bench, later: int) -> None:
    hour = now(bench) + HOUR_MS
    count = 2 * MOST_OF_GROUP + 7
    bench.submit(["unsure"], SPRING)
    bench.stop(settlement=verdicts(bench.take(lane=SPRING), Outcome.RETRY, delay_ms=1_000), lane=SPRING)
    bench.submit(keys_of(count, "w"), SPRING)
    bench.submit(keys_of(count, "s"), SPRING, send_at_ms=hour + HOUR_MS)
    bench.submit(keys_of(count, "e"), OTHER_SERVICE, send_at_ms=hour, expires_at_ms=hour + 1)
    bench.submit(["other"], AUTUMN)
    at_ms = hour + later * HOUR_MS // 2
    done = groups.reschedule(bench.store, "main", "spring", at_ms)
    assert (done.rescheduled, done.at_ms) == (2 * count, at_ms)
    assert done.left == {"unsure": "may_have_been_sent", **dict.fromkeys(keys_of(count, "e"), "expires")}
    assert {bench.record(key).send_at_ms for key in (*keys_of(count, "w"), *keys_of(count, "s"))} == {at_ms}
    assert bench.state("other") == State.WAITING
    assert groups.reschedule(bench.store, "main", "spring", at_ms).rescheduled == 0


def test_a_whole_group_goes_at_once_in_the_order_in_which_it_was_scheduled(bench: Bench) -> None:
    bench.submit(["second"], SPRING, send_at_ms=now(bench) + 2 * HOUR_MS)
    bench.submit(["first"], SPRING, send_at_ms=now(bench) + HOUR_MS)
    done = groups.reschedule(bench.store, "main", "spring", 0)
    assert (done.rescheduled, done.at_ms, done.left) == (2, None, {})
    assert bench.drain_all(SPRING) == [["first", "second"]]


def test_what_leaves_meanwhile_hides_nothing_from_a_reschedule(bench: Bench) -> None:
    hour = now(bench) + HOUR_MS
    short = keys_of(MOST_OF_GROUP, "e")
    bench.submit(short, SPRING, send_at_ms=hour, expires_at_ms=hour + 1)
    bench.submit(keys_of(3 * MOST_OF_GROUP), SPRING, send_at_ms=hour + 1)
    left: list[str] = []

    def cancel_short(done: int, _: int) -> None:
        # Once they were looked at: what comes behind them is then nearer to the front.
        for key in short if done and not left else ():
            left.append(key)
            steer.ask(bench.store, "main", key, Act.CANCEL)

    done = groups.reschedule(bench.store, "main", "spring", hour + HOUR_MS, report=cancel_short)
    assert (len(left), done.rescheduled) == (MOST_OF_GROUP, 3 * MOST_OF_GROUP)


# Counting


def test_a_group_counts_over_its_routes_and_also_what_was_archived(bench: Bench) -> None:
    bench.submit(keys_of(3), SPRING)
    bench.drain_all(SPRING)
    bench.submit(["dead"], Lane("mms-bulk", "RMM", "main", "spring"))
    bench.let_pass(10_000, steadily=False)
    # The lane lives on: what an ended lane counted is its route's.
    bench.submit(["w"], SPRING)
    bench.sweep(keep_ms=9_000)
    assert queries.find(bench.store, "k00000") == []
    (view,) = reading.groups(bench.store)
    assert (view.group, view.service, view.account, view.unsent) == ("spring", "mms-bulk", "main", 2)
    assert states(bench) == {"accepted": 3, "waiting": 2}


def test_groups_are_listed_with_what_keeps_them_also_without_a_lane(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    bench.submit(["b"])
    steer.pause(bench.store, Scope.GROUP, "summer", account="main", by="kim", why="x")
    cancel(bench, "winter")
    found = {view.group: view for view in reading.groups(bench.store)}
    assert sorted(found) == ["spring", "summer", "winter"]
    assert [hold.field for hold in found["summer"].holds] == ["group pause summer"]
    closing = found["winter"].closing
    assert closing is not None
    assert closing.by == "anna"
    assert (found["winter"].service, found["winter"].unsent) == ("", 0)
    assert (found["spring"].holds, found["spring"].closing) == ((), None)


def test_an_account_that_knows_a_group_is_found_and_two_are_never_guessed(bench: Bench) -> None:
    assert reading.group_account(bench.store, "spring") == "main"
    bench.submit(["a"], Lane("mms-bulk", None, "others", "spring"))
    assert reading.group_account(bench.store, "spring") == "others"


def test_the_same_key_in_another_group_is_another_message(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    assert [answer.outcome for answer in bench.submit(["a"], AUTUMN)] == ["conflict"]
    assert [answer.outcome for answer in bench.submit(["a"])] == ["conflict"]
    assert [answer.outcome for answer in bench.submit(["a"], SPRING)] == ["duplicate"]


def test_one_message_of_a_group_is_cancelled_by_its_key(bench: Bench) -> None:
    bench.submit(["a", "b"], SPRING)
    assert steer.ask(bench.store, "main", "a", Act.CANCEL).outcome == "cancelled"
    assert states(bench) == {"cancelled": 1, "waiting": 1}
