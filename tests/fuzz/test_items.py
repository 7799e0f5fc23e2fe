"""Whatever an application or a foreign writer gives as an item: an item, or a refusal that shows nothing."""

from __future__ import annotations

import json
import tracemalloc
from collections import ChainMap, OrderedDict, UserDict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.errors import InvalidItem
from plexsend.gateway.items import LARGEST_WIRE_BYTES, Item, ItemLoader, get_loader
from plexsend.gateway.services import SERVICES
from tests.fuzz.effort import examples, least_work_s
from tests.fuzz.hostile import (
    JSON_VALUES,
    NUMBER,
    PYTHON_VALUES,
    SECRET,
    as_json,
    deep,
    spoilt_bytes,
    spoilt_items,
)
from tests.unit.gateway.wire_items import ITEMS

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE_IDS = st.sampled_from(sorted(SERVICES))
LMS: dict[str, Any] = {
    "msg_key": "k",
    "sender_number": "15881234",
    "receiver_number": "01023456789",
    "msg": "x",
}


def product_of(service: str) -> str:
    return SERVICES[service].product.name


def judge(loader: ItemLoader, raw: object, **options: Any) -> Item | None:
    """Return the item, or None where it is refused as it should be."""
    try:
        item = loader.load(raw, **options)
    except InvalidItem as exc:
        check_refusal(exc)
        return None
    check_body(item.body)
    return item


def check_refusal(exc: InvalidItem) -> None:
    assert exc.problems
    # Python's own errors hold the whole item.
    assert exc.__cause__ is None
    assert exc.__context__ is None
    told = f"{exc} {exc!r}"
    assert SECRET not in told
    assert NUMBER[3:] not in told
    assert len(told) < 40_000


def check_body(body: bytes) -> None:
    assert len(body) <= LARGEST_WIRE_BYTES
    assert isinstance(json.loads(body), dict)
    assert b"NaN" not in body or "NaN" in json.dumps(json.loads(body, parse_constant=pytest.fail))


@examples(250)
@given(st.data(), SERVICE_IDS, st.booleans())
def test_whatever_is_given_is_an_item_or_is_refused(data: Any, service: str, replace: bool) -> None:  # noqa: FBT001
    raw = data.draw(spoilt_items(product_of(service), PYTHON_VALUES) | PYTHON_VALUES)
    judge(get_loader(service), raw, replace=replace, default_key="made-up")


@examples(250)
@given(st.data(), SERVICE_IDS)
def test_what_was_let_pass_is_let_pass_again_as_the_same_bytes(data: Any, service: str) -> None:
    loader = get_loader(service)
    item = judge(
        loader, data.draw(spoilt_items(product_of(service), JSON_VALUES) | ITEMS[product_of(service)])
    )
    if item is not None:
        assert loader.load_wire(item.body, variant=item.variant).body == item.body


@examples(250)
@given(st.data(), SERVICE_IDS)
def test_whatever_bytes_are_stored_are_an_item_or_are_refused(data: Any, service: str) -> None:
    loader = get_loader(service)
    whole = as_json(data.draw(ITEMS[product_of(service)]))
    body = data.draw(spoilt_bytes(whole) | st.binary() | JSON_VALUES.map(as_json))
    try:
        item = loader.load_wire(body, variant=data.draw(st.sampled_from([None, "RMM", "\0"])))
    except InvalidItem as exc:
        check_refusal(exc)
    else:
        check_body(item.body)


@pytest.mark.parametrize("kind", ["array", "object"])
@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_depth_is_followed_beyond_that_of_an_item(service: str, kind: str) -> None:
    loader = get_loader(service)
    bomb = deep(kind, 100_000)
    for field in ("msg", "file_path", "buttons", "msg_type", "unknown"):
        assert judge(loader, {**LMS, field: bomb}) is None
    assert judge(loader, bomb) is None


