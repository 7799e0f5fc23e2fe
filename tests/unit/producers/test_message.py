"""One message in its sender's words."""

from __future__ import annotations

from typing import Any

import pytest

from plexsend.errors import InvalidItem, Problem, UsageError
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import PRODUCTS
from plexsend.producers.message import ARGUMENTS, make_item, name_as_written

WORDS = {"to": "010-2345-6789", "from_": "02-3456-7890", "text": "t"}


def make(service: str = "mms-bulk", **changes: Any) -> dict[str, Any]:
    given = {**WORDS, "title": None, "images": (), "msg_key": None, "fields": {}, **changes}
    return make_item(service, **given)


def test_the_parts_stand_where_the_product_has_them() -> None:
    plain = make(title="T", images=["a", "b"], msg_key="k", fields={"sub_id": "s"})
    card = make("rcs-mms-bulk", title="T", images=("a",), fields={"header": "0"})

    assert plain == {
        "sub_id": "s",
        "sender_number": "02-3456-7890",
        "receiver_number": "010-2345-6789",
        "msg_key": "k",
        "msg": "t",
        "title": "T",
        "file_path": ["a", "b"],
    }
    assert card["msg"] == {"body": {"description": "t", "title": "T", "media": "a"}}


def test_what_is_empty_is_left_out() -> None:
    assert set(make(text="", title="")) == {"sender_number", "receiver_number"}
    assert "msg" not in make("rcs-mms-bulk", text="")


def test_objects_of_the_caller_are_added_to_and_not_changed() -> None:
    fields = {"msg": {"body": {"title": "T"}}}

    assert make("rcs-mms-bulk", fields=fields)["msg"]["body"] == {"title": "T", "description": "t"}
    assert fields == {"msg": {"body": {"title": "T"}}}


@pytest.mark.parametrize(
    ("service", "changes", "words"),
    [
        ("mms-bulk", {"fields": {"msg": "other"}}, r"text \(msg\): is given twice"),
        ("mms-bulk", {"fields": {"receiver_number": "1"}}, r"to \(receiver_number\): is given twice"),
        ("rcs-mms-bulk", {"fields": {"msg": "other"}}, "msg: holds other fields"),
        (
            "rcs-mms-bulk",
            {"fields": {"msg": {"body": {"description": "d"}}}},
            r"text \(msg.body.description\): is given twice",
        ),
        ("rcs-mms-bulk", {"images": ["a", "b"]}, "one image"),
        ("mms-bulk", {"images": "https://example.com/a.jpg"}, "Give a list"),
        ("mms-bulk", {"images": None}, "images is of type NoneType. Give a list"),
        ("mms-bulk", {"images": 5}, "images is of type int"),
        ("rcs-mms-bulk", {"images": b"maapfile://a"}, "images is of type bytes"),
        ("mms-bulk", {"images": {"https://example.com/a.jpg": 1}}, "images is of type dict"),
        ("mms-bluk", {}, "mms-bulk"),
        (None, {}, "service is of type NoneType, .* mms-bulk"),
    ],
)
def test_what_can_mean_nothing_is_wrong_usage(service: str, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make(service, **changes)


def test_what_is_not_a_text_is_left_for_the_rules_to_refuse() -> None:
    assert make("rcs-mms-bulk", images=[5])["msg"]["body"]["media"] == 5
    assert make(to=5)["receiver_number"] == 5


def told(service: str, field: str, fields: Any = None, **written: str) -> str:
    """Where the problem of a field is, as a person reads it."""
    named = name_as_written(Problem(field, "R", ""), service, fields or {}, {**ARGUMENTS, **written})
    # Programs go on reading the gateway's name.
    assert named.field == field
    return str(named).removesuffix(": R")


@pytest.mark.parametrize(
    ("service", "field", "where"),
    [
        ("mms-bulk", "receiver_number", "to (receiver_number)"),
        ("mms-bulk", "sender_number", "from_ (sender_number)"),
        ("mms-bulk", "msg", "text (msg)"),
        ("mms-bulk", "title", "title"),
        ("mms-bulk", "file_path", "images (file_path)"),
        ("mms-bulk", "file_path.1", "images (file_path.1)"),
        ("mms-bulk", "sub_id", "sub_id"),
        ("mms-bulk", "msg_key", "msg_key"),
        ("rcs-mms-bulk", "msg.body.description", "text (msg.body.description)"),
        ("rcs-mms-bulk", "msg.body.media", "images (msg.body.media)"),
        ("rcs-mms-bulk", "msg", "text (msg)"),
        ("rcs-mms-bulk", "msg.body.title1", "msg.body.title1"),
        ("rcs-mms-bulk", "br_id", "br_id"),
    ],
)
def test_a_problem_names_what_was_written_and_the_field_behind_it(
    service: str, field: str, where: str
) -> None:
    assert told(service, field) == where


def test_a_field_that_was_written_by_its_own_name_keeps_it() -> None:
    body: dict[str, object] = {"msg": {"body": {"title": "T"}}}

    assert told("mms-bulk", "file_path.1", {"file_path": ["a", "b"]}) == "file_path.1"
    assert told("rcs-mms-bulk", "msg.body.title", body) == "msg.body.title"
    assert told("rcs-mms-bulk", "msg.body.description", body) == "text (msg.body.description)"


def test_a_command_names_its_options() -> None:
    assert told("mms-bulk", "file_path", images="--image") == "--image (file_path)"
    assert told("mms-bulk", "title", title="--title") == "--title (title)"


@pytest.mark.parametrize("product", PRODUCTS)
def test_whatever_is_wrong_with_what_the_words_gave_is_named_by_the_words(product: str) -> None:
    service = f"{product}-standard"
    item = make(service, to="1", from_="2", text="\u2013", title="\u2013", images=["x y"], msg_key="a b")
    with pytest.raises(InvalidItem) as caught:
        get_loader(service).load(item)

    problems = [problem.field for problem in caught.value.problems if problem.reason != "is missing"]
    assert len(problems) >= 4
    words = {told(service, field, **{word: f"<{word}>" for word in ARGUMENTS})[0] for field in problems}
    assert words == {"<"}
