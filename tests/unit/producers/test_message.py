"""One message in its sender's words."""

from __future__ import annotations

from typing import Any

import pytest

from plexsend.errors import UsageError
from plexsend.producers.message import make_item

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
        ("mms-bulk", {"fields": {"msg": "other"}}, "msg: is given twice"),
        ("mms-bulk", {"fields": {"receiver_number": "1"}}, "receiver_number: is given twice"),
        ("rcs-mms-bulk", {"fields": {"msg": "other"}}, "msg: holds other fields"),
        ("rcs-mms-bulk", {"fields": {"msg": {"body": {"description": "d"}}}}, "description: is given twice"),
        ("rcs-mms-bulk", {"images": ["a", "b"]}, "one image"),
        ("mms-bulk", {"images": "https://example.com/a.jpg"}, "Give a list"),
        ("mms-bluk", {}, "mms-bulk"),
    ],
)
def test_what_can_mean_nothing_is_wrong_usage(service: str, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make(service, **changes)