@pytest.mark.parametrize("opening", [b"[", b'{"msg":', b'{"buttons":[', b'{"a":{"a":'])
def test_a_stored_body_of_brackets_alone_is_refused(opening: bytes) -> None:
    with pytest.raises(InvalidItem) as refused:
        get_loader("rcs-mms-bulk").load_wire((opening * LARGEST_WIRE_BYTES)[:LARGEST_WIRE_BYTES])
    check_refusal(refused.value)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_what_holds_itself_is_refused(service: str) -> None:
    array: list[Any] = []
    array.append(array)
    within: dict[str, Any] = dict(LMS)
    within["msg"] = within
    for raw in (
        within,
        {**LMS, "file_path": array},
        {**LMS, "msg": {"body": within}},
        {**LMS, "buttons": array},
    ):
        assert judge(get_loader(service), raw) is None


@pytest.mark.parametrize("wrap", [UserDict, OrderedDict, MappingProxyType, ChainMap])
def test_any_mapping_is_an_item_and_stays_as_it_was(wrap: Any) -> None:
    given = dict(LMS)
    item = judge(get_loader("lms-bulk"), wrap(given))
    assert item is not None
    assert given == LMS


@pytest.mark.parametrize("name", ["msg_key", "sender_number", "receiver_number", "msg"])
@pytest.mark.parametrize(
    "value",
    [True, 1, 1.0, 10**5000, float("nan"), b"x", ["x"], {"x": "x"}],
    ids=["true", "1", "1.0", "large", "nan", "bytes", "array", "object"],
)
def test_nothing_but_text_is_taken_for_text(name: str, value: Any) -> None:
    assert judge(get_loader("lms-bulk"), {**LMS, name: value}) is None


LARGE: dict[str, Callable[[int], dict[str, Any]]] = {
    "a text of marks": lambda n: {**LMS, "msg": "a" + "\u0345\u0301\u031b\u0327\u0338" * (n // 5)},
    "a text of marks in blocks": lambda n: {
        **LMS, "msg": "a" + "".join(mark * (n // 5) for mark in "\u0345\u0301\u031b\u0327\u0338")
    },
    "a text of jamo": lambda n: {**LMS, "msg": "\u1100" + "\u1161" * n},
    "a text of many characters": lambda n: {**LMS, "msg": "".join(map(chr, range(0x20000, 0x20000 + n)))},
    "a text of halves": lambda n: {**LMS, "msg": "\ud800" * n},
    "a text of line ends": lambda n: {**LMS, "msg": "\r\n" * (n // 2)},
    "unknown fields": lambda n: {**LMS, **{f"f{i}": 1 for i in range(n)}},
    "a long name": lambda n: {**LMS, "a1" * n: 1},
    "a long key": lambda n: {**LMS, "msg_key": "k" * n},
    "a long number": lambda n: {**LMS, "receiver_number": "0 " * n},
    "a long echo": lambda n: {**LMS, "echo_to_webhook": "가" * n},
}  # fmt: skip
"""What is large, by its size; 20,000 characters of text are the most that are judged one by one."""


@pytest.mark.parametrize("what", LARGE)
def test_work_grows_no_faster_than_the_item(what: str) -> None:
    loader = get_loader("lms-bulk")
    small, large = LARGE[what](1_900), LARGE[what](19_000)
    # Quadratic work would take a hundred times as long; below 4 ms other things are measured.
    once_s = max(least_work_s(lambda: judge(loader, small)), 0.004)
    assert least_work_s(lambda: judge(loader, large)) < 40 * once_s


@pytest.mark.parametrize("name", ["msg", "msg_key", "sender_number", "echo_to_webhook", "title", "file_path"])
@pytest.mark.parametrize("service", ["mms-bulk", "rcs-mms-bulk"])
def test_ten_megabytes_in_a_field_take_no_multiple_of_them(service: str, name: str) -> None:
    loader = get_loader(service)
    size_bytes = 10_000_000
    text = "가" * (size_bytes // 2)
    tracemalloc.start()
    try:
        assert judge(loader, {**LMS, name: text}) is None
        assert tracemalloc.get_traced_memory()[1] < 3 * size_bytes
    finally:
        tracemalloc.stop()
