"""Mutations of the door that takes receipts: what it answers, to whom, and what it lets in."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

_WEB = "plexsend/web"
_WRITER = f"{_WEB}/writer.py"
_UNIT = "tests/unit/web"
_OVER_HTTP = "tests/integration/web"
_OF_RECEIPTS = f"{_OVER_HTTP}/test_receipts.py"

IN_WEB = (
    Mutation(
        "answered-before-written",
        1,
        "a post is answered as taken whether Redis has it or not",
        f"{_WEB}/receipts.py",
        "except NotWritten:\n            return UNAVAILABLE",
        "except NotWritten:\n            return TAKEN",
        (
            f"{_OF_RECEIPTS}::test_redis_that_comes_back_is_used_again_and_is_no_reason_to_restart",
            f"{_OF_RECEIPTS}::test_redis_that_hangs_is_answered_for_within_three_seconds",
        ),
    ),
    Mutation(
        "unfit-server-used",
        1,
        "receipts are answered as taken by a server that may lose what it acknowledges",
        f"{_WEB}/postbox.py",
        "if not self._pulse.is_fit:",
        "if False:",
        (f"{_OF_RECEIPTS}::test_redis_that_may_lose_what_it_acknowledges_is_not_used",),
    ),
    Mutation(
        "rest-of-the-posts-lost",
        1,
        "what waits when a door ends is not written",
        _WRITER,
        "while self._pending:\n                self._let_gather",
        "while goes_on and self._pending:\n                self._let_gather",
        (f"{_UNIT}/test_writer.py::test_what_waits_at_the_end_is_written",),
    ),
    Mutation(
        "neighbours-not-tried-alone",
        6,
        "a receipt that cannot be written keeps those that came with it",
        _WRITER,
        "if len(requests) > 1:",
        "if len(requests) > 1_000:",
        (f"{_UNIT}/test_writer.py::test_one_that_cannot_be_written_keeps_no_other",),
    ),
    Mutation(
        "first-result-alone",
        6,
        "of a post with several results only the first is read",
        f"{_WEB}/posts.py",
        "for result in results:",
        "for result in results[:1]:",
        (
            f"{_UNIT}/test_posts.py::test_every_result_of_an_array_is_read_in_its_order",
            f"{_OF_RECEIPTS}::test_receipts_of_a_post_settle_their_messages",
        ),
    ),
    Mutation(
        "key-guessed",
        6,
        "a key that was written as a number is taken for the same digits",
        f"{_WEB}/posts.py",
        'key, code = result.get("msg_key"), ',
        'key, code = str(result.get("msg_key")), ',
        (f"{_UNIT}/test_posts.py::test_what_is_not_a_key_is_not_guessed",),
    ),
    Mutation(
        "secret-not-asked",
        7,
        "any secret opens the path of an account",
        f"{_WEB}/paths.py",
        "is_right |= hmac.compare_digest(known, digest)",
        "is_right |= True",
        (f"{_UNIT}/test_paths.py::test_secret_leads_to_its_account_alone",),
    ),
    Mutation(
        "proxy-believed-from-the-front",
        7,
        "an address that a sender made up is believed behind a proxy of ours",
        f"{_WEB}/guards.py",
        'for word in reversed(header.decode("latin-1").split(",")):',
        'for word in header.decode("latin-1").split(","):',
        (
            f"{_UNIT}/test_guards.py::test_header_is_not_believed_of_anybody_else",
            f"{_OF_RECEIPTS}::test_wrong_address_is_refused_whatever_its_path",
        ),
    ),
    Mutation(
        "unread-shown-whole",
        7,
        "what is kept of a post that cannot be read holds its texts",
        f"{_WEB}/outline.py",
        "if pattern is None or not isinstance(text, str) or not pattern.fullmatch(text):",
        "if not isinstance(text, str):",
        (f"{_UNIT}/test_posts.py::test_what_is_kept_of_it_holds_no_number_and_no_text",),
    ),
    Mutation(
        "posts-without-bound",
        8,
        "any number of receipts waits in memory while Redis hangs",
        _WRITER,
        "if self._waiting + size > MOST_WAITING:",
        "if False:",
        (f"{_UNIT}/test_writer.py::test_what_waits_is_bounded",),
    ),
    Mutation(
        "body-without-bound",
        8,
        "a body without a stated length is read to its end",
        f"{_WEB}/guards.py",
        'body += event.get("body", b"")\n        if len(body) > MOST_BYTES:',
        'body += event.get("body", b"")\n        if False:',
        (f"{_UNIT}/test_guards.py::test_body_without_a_stated_length_is_read_no_further_than_the_bound",),
    ),
    Mutation(
        "slow-senders-stay",
        8,
        "a connection whose request does not come stays for ever",
        f"{_WEB}/connections.py",
        "for protocol in [each for each, since in self._coming.items() if since < before]:",
        "for protocol in list[BoundedProtocol]():",
        (f"{_OVER_HTTP}/test_connections.py::test_request_that_does_not_come_ends_its_connection",),
    ),
    Mutation(
        "no-room-is-made",
        8,
        "connections that send nothing keep all others out",
        f"{_WEB}/connections.py",
        "longest = next(iter(self._coming), None)",
        "longest = None",
        (f"{_OVER_HTTP}/test_connections.py::test_slow_senders_keep_nobody_out",),
    ),
)
