"""Where items show pictures, and what stands in their places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plexsend.gateway.items import get_loader
from plexsend.producers.placing import exchange, file_of, put, shown, stand_in

HERE = Path("/lists")
MMS = {"msg_key": "k", "sender_number": "0222345678", "receiver_number": "01023456789", "msg": "x"}


@pytest.mark.parametrize("product", ["mms", "rcs-mms"])
@pytest.mark.parametrize(
    "raw", [{}, {"file_path": 3}, {"msg": 4}, {"msg": {"body": None}}, {"file_path": "x"}]
)
def test_an_item_of_any_shape_shows_what_it_can(product: str, raw: dict[str, Any]) -> None:
    assert list(shown(product, raw)) == []


def test_fields_are_named_as_problems_name_them() -> None:
    assert [each.field for each in shown("mms", {"file_path": ["a", 2, None]})] == [
        "file_path.0",
        "file_path.1",
        "file_path.2",
    ]
    card = {"msg": {"body": {"title": "t", "media": 1, "media1": 2}}}
    assert [each.field for each in shown("rcs-mms", card)] == ["msg.body.media", "msg.body.media1"]


@pytest.mark.parametrize(
    ("value", "folder", "file"),
    [
        (Path("a.jpg"), None, Path("a.jpg")),
        (Path("a.jpg"), HERE, Path("a.jpg")),
        ("a.jpg", None, None),
        ("a b/c.jpg", HERE, HERE / "a b/c.jpg"),
        ("/x/a.jpg", HERE, Path("/x/a.jpg")),
        ("https://x/a.jpg", HERE, None),
        ("HTTP://x/a.jpg", HERE, None),
        ("maapfile://x", HERE, None),
        ("ftp://x/a.jpg", HERE, None),
        ("  ", HERE, None),
        (None, HERE, None),
        (7, HERE, None),
    ],
)
def test_a_text_is_a_file_in_a_row_alone_and_an_address_never(
    value: object, folder: Path | None, file: Path | None
) -> None:
    assert file_of(value, folder) == file


def test_putting_a_value_changes_nothing_that_was_given() -> None:
    given_fields = {"a": {"b": {"c": 1, "d": 2}}, "e": 3}
    assert put(given_fields, ("a", "b", "c"), 9) == {"a": {"b": {"c": 9, "d": 2}}, "e": 3}
    assert given_fields["a"] == {"b": {"c": 1, "d": 2}}


ADDRESSES = st.from_regex(r"https?://[a-z.]{1,8}(/[!-~]{0,20})?", fullmatch=True)


@settings(max_examples=60)
@given(
    urls=st.lists(ADDRESSES, min_size=1, max_size=3),
    others=st.lists(ADDRESSES, min_size=3, max_size=3),
    text=st.text(st.sampled_from('"file_path":[]{},\\aé가'), min_size=1, max_size=40),
)
def test_addresses_are_exchanged_where_pictures_are_and_nowhere_else(
    urls: list[str], others: list[str], text: str
) -> None:
    item = {**MMS, "msg": text, "file_path": urls, "echo_to_webhook": json.dumps({"file_path": urls})}
    body = json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()
    by = dict(zip(urls, others, strict=False))
    assert json.loads(exchange(body, by, product="mms")) == item | {"file_path": [by[url] for url in urls]}
    assert exchange(body, {}, product="mms") == body


def test_stand_ins_pass_the_rules_of_their_products() -> None:
    item = {**MMS, "file_path": [stand_in(f"mms:{'a' * 32}")]}
    assert stand_in(f"mms:{'a' * 32}").encode() in get_loader("mms-bulk").load(item).body
    card = {
        **{name: value for name, value in MMS.items() if name != "msg"},
        "msg_base_id": "SMwThT00",
        "br_id": "B",
        "brand_key": "K",
        "header": "0",
        "msg": {"body": {"media": stand_in("rcs-mms:none")}},
    }
    assert b"maapfile://picture.invalid/none" in get_loader("rcs-mms-bulk").load(card, variant="RMM").body
