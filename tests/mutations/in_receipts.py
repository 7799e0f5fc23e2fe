"""Mutations of what receipts do to messages, and of what follows where none comes."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

_SCRIPTS = "plexsend/outbox/scripts"
_RECEIPTS = f"{_SCRIPTS}/receipts.lua"
_OUTBOX = "tests/integration/outbox"
_OF_RECEIPTS = f"{_OUTBOX}/test_receipts.py"
_OF_THE_WAIT = f"{_OUTBOX}/test_receipt_wait.py"

IN_RECEIPTS = (
    Mutation(
        "receipt-lowers",
        1,
        "of two receipts that come while a message is sent the later one counts, not the higher",
        _RECEIPTS,
        "if kept and rank_of(kept) >= rank_of(event) then",
        "if kept and kept == event then",
        (f"{_OF_RECEIPTS}::TestWhileSending::test_the_highest_counts",),
    ),
    Mutation(
        "early-receipt-forgotten",
        1,
        "a receipt that comes before its request is answered decides nothing",
        f"{_SCRIPTS}/advance/verdicts.lua",
        "if not has(record.f, RECEIPT_KEPT) then return settle_it() end",
        "if record then return settle_it() end",
        (f"{_OF_RECEIPTS}::TestWhileSending::test_it_decides_whatever_the_verdict_is",),
    ),
    Mutation(
        "kept-receipt-lost",
        1,
        "a receipt that came early is taken out of its record before what may fail is written",
        f"{_SCRIPTS}/_kept.lua",
        "  local fields = { 'f', record.f }",
        "  call('HDEL', record_of .. key, 'w', 'h')\n  local fields = { 'f', record.f }",
        (f"{_OUTBOX}/test_written_last.py::test_receipt_that_was_kept_decides_whatever_failed_first",),
    ),
    Mutation(
        "proven-by-an-earlier-entry",
        9,
        "the proof takes the entry of a state that was left for the one of the state that came",
        f"{_SCRIPTS}/_record.lua",
        "'u', 'j', 'r')",
        "'u', 'j')",
        (
            (
                f"{_OUTBOX}/results/test_when_published.py"
                "::test_every_way_out_of_a_state_forgets_when_it_was_published"
            ),
        ),
    ),
    Mutation(
        "late-code-unheard",
        9,
        "the code of a receipt that came after the wait is heard by no application",
        _RECEIPTS,
        "  entered(record.home, key, record.s, receipt.code, told_by(receipt))\n",
        "",
        (f"{_OF_THE_WAIT}::test_code_of_a_late_receipt_of_an_unknown_outcome_is_heard",),
    ),
    Mutation(
        "receipt-ends-unsent",
        1,
        "a message that was never in a request ends by a receipt for an earlier one of its key",
        f"{_SCRIPTS}/_receipt.lua",
        "record.s == 'scheduled' then return has(record.f, MAY_HAVE_BEEN_SENT) end",
        "record.s == 'scheduled' then return true end",
        (f"{_OF_RECEIPTS}::test_undelivered_settles_only_what_was_sent",),
    ),
    Mutation(
        "receipt-wait-not-kept",
        1,
        "a record goes by keep_days before its receipt can come",
        f"{_SCRIPTS}/sweep/retention.lua",
        "math.max(math.floor(policy('keep_days') * 86400000 + 0.5), kept_for_receipts_ms())",
        "math.max(math.floor(policy('keep_days') * 86400000 + 0.5), 0 * kept_for_receipts_ms())",
        (f"{_OF_THE_WAIT}::test_records_are_kept_for_their_receipts_whatever_the_policy_says",),
    ),
    Mutation(
        "receipt-wait-over-resends",
        3,
        "what may have been sent goes again while its receipt is waited for",
        f"{_SCRIPTS}/advance/choose.lua",
        "if first + wait_ms > now then return nil, first + wait_ms end",
        "if first + wait_ms > now then return nil end",
        (
            (
                f"{_OUTBOX}/test_uncertain_receipt.py"
                "::test_message_that_waits_to_go_again_waits_for_its_receipt_once_that_is_in_force"
            ),
        ),
    ),
    Mutation(
        "code-of-another-product",
        6,
        "the code of a receipt is read by another product's table",
        f"{_SCRIPTS}/_receipt.lua",
        "return string.find(RCS_SERVICES, ' ' .. service_of(lane) .. ' ', 1, true) ~= nil",
        "return string.find(RCS_SERVICES, ' ' .. service_of(lane) .. ' ', 1, true) == nil",
        (f"{_OF_RECEIPTS}::test_codes_are_read_by_the_product_of_our_own_record",),
    ),
)
