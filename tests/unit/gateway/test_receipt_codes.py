"""The table of receipts' codes against the table of the contract, written a second time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plexsend.gateway.receipt_codes import (
    RCS_CODES,
    SMS_CODES,
    Family,
    ReceiptClass,
    ReceiptCode,
    family_of,
    receipt_code,
)
from plexsend.gateway.services import PRODUCTS, SERVICES

PAGE = Path(__file__).parents[3] / "docs" / "receipt-codes.md"
C = ReceiptClass
CONTRACT_SMS = {
    C.DELIVERED: "0",
    C.DUPLICATE: "q c",
    C.TEMPORARY: "G410 e 1 8 9 A B E J L M",
    C.UNKNOWN: "G430 5 o",
    C.NO_SUCH_NUMBER: "2",
    C.REFUSED: "D",
    C.PERMANENT: "d p C F G H I K S U V b t",
    C.CREDIT: "a",
}
CONTRACT_RCS = {
    C.DELIVERED: "00000",
    C.DUPLICATE: "71003",
    C.PERMANENT: "71004 71005 71006 72001 72002 73001 73002 73003 74002 75102 75103",
}


def written(contract: dict[ReceiptClass, str]) -> dict[str, ReceiptClass]:
    return {code: kind for kind, codes in contract.items() for code in codes.split()}


def test_tables_are_those_of_the_contract() -> None:
    assert {row.code: row.kind for row in SMS_CODES} == written(CONTRACT_SMS)
    assert {row.code: row.kind for row in RCS_CODES} == written(CONTRACT_RCS)
    assert len(SMS_CODES) == len(written(CONTRACT_SMS))
    assert len(RCS_CODES) == len(written(CONTRACT_RCS))


@pytest.mark.parametrize("family", Family)
def test_listed_code_is_found_in_its_own_family_alone(family: Family) -> None:
    own, other = (SMS_CODES, RCS_CODES) if family is Family.SMS else (RCS_CODES, SMS_CODES)
    assert [receipt_code(family, row.code) for row in own] == list(own)
    foreign = [receipt_code(family, row.code).kind for row in other]
    assert not {C.DELIVERED, C.DUPLICATE, C.REFUSED, C.TEMPORARY} & {*foreign}


@pytest.mark.parametrize("row", [row for row in SMS_CODES if row.code.swapcase() != row.code])
def test_code_means_nothing_of_itself_in_the_other_case(row: ReceiptCode) -> None:
    other = row.code.swapcase()
    listed = {each.code: each.kind for each in SMS_CODES}
    found = receipt_code(Family.SMS, other)
    assert (found.code, found.kind) == (other, listed.get(other, C.UNKNOWN))


def test_d_is_not_capital_d() -> None:
    assert receipt_code(Family.SMS, "d").kind is C.PERMANENT
    assert receipt_code(Family.SMS, "D").kind is C.REFUSED


@pytest.mark.parametrize(
    "code", ["", "3", "00", "00000", "71003", "G999", " 0", "0\n", "０", "None", "x" * 99]
)
def test_code_that_is_not_listed_is_unknown_and_kept(code: str) -> None:
    found = receipt_code(Family.SMS, code)
    assert (found.code, found.kind) == (code, C.UNKNOWN)


@pytest.mark.parametrize("code", ["70000", "74001", "79999", "75205"])
def test_rcs_failure_that_is_not_listed_has_failed_for_good(code: str) -> None:
    found = receipt_code(Family.RCS, code)
    assert (found.code, found.kind) == (code, C.PERMANENT)
    assert receipt_code(Family.SMS, code).kind is C.UNKNOWN


@pytest.mark.parametrize("code", ["7100", "710033", "81003", "0", "7١٢٣٤", "7100a", " 71004", "71004\n", ""])
def test_rcs_code_of_another_form_is_unknown(code: str) -> None:
    assert receipt_code(Family.RCS, code).kind is C.UNKNOWN


def test_words_are_there_in_both_languages_and_a_remedy_where_something_failed() -> None:
    for row in (*SMS_CODES, *RCS_CODES, receipt_code(Family.RCS, "79999"), receipt_code(Family.SMS, "?")):
        assert row.words.isascii(), row
        assert re.search("[가-힣]", row.korean), row
        assert (row.remedy == "") is (row.kind is C.DELIVERED), row
        assert row.remedy == "" or row.remedy.endswith("."), row


def test_family_is_that_of_the_product_or_service() -> None:
    assert {name: family_of(name) for name in PRODUCTS} == {
        "mms": Family.SMS,
        "sms": Family.SMS,
        "lms": Family.SMS,
        "rcs-mms": Family.RCS,
    }
    for service in SERVICES.values():
        assert family_of(service.id) is family_of(service.product.name)


@pytest.mark.parametrize(("heading", "rows"), [("SMS, LMS and MMS", SMS_CODES), ("RCS", RCS_CODES)])
def test_page_has_the_rows_of_the_table(heading: str, rows: tuple[ReceiptCode, ...]) -> None:
    section = PAGE.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    shown = re.findall(r"^\| `(.+?)` \| (.+?) \| (.+?) \| (.+?) \| ?(.*?) ?\|$", section, re.MULTILINE)
    expected = [
        (row.code, row.kind.value.replace("_", " "), row.words, row.korean, row.remedy) for row in rows
    ]
    if shown != expected:
        lines = "\n".join(f"| `{a}` | {b} | {c} | {d} | {e} |" for a, b, c, d, e in expected)
        pytest.fail(f"docs/receipt-codes.md, section {heading!r}, differs from the table. Its rows:\n{lines}")


def test_page_explains_every_class() -> None:
    section = PAGE.read_text("utf-8").partition("\n## Classes\n")[2].partition("\n## ")[0]
    shown = re.findall(r"^\| ([a-z ]+) \| (delivered|undelivered|unknown|none) \|", section, re.MULTILINE)
    assert dict(shown) == {
        "delivered": "delivered",
        "temporary": "undelivered",
        "permanent": "undelivered",
        "no such number": "undelivered",
        "refused": "undelivered",
        "credit": "undelivered",
        "unknown": "unknown",
        "duplicate": "none",
    }
