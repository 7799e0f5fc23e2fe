"""Receipts, a row for each thing that a person should know."""

from __future__ import annotations

from dataclasses import replace

from plexsend.cli.doctor.receipts import ReceiptFacts, receipt_rows
from plexsend.cli.doctor.rows import CheckRow, Grade
from plexsend.gateway.environment import read_settings
from plexsend.gateway.receipt_codes import GATEWAY_ADDRESSES
from plexsend.outbox.doors import Door
from plexsend.outbox.refusals import UNREAD_REFUSAL
from plexsend.outbox.strays import UnreadPost

NOW_MS = 1_800_000_000_000
DOOR = Door("p1", "web1", 7, "0.5.0", ("receipts",), 8080, ("main",), NOW_MS - 7_200_000, NOW_MS)
FACTS = ReceiptFacts((), ("main",), {}, {}, (), NOW_MS, GATEWAY_ADDRESSES)
BOTH = ",".join(GATEWAY_ADDRESSES)


def rows(facts: ReceiptFacts, secret: str = "s" * 16, allow: str = BOTH) -> list[CheckRow]:
    given = {"PLEXSEND_RECEIPT_SECRET_MAIN": secret, "PLEXSEND_RECEIPT_ALLOW": allow}
    return list(receipt_rows(read_settings({name: text for name, text in given.items() if text}), facts))


def of(what: str, found: list[CheckRow]) -> CheckRow:
    (row,) = (row for row in found if row.what == what)
    return row


def test_where_nobody_wants_receipts_nothing_is_the_matter() -> None:
    (row,) = rows(FACTS, secret="", allow="")
    assert (row.what, row.grade) == ("server", Grade.OK)
    assert "docs/receipts.md" in row.found


def test_secret_without_a_server_is_doubtful() -> None:
    row = of("server", rows(FACTS))
    assert (row.grade, row.found) == (Grade.DOUBTFUL, "none is alive")
    assert "plexsend serve receipts" in row.remedy


def test_receipts_that_came_once_and_have_no_server_now_are_doubtful() -> None:
    assert (
        of("server", rows(replace(FACTS, heard={"main": NOW_MS - 60_000}), secret="")).grade is Grade.DOUBTFUL
    )


def test_living_server_is_named() -> None:
    found = rows(replace(FACTS, doors=(DOOR,)))
    assert {row.grade for row in found} == {Grade.OK}
    assert of("server", found).found == "web1 pid 7 port 8080, for main, since 2 h"


def test_server_of_metrics_alone_takes_no_receipts() -> None:
    assert (
        of("server", rows(replace(FACTS, doors=(replace(DOOR, parts=("metrics",)),)))).grade is Grade.DOUBTFUL
    )


def test_account_without_a_secret_anywhere_is_named() -> None:
    row = of("secret", rows(replace(FACTS, doors=(DOOR,), accounts=("main", "my-shop"))))
    assert (row.grade, row.found) == (Grade.DOUBTFUL, "no server has one for account my-shop")
    assert "PLEXSEND_RECEIPT_SECRET_MY_SHOP" in row.remedy


def test_receipts_from_every_address_are_doubtful_and_the_gateways_two_are_named() -> None:
    row = of("addresses", rows(replace(FACTS, doors=(DOOR,)), allow=""))
    assert row.grade is Grade.DOUBTFUL
    assert "PLEXSEND_RECEIPT_ALLOW=43.202.205.42,52.78.51.46" in row.remedy


def test_list_without_one_of_the_gateways_addresses_is_doubtful() -> None:
    row = of("addresses", rows(replace(FACTS, doors=(DOOR,)), allow="43.202.205.42, 10.0.0.0/8"))
    assert (row.grade, row.why) == (Grade.DOUBTFUL, "the gateway posts from 52.78.51.46 too")
    assert of("addresses", rows(FACTS, allow="43.0.0.0/8, 52.0.0.0/8")).grade is Grade.OK


def test_posts_that_were_all_refused_are_doubtful() -> None:
    refused = replace(FACTS, doors=(DOOR,), counts={"wrong path": 12, "wrong address": 1_030})
    row = of("refused", rows(refused))
    assert row.found == "wrong address 1,030, wrong path 12, and no receipt came so far"
    assert row.grade is Grade.DOUBTFUL
    # Where receipts come, the others are somebody who tries.
    heard = replace(refused, heard={"main": NOW_MS}, counts={"not JSON": 3, "too slow": 2, "wrong path": 1})
    row = of("refused", rows(heard))
    # What was read in vain is not among them.
    assert (row.grade, row.found) == (Grade.OK, "too slow 2, wrong path 1")


def test_post_that_could_not_be_read_today_is_doubtful() -> None:
    post = UnreadPost(NOW_MS - 600_000, "main", "not JSON", "code msg_key")
    row = of("unread", rows(replace(FACTS, doors=(DOOR,), unread=(post,), counts={"not JSON": 1})))
    assert (row.grade, row.found) == (Grade.DOUBTFUL, "a post of 10 min ago: not JSON: code msg_key")
    old = replace(post, at_ms=NOW_MS - 90_000_000)
    assert [each.what for each in rows(replace(FACTS, doors=(DOOR,), unread=(old,)))] == [
        "server",
        "refusals",
        "addresses",
    ]


def test_whether_refusals_are_taken_is_said_and_one_that_was_not_read_is_about_a_person() -> None:
    assert "not taken" in of("refusals", rows(replace(FACTS, doors=(DOOR,)))).found
    able = replace(DOOR, hashes_by="a")
    assert "/suppressions/" in of("refusals", rows(replace(FACTS, doors=(DOOR, able)))).found
    post = UnreadPost(NOW_MS - 600_000, "main", UNREAD_REFUSAL, "numbers[1] has 12 digits")
    row = of("unread", rows(replace(FACTS, doors=(able,), unread=(post,))))
    assert row.why == "somebody may have refused and is not suppressed"
