"""Mutations of fallbacks: sent once where their message reaches nobody, or never."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

_SCRIPTS = "plexsend/outbox/scripts"
_FALLBACK = f"{_SCRIPTS}/_fallback.lua"
_TESTS = "tests/integration/outbox/test_fallback.py"
_REWOUND = "tests/integration/outbox/test_rewound.py"

IN_FALLBACKS = (
    Mutation(
        "fallback-forgotten-by-keep-days",
        1,
        "a record goes by keep_days before its fallback is due",
        f"{_SCRIPTS}/sweep/retention.lua",
        "w = found[5] or nil }) then return false, true end",
        "w = found[5] or nil }) and false then return false, true end",
        (f"{_TESTS}::test_retention_leaves_a_message_until_its_fallback_is_due",),
    ),
    Mutation(
        "fallback-not-decided-later",
        1,
        "a fallback that could not be written at once is never sent",
        _FALLBACK,
        "lane, key, to, ends) then decide_later(key) end",
        "lane, key, to, ends) then return end",
        (
            f"{_TESTS}::test_a_set_that_another_program_spoilt_costs_the_fallback_a_moment_and_its_message_nothing",
        ),
    ),
    Mutation(
        "chain-counted-twice",
        2,
        "a message in whose place its fallback went counts beside it",
        f"{_SCRIPTS}/_ended.lua",
        "if ends.b and is_joined(ends.b) then",
        "if false and is_joined(ends.b) then",
        (f"{_TESTS}::test_days_count_a_chain_once_and_what_was_reached_that_way",),
    ),
    Mutation(
        "fallback-stays-kept",
        3,
        "a fallback that was sent is sent once more by the next receipt",
        _FALLBACK,
        "call('HSET', record_of .. key, 'b', FALLBACK_MADE)",
        "call('HSET', record_of .. key, 'b', FALLBACK_KEPT)",
        (f"{_TESTS}::test_whatever_happens_to_a_message_its_fallback_goes_once_or_never",),
    ),
    Mutation(
        "known-key-is-a-cause",
        3,
        "a message whose key the gateway knew has its fallback sent too",
        _FALLBACK,
        "return not is_known_key(ends.c or '')",
        "return true",
        (f"{_TESTS}::test_whatever_happens_to_a_message_its_fallback_goes_once_or_never",),
    ),
    Mutation(
        "fallback-for-a-forgotten-receipt",
        3,
        "after a restore fallbacks go again for receipts that the server forgot, though all counts as sent",
        f"{_SCRIPTS}/sweep/overdue.lua",
        "or 0) <= unheard_until then",
        "or 0) <= 0 then",
        (f"{_REWOUND}::test_as_sent_no_fallback_goes_for_a_receipt_that_was_forgotten",),
    ),
    Mutation(
        "fallback-not-called-back",
        3,
        "a fallback that waits goes though its message was delivered meanwhile",
        f"{_SCRIPTS}/_fallback_after.lua",
        "local is_read, is_back = pcall(call_back, key)",
        "local is_read, is_back = true, false",
        (f"{_TESTS}::test_a_fallback_that_waits_is_called_back_where_its_message_was_delivered_after_all",),
    ),
    Mutation(
        "requeued-beside-its-fallback",
        3,
        "a person has a message sent again whose fallback reached its recipient",
        f"{_SCRIPTS}/steer.lua",
        "if other_went(key, record) then return done('other_went', record.s) end",
        "",
        (f"{_TESTS}::test_a_message_whose_fallback_may_reach_somebody_is_not_sent_again",),
    ),
)
