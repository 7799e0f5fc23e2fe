"""What a row's key is made of, and what makes no difference to it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from plexsend.errors import UsageError
from plexsend.producers.files.key_column import KeyColumn
from plexsend.producers.files.row_keys import EqualRows, RowKeys, name_of
from plexsend.producers.files.rows import Row, bad_row

FIELDS = {"receiver_number": "01023456789", "msg": "안녕"}


def test_key_is_of_name_and_fields_whatever_their_order_and_of_no_key() -> None:
    with EqualRows() as one, EqualRows() as two, EqualRows() as three:
        key = RowKeys("a", one).of_content(FIELDS)
        assert RowKeys("a", two).of_content(dict(reversed(FIELDS.items())) | {"msg_key": "-"}) == key
        assert RowKeys("b", three).of_content(FIELDS) != key
        assert RowKeys("a", three).of_content({**FIELDS, "msg": "안녕?"}) != key
    assert len(key) == 24


def test_equal_rows_have_keys_of_their_own_and_the_same_ones_again() -> None:
    with EqualRows() as one, EqualRows() as two:
        first, second = RowKeys("a", one), RowKeys("a", two)
        keys = [first.of_content(FIELDS) for _ in range(3)]
        assert len(set(keys)) == 3
        second.of_content({**FIELDS, "msg": "between"})
        assert [second.of_content(FIELDS) for _ in range(3)] == keys


def test_equal_rows_are_counted_over_more_than_fits_into_the_cache() -> None:
    with EqualRows() as equal:
        digests = [(number * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "big") for number in range(5_000)]
        assert {equal.number_of(digest) for digest in digests} == {1}
        assert {equal.number_of(digest) for digest in digests} == {2}


def test_refused_row_has_a_key_of_what_it_says_that_is_no_valid_rows_key() -> None:
    with EqualRows() as equal, EqualRows() as again:
        keys = RowKeys("a", equal)
        item = keys.of_refused(Row(3, 9, dict(FIELDS), None))
        assert item == RowKeys("a", again).of_refused(Row(7, 9, dict(FIELDS), None))
        assert item != RowKeys("a", again).of_content(FIELDS)
        texts = [
            bad_row(line, 9, text, "r", "r") for line, text in ((1, "x"), (2, "x"), (3, None), (4, None))
        ]
        assert len({item, *map(keys.of_refused, texts)}) == 5


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("dir/sale.csv", None, "sale.csv"),
        ("dir/sale.csv.rejected.jsonl", None, "sale.csv"),
        (unicodedata.normalize("NFD", "고객.csv"), None, "고객.csv"),
        ("sale.csv", "spring", "spring"),
    ],
)
def test_name_is_the_files_or_the_one_given(path: str, name: str | None, expected: str) -> None:
    assert name_of(Path(path), name) == expected


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 256])
def test_name_that_is_not_one_is_wrong_usage(name: str) -> None:
    with pytest.raises(UsageError, match="name of an import"):
        name_of(Path("x.csv"), name)


def test_key_column_is_taken_out_unless_it_is_a_field() -> None:
    item = {"msg": "m", "order": " 17 ", "echo_to_webhook": "e"}
    assert KeyColumn("order", "mms-bulk").take(item) == ({"msg": "m", "echo_to_webhook": "e"}, "17")
    assert KeyColumn("echo_to_webhook", "mms-bulk").take(item) == (item, "e")
    inside = {"msg": {"body": {"title": "t"}}}
    assert KeyColumn("msg.body.title", "rcs-mms-bulk").take(inside) == (inside, "t")


@pytest.mark.parametrize("cell", [None, "", " ", True, 1.5, [], {}])
def test_cell_that_is_no_text_or_whole_number_is_none(cell: object) -> None:
    assert KeyColumn("order", "mms-bulk").take({"order": cell}) == ({}, "")
    assert KeyColumn("order", "mms-bulk").take({}) == ({}, "")


@pytest.mark.parametrize("name", ["", "a.b", "msg.body.nothing"])
def test_key_column_that_no_file_can_have_is_wrong_usage(name: str) -> None:
    with pytest.raises(UsageError, match="key column"):
        KeyColumn(name, "rcs-mms-bulk")
