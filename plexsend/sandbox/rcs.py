"""The items of RCS MMS, as data: one card with a picture, a text and buttons, in two dialects.

Texts are UTF-8 and counted in code points. A value that is not there is left out: null and blank are refused
everywhere.
"""

from __future__ import annotations

import re

from plexsend.sandbox.fields import Field, Kind, Shape
from plexsend.sandbox.numbers import RECEIVER, SENDER
from plexsend.sandbox.rules import Later, Needs, OneOf

ENVELOPE = Shape((Field("msg_type", required=True, pattern=re.compile("RM[MH]")),))
"""What a request holds beside its messages: all are standalone (RMM) or all horizontal (RMH)."""


def _wrap(name: str, shape: Shape) -> Field:
    """Return a field whose object must be there."""
    return Field(name, kind=Kind.OBJECT, required=True, shape=shape)


def _describe_card(number: str) -> tuple[Field, ...]:
    """Return the parts of a card, under plain names or with the number that the guide's example adds."""
    return (
        Field(f"title{number}", filled=True, max_chars=30),
        # The page's head says 650; its table, and the neighbouring gateways, say 1300.
        Field(f"description{number}", filled=True, max_chars=1300),
        Field(f"media{number}", filled=True, pattern=re.compile(r"maapfile://\S+")),
    )


_PLAIN = _describe_card("")
_NUMBERED = _describe_card("1")

# Both types have a single card, so that there is a 1 and never a 2. Half a card of each form is neither.
_BODY = Shape(
    (*_PLAIN, *_NUMBERED),
    (OneOf((tuple(field.name for field in _PLAIN), tuple(field.name for field in _NUMBERED))),),
)

_EVENT = Shape(
    (
        Field("startTime", kind=Kind.TIME, required=True),
        Field("endTime", kind=Kind.TIME, required=True),
        Field("title", required=True, max_chars=100),
        Field("description", filled=True, max_chars=500),
    ),
    (Later("endTime", than="startTime"),),
)

_LOCATION = Shape(
    (
        Field("query", filled=True, max_chars=200),
        Field("latitude", kind=Kind.NUMBER, span=(-90, 90)),
        Field("longitude", kind=Kind.NUMBER, span=(-180, 180)),
        Field("label", filled=True, max_chars=200),
    ),
    (
        OneOf((("query",), ("latitude", "longitude", "label"))),
        Needs("latitude", "longitude"),
        Needs("longitude", "latitude"),
        Needs("label", "latitude"),
    ),
)

# What each action holds: one object, named for what the handset does.
_DEEDS = {
    "urlAction": _wrap("openUrl", Shape((Field("url", required=True),))),
    "dialerAction": _wrap("dialPhoneNumber", Shape((Field("phoneNumber", required=True),))),
    "composeAction": _wrap(
        "composeTextMessage",
        Shape((Field("phoneNumber", required=True), Field("text", required=True, max_chars=100))),
    ),
    "mapAction": _wrap("showLocation", Shape((_wrap("location", _LOCATION),))),
    "calendarAction": _wrap("createCalendarEvent", _EVENT),
    "clipboardAction": _wrap("copyToClipboard", Shape((Field("text", required=True, max_chars=200),))),
}

_ACTION = Shape(
    (
        *(Field(name, kind=Kind.OBJECT, shape=Shape((deed,))) for name, deed in _DEEDS.items()),
        # Seventeen characters fit on a button, says a neighbouring gateway, but the guide has no limit.
        Field("displayText", required=True),
        _wrap("postback", Shape((Field("data", kind=Kind.EMPTY, required=True),))),
    ),
    (OneOf(tuple((name,) for name in _DEEDS)),),
)

# One entry for the card; a card without buttons has an empty one.
_BUTTONS = Field(
    "buttons",
    kind=Kind.OBJECTS,
    max_count=1,
    shape=Shape(
        (Field("suggestions", kind=Kind.OBJECTS, max_count=2, shape=Shape((_wrap("action", _ACTION),))),)
    ),
)


def _describe_item(brand: str, copy_allowed: Field) -> Shape:
    """Return the items of a dialect: the two differ in the brand's name and in the type of a flag."""
    return Shape(
        (
            Field("msg_key", required=True, pattern=re.compile(r"[ -~]{1,128}")),
            SENDER,
            RECEIVER,
            Field("msg_base_id", required=True, pattern=re.compile(r"[A-Za-z0-9._-]{1,40}")),
            Field(brand, required=True),
            Field("brand_key", required=True),
            Field("header", required=True, pattern=re.compile("[01]")),
            # The number alone: the words before it are the gateway's.
            Field("footer", filled=True, max_chars=20, pattern=re.compile("[0-9][0-9-]*")),
            copy_allowed,
            _wrap("msg", Shape((_wrap("body", _BODY),))),
            _BUTTONS,
        ),
        (Needs("header", "footer", value="1"),),
    )


ITEM_V1 = _describe_item("br_id", Field("copy_allowed", filled=True, pattern=re.compile("true|false")))
"""`br_id`, and a flag that is a string."""

ITEM_V2 = _describe_item("brand_id", Field("copy_allowed", kind=Kind.FLAG))
"""`brand_id`, and a flag that is one."""
