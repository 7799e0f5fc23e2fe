"""Mutations of the scripts that run in Redis."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

_SCRIPTS = "plexsend/outbox/scripts"
_ADVANCE = f"{_SCRIPTS}/advance.lua"
_BATCH = f"{_SCRIPTS}/advance/batch.lua"
_CHOOSE = f"{_SCRIPTS}/advance/choose.lua"
_COUNTS = f"{_SCRIPTS}/_counts.lua"
_ENDING = f"{_SCRIPTS}/_ending.lua"
_HEALING = f"{_SCRIPTS}/healing.lua"
_LATE = f"{_SCRIPTS}/advance/late.lua"
_PERMITS = f"{_SCRIPTS}/advance/permits.lua"
_RATE = f"{_SCRIPTS}/_rate.lua"
_SETTLE = f"{_SCRIPTS}/advance/settle.lua"
_SUBMIT = f"{_SCRIPTS}/submit.lua"
_TAKE = f"{_SCRIPTS}/advance/take.lua"
_VERDICTS = f"{_SCRIPTS}/advance/verdicts.lua"
_OUTBOX = "tests/integration/outbox"
_DISAGREEING = "tests/integration/worker/test_disagreeing.py"
_OF_SETTLE = f"{_OUTBOX}/test_settle.py"
_OF_REWOUND = f"{_OUTBOX}/test_rewound.py"

IN_SCRIPTS = (
    Mutation(
        "announcement-skipped",
        1,
        "a lane's name is not listed before its first message",
        _SUBMIT,
        "if not announced and ",
        "if announced == nil and ",
        (f"{_OUTBOX}/test_submit.py::test_lane_forgotten_by_the_server_is_announced_again",),
    ),
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
        "if has(flags, MAY_HAVE_BEEN_SENT) then\n    note(key, 'park', '', 'expired",
        "if false then\n    note(key, 'park', '', 'expired",
        (f"{_OUTBOX}/test_take.py::test_expired_message_that_may_have_been_sent_is_parked",),
    ),
    Mutation(
        "counts-not-written",
        2,
        "counts go up and never down",
        _COUNTS,
        "local sum = n ~= 0 and ",
        "local sum = n > 0 and ",
        (f"{_OUTBOX}/reading/test_audit.py::test_sound_books_add_up",),
    ),
    Mutation(
        "archived-not-counted",
        2,
        "a record that ages out is counted nowhere",
        _COUNTS,
        "count(lane, 'a:' .. from, n)",
        "count(lane, 'a:' .. from, 0)",
        (f"{_OUTBOX}/test_retention.py::test_ended_records_age_out_and_stay_counted",),
    ),
    Mutation(
        "ended-lane-not-counted",
        2,
        "what a lane with a group counted goes with it",
        _ENDING,
        "if fields[i + 1] ~= '0' and",
        "if false and",
        (f"{_OUTBOX}/test_month.py::test_thirty_days_of_groups_leave_nothing_behind",),
    ),
    Mutation(
        "lost-wake-not-found",
        1,
        "a lane with messages and without a wake is never looked at again",
        _HEALING,
        "if lacking then\n    wake_by(lane, now)",
        "if false then\n    wake_by(lane, now)",
        (f"{_OUTBOX}/test_walk.py::test_lane_with_messages_but_no_wake_gets_one",),
    ),
    Mutation(
        "lost-message-not-put-back",
        1,
        "a message that is in no set of its lane stays so",
        _HEALING,
        "if not at then return place_for(state, position, asked) end",
        "if not at then return nil end",
        (f"{_OUTBOX}/test_walk.py::test_message_that_is_in_no_set_is_put_where_its_state_says",),
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
        "last and sequence <= (tonumber(string.match(last, '^(%d+)')) or 0) then",
        "last and sequence < tonumber(string.match(last, '^(%d+)')) then",
        (f"{_OUTBOX}/test_lost_calls.py::test_same_ticket_again_gets_the_same_batch_word_for_word",),
    ),
    Mutation(
        "reclaimed-as-unsent",
        3,
        "what a dead drain had counts as never sent",
        _VERDICTS,
        "    flags = with(flags, MAY_HAVE_BEEN_SENT)\n    local m = ",
        "    if mode ~= 'settle' then flags = with(flags, MAY_HAVE_BEEN_SENT) end\n    local m = ",
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
        "restore-seen-as-moments",
        3,
        "a sweep after a restore counts as a time that Redis remembers",
        f"{_SCRIPTS}/_rewound.lua",
        "last = earlier < seen_ms and earlier or 0",
        "last = earlier < seen_ms and last or 0",
        (f"{_OF_REWOUND}::test_a_sweep_after_the_restore_does_not_hide_how_old_the_copy_is",),
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
        "known-key-added-again",
        3,
        "a key that has ended or is under way is added anew",
        _SUBMIT,
        "if known[1] then",
        "if known[1] == 'waiting' then",
        (f"{_OUTBOX}/test_submit.py::test_same_message_again_is_a_duplicate_that_tells_its_state",),
    ),
    Mutation(
        "park-in-force-ignored",
        3,
        "a retry is not parked where park is in force",
        f"{_SCRIPTS}/_policy.lua",
        "return policy('on_uncertain', service) == 'park'",
        "return false",
        (f"{_DISAGREEING}::test_retry_of_a_judge_that_knows_an_older_policy_is_parked",),
    ),
    Mutation(
        "older-policies-copied",
        4,
        "a copy made from an older state of the policies replaces a newer one",
        f"{_SCRIPTS}/policy.lua",
        "if held > epoch then return { 'older' } end",
        "if false then return { 'older' } end",
        (f"{_OUTBOX}/policies/test_state.py::test_older_state_never_replaces_a_newer_one",),
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
        "tolerance-doubled",
        4,
        "the rate tolerates four batches",
        _RATE,
        "local tolerance = 2 * most_items * each",
        "local tolerance = 4 * most_items * each",
        (f"{_OUTBOX}/test_rate.py::test_no_second_grants_more_than_the_rate_and_two_batches",),
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
