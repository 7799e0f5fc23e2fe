"""Mutations of how results come to applications."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

_HEARING = "producers/hearing.py"
_SCRIPTS = "plexsend/outbox/scripts/results"
_PROOF = "plexsend/outbox/scripts/proof.lua"
_OF_READERS = "tests/integration/outbox/results"
_READERS = f"{_OF_READERS}/test_readers.py"
_MISSED = f"{_OF_READERS}/test_missed.py"
_OF_LOOPS = "tests/unit/producers/test_listening.py"
_OF_REDIS = "tests/integration/producers/test_results.py"

IN_RESULTS = (
    Mutation(
        "break-acknowledges",
        9,
        "a loop that is left in the middle counts as done with all that it was given",
        _HEARING,
        "self._reader.give_back(self._open.first, self._position)",
        "self._reader.done(self._open.first)",
        (
            f"{_OF_LOOPS}::test_a_break_gives_back_what_the_loop_had_in_hand_and_all_behind_it",
            f"{_OF_LOOPS}::test_an_error_in_the_loop_gives_back_too",
            f"{_OF_REDIS}::test_a_reader_goes_on_where_it_was",
        ),
    ),
    Mutation(
        "new-account-not-heard",
        9,
        "an account that sends for the first time is heard from the moment at which a loop notices it",
        _HEARING,
        "from_start=wanted.from_start or began_ms == 0,\n                    since_ms=began_ms or 0,",
        "from_start=wanted.from_start,\n                    since_ms=0,",
        (
            f"{_OF_LOOPS}::test_a_known_reader_hears_an_account_that_came_while_nobody_listened",
            f"{_OF_REDIS}::test_an_account_that_came_while_no_loop_ran_is_heard_whole",
        ),
    ),
    Mutation(
        "missed-in-silence",
        9,
        "a reader that fell behind what is kept goes on without a word",
        "producers/listening.py",
        "if found is None or found.why not in _WHY_MISSED:",
        "if found is None or found.why:",
        (
            f"{_OF_LOOPS}::test_what_was_missed_is_raised_with_its_times",
            f"{_OF_REDIS}::test_what_was_missed_is_told_where_nothing_came_since",
        ),
    ),
    Mutation(
        "two-accounts-one-id",
        9,
        "results of two accounts share an id, so an application drops one as a double",
        "producers/results.py",
        'id=f"{entry.account}:{entry.id}:{place}"',
        'id=f"{entry.id}:{place}"',
        ("tests/unit/producers/test_results.py::test_results_of_two_accounts_never_share_an_id",),
    ),
    Mutation(
        "lapsed-never-given-again",
        9,
        "what a dead process had is never given again",
        f"{_SCRIPTS}/spans.lua",
        "if left <= 0 then",
        "if left < -now then",
        (f"{_OF_READERS}/test_readers.py::test_lapsed_span_is_given_again_and_before_what_is_new",),
    ),
    Mutation(
        "trimmed-in-silence",
        9,
        "entries that were trimmed before a reader came are not missed",
        f"{_SCRIPTS}/missed.lua",
        "  if n == 0 then return end",
        "  if n >= 0 then return end",
        (f"{_OF_READERS}/test_missed.py::test_what_was_trimmed_before_it_was_given_is_said_once",),
    ),
    Mutation(
        "robbed-in-silence",
        9,
        "an entry that somebody deleted is not missed",
        f"{_SCRIPTS}/missed.lua",
        "  if n > 0 then\n    local deleted",
        "  if n < 0 then\n    local deleted",
        (f"{_OF_READERS}/test_missed.py::test_entry_that_was_deleted_is_noticed",),
    ),
    Mutation(
        "ended-by-another",
        9,
        "a process ends a span that another was given meanwhile, and keeps it",
        f"{_SCRIPTS}/spans.lua",
        "span and span.process == process and",
        "span and",
        (
            f"{_OF_READERS}/test_readers.py::test_span_is_kept_for_another_lease_unless_another_has_it",
            f"{_READERS}::test_process_whose_lease_ran_out_does_not_end_or_cut_what_another_has",
        ),
    ),
    Mutation(
        "gap-in-silence",
        9,
        "entries that were trimmed before a process in the middle of the stream are not missed",
        "plexsend/outbox/results/offers.py",
        "bool(entries) and entries[0][0] == known.encode()",
        "bool(entries)",
        (f"{_MISSED}::test_what_a_process_had_read_ahead_is_given_and_the_rest_is_missed_once",),
    ),
    Mutation(
        "gap-counted-twice",
        9,
        "what was trimmed before a process that had read it in time is missed, and given all the same",
        f"{_SCRIPTS}/missed.lua",
        "  put_behind_missed(reader, stream)\n",
        "",
        (f"{_MISSED}::test_what_a_process_waited_for_is_missed_once_where_it_was_trimmed",),
    ),
    Mutation(
        "spoilt-begins-at-the-end",
        9,
        "a reader to which another program wrote begins behind what is there, and loses what it had not",
        f"{_SCRIPTS}/read.lua",
        "known ~= '' or was_spoilt then",
        "known ~= '' then",
        (f"{_READERS}::test_new_process_of_a_reader_that_was_spoilt_hears_all_that_is_kept",),
    ),
    Mutation(
        "unreadable-counts-as-given",
        9,
        "a result that this version cannot read counts as given",
        "plexsend/outbox/results/readers.py",
        "found = self._note_unreadable(unreadable)",
        "found = None",
        (
            f"{_OF_READERS}/test_proof.py::test_result_that_this_version_cannot_read_is_missing_until_a_replay",
        ),
    ),
    Mutation(
        "proof-believes-the-place",
        9,
        "what is not in the stream counts as given where its time is before the reader's place",
        _PROOF,
        "return ms == first_ms and judge_trimmed(key, ms) or 'deleted'",
        "return judge_trimmed(key, ms)",
        (f"{_OF_READERS}/test_proof.py::test_reader_that_was_robbed_of_an_entry_is_caught",),
    ),
    Mutation(
        "in-hand-counts-as-given",
        9,
        "what a process has and has not ended counts as given",
        _PROOF,
        "if is_before(reader.cursor, id) or is_open(id) then",
        "if is_before(reader.cursor, id) then",
        (f"{_OF_READERS}/test_proof.py::test_proof_holds_before_during_and_after_the_hearing",),
    ),
)
