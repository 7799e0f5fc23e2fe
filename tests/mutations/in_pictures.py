"""Mutations of pictures: uploaded once, judged before they leave, known by their content."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

_PRODUCERS = "plexsend/producers/pictures"
_UPLOADS = "tests/integration/producers/pictures/test_upload.py"
_ITEMS = "tests/integration/producers/pictures/test_items.py"
_REDIS = "tests/integration/outbox/test_pictures.py"

IN_PICTURES = (
    Mutation(
        "claim-for-everybody",
        3,
        "a picture that another process uploads is uploaded a second time",
        "plexsend/outbox/scripts/pictures.lua",
        "if lapses and lapses > now",
        "if false and lapses > now",
        (
            f"{_UPLOADS}::test_many_at_once_upload_a_picture_once",
            f"{_REDIS}::test_a_claim_keeps_others_waiting_until_it_is_done",
        ),
    ),
    Mutation(
        "claim-for-ever",
        1,
        "a process that died while it uploaded keeps all others waiting for its picture",
        "plexsend/outbox/scripts/pictures.lua",
        "and lapses > now and lapses <= now + PICTURE_CLAIM_MS and",
        "and",
        (
            f"{_REDIS}::test_a_claim_of_a_dead_process_lapses_within_a_minute",
            f"{_REDIS}::test_a_claim_from_a_clock_far_ahead_keeps_nobody_waiting",
        ),
    ),
    Mutation(
        "picture-by-its-address",
        3,
        "the same message with a new address of its picture is another message",
        "plexsend/outbox/submit.py",
        "blake2b(self.said or self.body",
        "blake2b(self.body",
        (f"{_ITEMS}::test_a_new_address_of_the_same_picture_is_no_conflict",),
    ),
    Mutation(
        "row-by-its-picture",
        3,
        "a list that is imported again after its picture was exchanged goes out a second time",
        f"{_PRODUCERS}/item_pictures.py",
        "key_of = _key_as_written(key_of, placed)",
        "pass",
        (f"{_ITEMS}::test_a_picture_that_was_exchanged_sends_no_row_twice",),
    ),
    Mutation(
        "message-outlives-its-picture",
        6,
        "a message may go after the gateway deleted its picture",
        f"{_PRODUCERS}/item_pictures.py",
        "if not ends or (given and given[0] <= min(ends)):",
        "if ends or not ends:",
        (f"{_ITEMS}::test_items_show_files_that_are_uploaded_before_they_are_added",),
    ),
    Mutation(
        "pictures-never-forgotten",
        8,
        "what Redis knows of pictures grows for ever",
        "plexsend/outbox/scripts/pictures.lua",
        "if over then call('HDEL', key, field) end",
        "if over then field = nil end",
        (f"{_REDIS}::test_what_is_over_goes_and_the_rest_with_the_key",),
    ),
    Mutation(
        "secret-in-a-shape",
        7,
        "the names in an answer that nobody knows are shown as they are, whatever they quote",
        "plexsend/gateway/http/uploads.py",
        "name if _NAME.fullmatch(name) else '?'",
        "name",
        (f"{_UPLOADS}::test_an_rcs_answer_without_an_address_shows_its_shape_alone",),
    ),
)
