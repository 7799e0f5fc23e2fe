"""Mutations of the scripts that run in Redis, without what settles and takes."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

_SCRIPTS = "plexsend/outbox/scripts"
_COUNTS = f"{_SCRIPTS}/_counts.lua"
_ENDING = f"{_SCRIPTS}/_ending.lua"
_HEALING = f"{_SCRIPTS}/healing.lua"
_RATE = f"{_SCRIPTS}/_rate.lua"
_SUBMIT = f"{_SCRIPTS}/submit.lua"
_OUTBOX = "tests/integration/outbox"
_DISAGREEING = "tests/integration/worker/test_disagreeing.py"
_REWOUND = f"{_SCRIPTS}/_rewound.lua"
_OF_REWOUND = f"{_OUTBOX}/test_rewound.py"
_OF_SPOILT = f"{_OUTBOX}/test_spoilt_keys.py"
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
        f"{_SCRIPTS}/heal/records.lua",
        "if not at then return place_for(key, state, position, asked) end",
        "if not at then return nil end",
        (f"{_OUTBOX}/test_walk.py::test_message_that_is_in_no_set_is_put_where_its_state_says",),
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
        "rewound-not-held",
        3,
        "where Redis forgot more than 30 s it is warned of, and sending goes on",
        _REWOUND,
        "if not is_held and seen_ms - from < REWOUND_MS then",
        "if not is_held then",
        (f"{_OF_REWOUND}::test_half_a_minute_decides",),
    ),
    Mutation(
        "forgotten-verdicts-not-counted",
        3,
        "what was under way when Redis forgot is in no warning",
        _REWOUND,
        "return 'warned', from, to, all_under_way",
        "return 'warned', from, to, 0",
        (f"{_OF_REWOUND}::test_what_was_under_way_is_counted_too_and_once",),
    ),
    Mutation(
        "resent-without-the-flag",
        3,
        "what a person has sent again after a restore counts as never sent",
        f"{_SCRIPTS}/rewound/lane.lua",
        "    call('HSET', m, 'f', with(flags, MAY_HAVE_BEEN_SENT))\n  end",
        "  end",
        (f"{_OF_REWOUND}::test_as_resend_sends_them_again_as_what_may_have_been_sent",),
    ),
    Mutation(
        "changed-row-sent",
        3,
        "a row that was changed since its list was imported is sent again",
        f"{_SCRIPTS}/imports.lua",
        "if is_other and not sends_changed then",
        "if false then",
        (f"{_OUTBOX}/test_imports.py::test_row_is_new_then_known_and_changed_for_the_next_run",),
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
        "what waits to be sent again goes, though park is in force",
        f"{_SCRIPTS}/advance/choose.lua",
        "if found == 'park' then",
        "if false then",
        (f"{_DISAGREEING}::test_what_waits_to_be_sent_again_is_parked_once_park_is_in_force",),
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
        "tolerance-doubled",
        4,
        "the rate tolerates four batches",
        _RATE,
        "local tolerance = 2 * most_items * each",
        "local tolerance = 4 * most_items * each",
        (f"{_OUTBOX}/test_rate.py::test_no_second_grants_more_than_the_rate_and_two_batches",),
    ),
    Mutation(
        "spoilt-record-loses-neighbours",
        6,
        "another program's value in place of one record loses its neighbours in a submit",
        _SUBMIT,
        "  if known.err then\n",
        "  if known.err then\n    break\n  elseif known.err then\n",
        (f"{_OF_SPOILT}::test_spoilt_message_of_a_submit_spoils_no_other",),
    ),
    Mutation(
        "spoilt-history-stops-a-batch",
        6,
        "another program's value in place of one history fails its neighbours' verdicts",
        f"{_SCRIPTS}/_record.lua",
        "redis.pcall('RPUSH', P .. 'h:' .. key, entry)",
        "call('RPUSH', P .. 'h:' .. key, entry)",
        (f"{_OF_SPOILT}::test_spoilt_message_of_a_batch_spoils_no_other",),
    ),
)
"""In the order of their promises."""
