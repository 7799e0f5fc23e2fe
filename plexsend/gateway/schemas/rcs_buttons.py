"""The rules for the buttons of an RCS card, from the RCS MMS page of the API PLEX developer guide.

The limits on texts are those that neighbouring gateways on the same carriers document, and so is the warning
for a long label. The guide shows every shape with all of its fields, so none of them may be left out.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from plexsend.gateway.schemas.objects import Entries, Object, ObjectSchema, object_schema
from plexsend.gateway.schemas.rcs_fields import Characters, Degrees, Unused, UtcTime
from plexsend.gateway.schemas.relations import Later, OneShape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.gateway.schemas.fields import ItemField
    from plexsend.gateway.schemas.relations import Relation

MOST_BUTTONS = 2
"""Buttons of one card."""

USUAL_LABEL = 17
"""Characters of a label that neighbouring gateways take."""

MOST_LABEL = 100
"""Characters of a label; a limit of this project, so that a message has a greatest size."""

LONGEST_LINK = 2048
"""Characters of a URL; a limit of this project too."""

# Not only http and https: a link may open an application. Spaces and control characters are in no URL.
_LINK = r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f]+"

_DIALLED = r"\+?[0-9*#](?:[0-9*# -]*[0-9*#])?"

_MOST_DIALLED = 30
"""Characters of a number that is dialled; a limit of this project, longer than any number."""


def _within(name: str, fields: Mapping[str, ItemField], *relations: Relation) -> Object:
    """Return an object that holds nothing but another one, as every action does."""
    return Object(object_schema({name: Object(object_schema(fields, relations), required=True)}))


def _text(what: str, most: int, *, required: bool = True) -> Characters:
    return Characters(required=required, most=most, hint=f"Give {what}, 1 to {most} characters.")


def _link() -> Characters:
    return Characters(
        required=True,
        most=LONGEST_LINK,
        pattern=_LINK,
        form="a URL",
        hint="Give the whole address without spaces, as in https://example.com/.",
    )


def _dialled() -> Characters:
    return Characters(
        required=True,
        most=_MOST_DIALLED,
        pattern=_DIALLED,
        form="a number as it is dialled",
        hint="Give digits, * and #, with - and spaces between them, and + in front if needed.",
    )


def _time(what: str) -> UtcTime:
    return UtcTime(required=True, hint=f"Give {what} in UTC, which is nine hours before Korean time.")


_LOCATION = object_schema(
    {
        "query": _text("what is searched for", 200, required=False),
        "latitude": Degrees(most=90, hint="Give degrees as a number from -90 to 90, without quotes."),
        "longitude": Degrees(most=180, hint="Give degrees as a number from -180 to 180, without quotes."),
        "label": _text("the name of the place", 200, required=False),
    },
    (
        OneShape(
            (("query",), ("latitude", "longitude", "label")),
            hint="Give a query alone, or latitude, longitude and label.",
        ),
    ),
)

_ACTIONS = {
    "urlAction": _within("openUrl", {"url": _link()}),
    "dialerAction": _within("dialPhoneNumber", {"phoneNumber": _dialled()}),
    "composeAction": _within(
        "composeTextMessage", {"phoneNumber": _dialled(), "text": _text("the text that is put in", 100)}
    ),
    "mapAction": _within("showLocation", {"location": Object(_LOCATION, required=True)}),
    "calendarAction": _within(
        "createCalendarEvent",
        {
            "startTime": _time("the beginning"),
            "endTime": _time("the end"),
            "title": _text("the event's title", 100),
            "description": _text("what the event is", 500),
        },
        Later("endTime", than="startTime"),
    ),
    "clipboardAction": _within("copyToClipboard", {"text": _text("the text that is copied", 200)}),
}
"""What a button can do; each does exactly one of these."""


class _Postback(Object):
    """What the gateway requires and does not use: always sent, and always empty."""

    def __init__(self) -> None:
        super().__init__(object_schema({"data": Unused()}))
        self.load_default = self._empty

    @staticmethod
    def _empty() -> dict[str, str]:
        return {"data": ""}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        return self._empty() | super()._deserialize(value, attr, data, **more)


_ACTION = object_schema(
    {
        **_ACTIONS,
        "displayText": Characters(
            required=True,
            most=MOST_LABEL,
            warn_above=USUAL_LABEL,
            hint=f"Give the button's label, 1 to {USUAL_LABEL} characters.",
        ),
        "postback": _Postback(),
    },
    (OneShape(tuple((name,) for name in _ACTIONS), hint="Give exactly one action for each button."),),
)


class _Suggestion(ObjectSchema):
    # The guide's definition prints `actions`, every example of it `action`.
    aliases = MappingProxyType({"actions": "action"})

    action = Object(_ACTION, required=True)


CARD = object_schema(
    {
        "suggestions": Entries(
            _Suggestion(),
            least=1,
            most=MOST_BUTTONS,
            hint='Give an array of one or two buttons, each {"action": {…}}; {} is a card without any.',
        )
    }
)
"""The buttons of one card; a card without buttons has an empty object."""
