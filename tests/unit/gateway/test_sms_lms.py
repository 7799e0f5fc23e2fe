"""The rules for SMS and LMS: those of MMS, but for what the tables here say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plexsend.errors import InvalidItem
from plexsend.gateway.items import SCHEMAS, get_loader
from plexsend.gateway.services import SERVICES

LOADERS = {"sms": get_loader("sms-verify"), "lms": get_loader("lms-finance"), "mms": get_loader("mms-bulk")}
GOOD: dict[str, Any] = {
    "msg_key": "k1",
    "sub_id": "shop",
    "sender_number": "15881234",
    "receiver_number": "01023456789",
    "origin_cid": "123456789",
    "msg": "안녕하세요",
    "echo_to_webhook": "echo",
}


def refused_fields(product: str, item: dict[str, Any]) -> list[str]:
    try:
        LOADERS[product].load(item)
    except InvalidItem as invalid:
        return [problem.field for problem in invalid.problems]
    return []


@pytest.mark.parametrize(("product", "title"), [("sms", {}), ("lms", {"title": "제목"})])
def test_whole_item_goes_out_in_the_order_of_the_guide(product: str, title: dict[str, str]) -> None:
    loaded = LOADERS[product].load(dict(reversed((GOOD | title).items())))
    given = '{"msg_key":"k1","sub_id":"shop",%s"sender_number":"15881234","receiver_number":"01023456789",'
    rest = '"origin_cid":"123456789","msg":"안녕하세요","echo_to_webhook":"echo"}'
    assert loaded.body == ((given + rest) % ('"title":"제목",' if title else "")).encode()
    assert (loaded.variant, loaded.warnings) == (None, ())


@pytest.mark.parametrize(
    ("product", "field", "within", "beyond"),
    [
        (
            "sms",
            "msg",
            ["a", "a" * 89, "a" * 90, "가" * 44 + "a", "가" * 45],
            ["", " ", "a" * 91, "가" * 45 + "a"],
        ),
        ("lms", "msg", ["a", "a" * 1999, "a" * 2000, "가" * 1000], ["", "a" * 2001, "가" * 1000 + "a"]),
        ("lms", "title", ["", "a" * 49, "a" * 50, "가" * 25], ["a" * 51, "가" * 25 + "a"]),
        ("sms", "echo_to_webhook", ["", "a" * 255, "a" * 256], ["a" * 257, "가" * 86]),
        ("lms", "echo_to_webhook", ["", "a" * 255, "a" * 256], ["a" * 257, "가" * 86]),
        ("sms", "sub_id", ["", "a" * 255, "a" * 256], ["a" * 257]),
        ("lms", "sub_id", ["", "a" * 255, "a" * 256], ["a" * 257]),
        ("sms", "origin_cid", ["1" * 9, "1" * 10], ["1" * 8, "1" * 11, ""]),
        ("lms", "origin_cid", ["1" * 9, "1" * 10], ["1" * 8, "1" * 11, ""]),
        ("sms", "msg_key", ["k", "k" * 127, "k" * 128], ["k" * 129, "a b"]),
        ("lms", "msg_key", ["k", "k" * 127, "k" * 128], ["k" * 129, "a b"]),
    ],
)
def test_value_goes_out_as_it_is_up_to_its_limit_and_is_refused_above(
    product: str, field: str, within: list[str], beyond: list[str]
) -> None:
    for value in within:
        assert json.loads(LOADERS[product].load(GOOD | {field: value}).body)[field] == value
    for value in beyond:
        assert refused_fields(product, GOOD | {field: value}) == [field]


@pytest.mark.parametrize(
    ("product", "field"),
    [("sms", "title"), ("sms", "file_path"), ("lms", "file_path"), ("sms", "msg_type"), ("lms", "msg_type")],
)
def test_field_of_another_product_is_refused_by_name(product: str, field: str) -> None:
    for value in ("x", ["https://x/1.jpg"], None):
        assert refused_fields(product, GOOD | {field: value}) == [field]


@pytest.mark.parametrize("product", ["sms", "lms"])
@pytest.mark.parametrize("field", sorted(GOOD.keys() - {"msg_key"}))
def test_null_is_refused_by_name(product: str, field: str) -> None:
    assert refused_fields(product, GOOD | {field: None}) == [field]


@pytest.mark.parametrize("product", ["sms", "lms"])
def test_what_is_required_is_told(product: str) -> None:
    assert refused_fields(product, {"msg_key": "k"}) == ["sender_number", "receiver_number", "msg"]


@pytest.mark.parametrize("product", ["sms", "lms"])
def test_key_may_be_left_to_a_default(product: str) -> None:
    item = {**GOOD, "msg_key": ""}
    assert LOADERS[product].load(item, default_key="made-up").msg_key == "made-up"


@pytest.mark.parametrize("product", ["sms", "lms"])
def test_text_must_fit_euc_kr_and_is_replaced_where_asked_for(product: str) -> None:
    assert refused_fields(product, GOOD | {"msg": "1–2"}) == ["msg"]
    item = LOADERS[product].load(GOOD | {"msg": "1–2"}, replace=True)
    assert json.loads(item.body)["msg"] == "1-2"
    assert [each.field for each in item.replacements] == ["msg"]


def test_long_title_of_an_lms_warns() -> None:
    assert [w.field for w in LOADERS["lms"].load(GOOD | {"title": "a" * 41}).warnings] == ["title"]
    assert LOADERS["lms"].load(GOOD | {"title": "a" * 40}).warnings == ()


def test_lms_has_the_rules_of_mms_without_images_and_sms_those_of_lms_without_a_title() -> None:
    mms, lms, sms = (SCHEMAS[product]().rules() for product in ("mms", "lms", "sms"))
    assert lms == {name: rule for name, rule in mms.items() if name != "file_path"}
    sms["msg"]["most_bytes"] = 2000
    assert sms == {name: rule for name, rule in lms.items() if name != "title"}


def test_each_product_has_a_loader_of_its_own() -> None:
    assert len({id(get_loader(service)) for service in SERVICES}) == 4
