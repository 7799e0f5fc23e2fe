"""Mutations of the producers, the gateway's client and the worker."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

_VERDICTS = "worker/verdicts.py"
_ANSWERS = "plexsend/gateway/answers.py"
_LOGS = "plexsend/logs.py"
_OF_VERDICTS = "tests/unit/worker/test_verdicts.py"
_OF_EVERY_VERDICT = "tests/unit/worker/test_every_verdict.py"
_OF_FLOW = "tests/unit/producers/test_pipeline.py"
_OF_IMPORTS = "tests/integration/producers/files/test_imports.py"
_OF_OUTAGES = "tests/integration/worker/test_outages.py"
_MASKING = "plexsend/gateway/masking.py"
_OF_MASKING = "tests/unit/gateway/test_masking.py"
_OF_ANSWERS = "tests/unit/gateway/test_answers.py"

_OF_AUDIT = "tests/integration/outbox/reading/test_audit.py"

IN_PYTHON = (
    Mutation(
        "import-reads-rows-again",
        1,
        "the keys of a file's rows change from one import to the next",
        "producers/files/row_keys.py",
        'whole = f"{self._name}\\n{kind}\\n{text}"',
        'whole = f"{id(self)}\\n{kind}\\n{text}"',
        (f"{_OF_IMPORTS}::test_an_import_that_is_killed_and_run_again_adds_each_row_once",),
    ),
    Mutation(
        "refused-key-taken-as-sent",
        1,
        "a key that the gateway refuses as known counts as accepted, though it was never sent before",
        _VERDICTS,
        "    if message.may_have_been_sent:\n        return replace(\n            verdict,\n"
        "            outcome=Outcome.ACCEPTED,",
        "    if message is not None:\n        return replace(\n            verdict,\n"
        "            outcome=Outcome.ACCEPTED,",
        (f"{_OF_VERDICTS}::test_code_of_an_item_decides_about_that_item_alone",),
    ),
    Mutation(
        "moving-lane-not-compared",
        2,
        "the counts of a lane that moves are not compared with its records",
        "plexsend/outbox/reading/books.py",
        "if least > counted or most < counted - gone - moved:",
        "if least > counted + gone + most:",
        (f"{_OF_AUDIT}::test_a_count_that_is_shifted_is_found_while_its_lane_moves",),
    ),
    Mutation(
        "park-ignored",
        3,
        "what may have been sent goes again, although it was to be parked",
        _VERDICTS,
        "if policy.on_uncertain is OnUncertain.PARK:",
        "if policy.on_uncertain is None:",
        (f"{_OF_EVERY_VERDICT}::test_with_park_nothing_is_ever_sent_again",),
    ),
    Mutation(
        "reset-counted-as-unsent",
        3,
        "a connection reset after the request left counts as nothing sent",
        "plexsend/gateway/http/channel.py",
        "    if not exchange.sent:\n        meaning = ",
        "    if not exchange.received:\n        meaning = ",
        (
            "tests/integration/gateway/test_client.py::TestNoUsableAnswer::test_reset_after_reading_is_uncertain",
        ),
    ),
    Mutation(
        "503-counted-as-unsent",
        3,
        "what a proxy answers with 503 counts as nothing sent",
        _ANSWERS,
        "    **dict.fromkeys(_SERVER_TROUBLE, Meaning.UNCERTAIN),\n",
        "    **dict.fromkeys(_SERVER_TROUBLE, Meaning.UNCERTAIN),\n    503: Meaning.UNAVAILABLE,\n",
        (f"{_OF_OUTAGES}::test_gateway_that_accepts_before_a_proxy_answers_that_it_did_not",),
    ),
    Mutation(
        "stale-batch-posted",
        3,
        "a process that was stopped between take and request sends all the same",
        "worker/drain.py",
        "> STALE_S:",
        "> 100 * STALE_S:",
        (
            "tests/integration/worker/test_drain.py::test_batch_that_a_stopped_process_held_is_given_back_unsent",
        ),
    ),
    Mutation(
        "age-stands-still",
        3,
        "a batch does not grow older while its machine sleeps",
        "worker/drain.py",
        "clock: Callable[[], float] = elapsed_s",
        'clock: Callable[[], float] = __import__("time").monotonic',
        ("tests/unit/test_clock.py::test_drain_tells_the_age_of_a_batch_by_it",),
    ),
    Mutation(
        "stop-signal-unseen",
        3,
        "a worker that was asked to stop takes more",
        "worker/stop_signals.py",
        "code is not None and code is not False for code in asked",
        "code for code in asked",
        (
            "tests/unit/worker/test_stop_signals.py::test_what_celery_writes_down_is_an_exit_code_and_0_is_one",
        ),
    ),
    Mutation(
        "slow-look-up-begun-anew",
        1,
        "a look-up that takes too long is begun anew by each call, and nothing is ever sent",
        "plexsend/names.py",
        "look_up = self._under_way.get(host)",
        "look_up = None",
        (
            "tests/unit/test_names.py::test_a_look_up_that_takes_too_long_goes_on_and_the_next_call_has_its_result",
        ),
    ),
    Mutation(
        "stranger-ends-a-worker",
        1,
        "an item in a broker's queue that is no JSON ends the worker",
        "worker/transport.py",
        "_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)",
        "_UNREADABLE = (RecursionError,)",
        (
            "tests/integration/worker/test_transport.py::test_items_of_other_programs_are_thrown_away_and_doorbells_come",
        ),
    ),
    Mutation(
        "lanes-mixed",
        5,
        "items of every type go into one lane",
        "producers/item_lanes.py",
        "Lane.of(terms.service, variant,",
        "Lane.of(terms.service, terms.variant,",
        (f"{_OF_FLOW}::test_variants_go_into_lanes_of_their_own_and_are_told_in_the_order_given",),
    ),
    Mutation(
        "unknown-code-accepted",
        6,
        "a code that nobody knows counts as accepted",
        _ANSWERS,
        "known.as_item if known else Meaning.UNKNOWN",
        "known.as_item if known else Meaning.ACCEPTED",
        (f"{_OF_ANSWERS}::TestItems::test_code_of_an_item",),
    ),
    Mutation(
        "missing-item-accepted",
        6,
        "an item that the answer does not mention counts as accepted",
        _ANSWERS,
        'ItemAnswer(Meaning.UNCERTAIN, MISSING, "")',
        'ItemAnswer(Meaning.ACCEPTED, MISSING, "")',
        (f"{_OF_ANSWERS}::TestItems::test_missing_item_is_uncertain",),
    ),
    Mutation(
        "neighbours-rejected",
        6,
        "a refusal of the whole request rejects all of its items",
        _VERDICTS,
        "case Meaning.BAD_ITEM if by_itself:",
        "case Meaning.BAD_ITEM if batch.messages:",
        (f"{_OF_VERDICTS}::test_request_refused_as_a_whole_is_tried_one_by_one",),
    ),
    Mutation(
        "outage-costs-attempts",
        6,
        "a try costs an attempt although the lane delivered nothing since",
        _VERDICTS,
        " and batch.ok_take > message.failed_at_take",
        "",
        (f"{_OF_VERDICTS}::test_attempt_is_spent_only_alone_and_while_the_lane_delivers",),
    ),
    Mutation(
        "body-logged",
        7,
        "the line of a batch that did not go whole shows its first body",
        "worker/batch_log.py",
        '"take": batch.take,',
        '"first": batch.messages[0].body.decode(), "take": batch.take,',
        ("tests/acceptance/test_two_workers.py::test_logs_tell_no_text_number_or_secret_whatever_happens",),
    ),
    Mutation(
        "number-unmasked",
        7,
        "logs show telephone numbers as they are",
        _LOGS,
        'return mask_numbers(_LOGIN_OF_URL.sub("***@", text), _mask_number)',
        'return _LOGIN_OF_URL.sub("***@", text)',
        ("tests/unit/test_logs.py::test_numbers_and_logins_are_masked",),
    ),
    Mutation(
        "gateway-quotes-secret",
        7,
        "a secret that the gateway quotes in its words is kept",
        _MASKING,
        "for run in _runs(line, self._secret) if",
        "for run in _runs(line, self._secret) if not run and",
        (f"{_OF_MASKING}::test_part_of_the_secret_is_masked",),
    ),
    Mutation(
        "gateway-quotes-text",
        7,
        "a text that the gateway quotes in its words is kept",
        _MASKING,
        "if end - start >= _RUN or not found.isascii():",
        "if end - start >= 100 * _RUN:",
        (f"{_OF_MASKING}::test_text_that_was_sent_is_masked_however_it_is_quoted",),
    ),
    Mutation(
        "record-outgrows-its-encoding",
        8,
        "a field of the record is longer than what Redis keeps compact",
        "plexsend/outbox/submit.py",
        "blake2b(self.said or self.body, digest_size=16).digest()",
        "blake2b(self.said or self.body).hexdigest().encode()",
        ("tests/integration/outbox/test_memory.py::test_cost_of_a_waiting_and_of_an_accepted_message",),
    ),
    Mutation(
        "chunk-unbounded",
        8,
        "a producer holds all items of a call before it adds the first",
        "producers/pipeline.py",
        "if count == self.at_once or size_bytes >= _CHUNK_BYTES:",
        "if size_bytes >= _CHUNK_BYTES:",
        (f"{_OF_FLOW}::test_memory_holds_the_outcomes_of_50_000_items_and_at_most_one_chunk",),
    ),
)
"""In the order of their promises."""
