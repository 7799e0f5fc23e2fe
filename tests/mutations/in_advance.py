"""Mutations of the script that settles and takes."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

_SCRIPTS = "plexsend/outbox/scripts"
_ADVANCE = f"{_SCRIPTS}/advance.lua"
_BATCH = f"{_SCRIPTS}/advance/batch.lua"
_CHOOSE = f"{_SCRIPTS}/advance/choose.lua"
_LATE = f"{_SCRIPTS}/advance/late.lua"
_PERMITS = f"{_SCRIPTS}/advance/permits.lua"
_SETTLE = f"{_SCRIPTS}/advance/settle.lua"
_TAKE = f"{_SCRIPTS}/advance/take.lua"
_VERDICTS = f"{_SCRIPTS}/advance/verdicts.lua"
_OUTBOX = "tests/integration/outbox"
_OF_SETTLE = f"{_OUTBOX}/test_settle.py"
_REWOUND = f"{_SCRIPTS}/_rewound.lua"
_OF_REWOUND = f"{_OUTBOX}/test_rewound.py"
_OF_REWOUND = f"{_OUTBOX}/test_rewound.py"

IN_ADVANCE = (
    Mutation(
        "wake-forgotten",
        1,
        "lanes that a hold kept are not woken when it ends",
        _ADVANCE,
        "if holds_ended then wake_all() end",
        "if false then wake_all() end",
        (f"{_OUTBOX}/test_holds.py::test_end_of_a_hold_wakes_every_lane_it_kept",),
    ),
    Mutation(
        "body-lost",
        1,
        "the body is deleted when the message is taken, not when it is accepted",
        _BATCH,
        "    call('ZREM', lane_key(from, 'ready'), unpack(keys))",
        "    for _, key in ipairs(keys) do call('DEL', P .. 'b:' .. key) end\n"
        "    call('ZREM', lane_key(from, 'ready'), unpack(keys))",
        (f"{_OUTBOX}/test_take.py::test_message_that_comes_back_keeps_its_place_in_front",),
    ),
    Mutation(
        "late-acceptance-ignored",
        1,
        "an acceptance that comes after the reclaim is only noted",
        _LATE,
        "elseif target('accept_late', record.s) then",
        "elseif false then",
        (f"{_OF_SETTLE}::test_late_acceptance_settles_what_is_ready_later_or_parked",),
    ),
    Mutation(
        "sent-expires",
        1,
        "what may have been sent ends as expired",
        _CHOOSE,
        "local function expire(lane, key, flags)\n  if has(flags, MAY_HAVE_BEEN_SENT) then",
        "local function expire(lane, key, flags)\n  if not flags then",
        (f"{_OUTBOX}/test_take.py::test_expired_message_that_may_have_been_sent_is_parked",),
    ),
    Mutation(
        "token-fencing-dropped",
        3,
        "a verdict on an earlier take settles a message that a later one has",
        _SETTLE,
        "elseif record.k ~= verdict.token then",
        "elseif record.s ~= 'sending' then",
        (
            f"{_OUTBOX}/test_earlier_takes.py::test_verdict_on_an_earlier_take_leaves_the_message_to_the_later",
        ),
    ),
    Mutation(
        "accepted-without-token",
        3,
        "an acceptance is written down whatever its token",
        _SETTLE,
        "elseif record.k ~= verdict.token then",
        "elseif record.k ~= verdict.token and not (accepted and record.s == 'sending') then",
        (f"{_OF_SETTLE}::test_late_acceptance_of_a_message_under_way_again_waits_for_the_second_answer",),
    ),
    Mutation(
        "repeated-advance-takes",
        3,
        "a call whose reply was lost takes another batch when it is repeated",
        _ADVANCE,
        "last and sequence <= (tonumber(",
        "last and sequence < (tonumber(",
        (f"{_OUTBOX}/test_lost_calls.py::test_same_ticket_again_gets_the_same_batch_word_for_word",),
    ),
    Mutation(
        "reclaimed-as-unsent",
        3,
        "what a dead drain had counts as never sent",
        _VERDICTS,
        "if is_uncertain then flags = with(flags, MAY_HAVE_BEEN_SENT) end",
        "if is_uncertain and mode ~= 'settle' then flags = with(flags, MAY_HAVE_BEEN_SENT) end",
        (f"{_OUTBOX}/test_earlier_takes.py::test_message_whose_drain_died_may_have_been_sent",),
    ),
    Mutation(
        "rewound-not-seen",
        3,
        "a process takes from a Redis that forgot what the process took before",
        _TAKE,
        "  if rewound then return rewound end\n",
        "",
        (f"{_OF_REWOUND}::test_a_process_that_took_before_takes_nothing_from_an_old_copy",),
    ),
    Mutation(
        "rejected-though-perhaps-sent",
        3,
        "a message ends as rejected though the news came that it may have been sent",
        _VERDICTS,
        "if is_refused and (has(flags, MAY_HAVE_BEEN_SENT) or mode == 'settle') then",
        "if outcome == 'failed' and (has(flags, MAY_HAVE_BEEN_SENT) or mode == 'settle') then",
        (
            f"{_OUTBOX}/test_late_words.py::test_news_that_it_may_have_been_sent_counts_for_the_answer_under_way",
        ),
    ),
    Mutation(
        "forgotten-take-ignored",
        3,
        "a verdict `uncertain` is only noted where Redis forgot the take",
        _LATE,
        "elseif is_uncertain and not has(record.f, MAY_HAVE_BEEN_SENT) and target(",
        "elseif false and target(",
        (
            f"{_OUTBOX}/test_late_words.py::test_uncertain_verdict_of_a_take_that_redis_forgot_marks_the_message",
        ),
    ),
    Mutation(
        "rate-not-charged",
        4,
        "what is taken costs no permit",
        _PERMITS,
        "charge(state, #chosen)",
        "charge(state, 0)",
        (f"{_OUTBOX}/test_rate.py::test_no_second_grants_more_than_the_rate_and_two_batches",),
    ),
    Mutation(
        "permits-given-back-twice",
        4,
        "a late settlement that is repeated gives its permits back once more",
        _SETTLE,
        "if repeated or record.s and found[5] == verdict.token then return end",
        "if repeated then return end",
        (f"{_OUTBOX}/test_lost_calls.py::test_late_settlement_that_is_repeated_gives_permits_back_once",),
    ),
    Mutation(
        "eleven-in-a-batch",
        5,
        "a batch takes one message too many",
        _CHOOSE,
        "if #chosen == most then return chosen end",
        "if #chosen > most then return chosen end",
        (f"{_OUTBOX}/test_take.py::test_backlog_goes_in_full_batches_in_order",),
    ),
    Mutation(
        "batch-not-filled",
        5,
        "the drain does not wait for more, though the linger is not over",
        _TAKE,
        "if #chosen < most and not goes_alone then",
        "if false then",
        (f"{_OUTBOX}/test_take.py::test_fewer_than_ten_wait_for_the_linger_of_the_oldest",),
    ),
    Mutation(
        "body-kept",
        8,
        "an accepted message keeps its body",
        _SETTLE,
        "    call('DEL', unpack(of_lane.bodies))\n",
        "",
        (f"{_OF_SETTLE}::test_each_message_gets_its_own_verdict",),
    ),
)
"""In the order of their promises."""
