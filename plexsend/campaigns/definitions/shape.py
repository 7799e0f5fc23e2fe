"""Shapes: the item of any row of a campaign, with columns in place of what each row has of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plexsend.campaigns.definitions.template import Template, texts_in
from plexsend.campaigns.recipients.columns import CONSENT_AT, NIGHT_CONSENT, RECEIVER
from plexsend.producers.advertisements import ADVERTISEMENT
from plexsend.producers.fallbacks import FALLBACK
from plexsend.producers.message import make_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from plexsend.campaigns.definitions.defined import Definition

WORDS: Final = ("title", "text", "images")
"""What a message says, by the words that a definition has for it."""
SENDER: Final = "sender_number"
_RECEIVER: Final = "휴대폰번호"
"""The column of numbers where nobody names one: such a name is found."""
_SERVICE: Final = "service"
_FROM: Final = "from"


class Cell(NamedTuple):
    """In place of a value: the column that holds it."""

    column: int
    is_picture: bool


def variables_of(texts: Iterable[str]) -> dict[str, None]:
    """Return the variables of some texts, each once, in their order."""
    return dict.fromkeys(name for text in texts for name in Template(text).variables)


def texts_of(definition: Definition) -> list[str]:
    """Return all texts of a definition that may hold variables."""
    own = [definition.title, definition.text]
    return [*own, *texts_in(definition.fields), *texts_in(definition.fallback)]


def shape_of(definition: Definition, column_of: Callable[[str], int | None]) -> dict[str, Any]:
    """Return the item of any row: texts with their variables, and cells in place of what columns hold.

    Args:
        definition: The campaign.
        column_of: Returns the column that the mapping names for a field; None: there is not one.
    """
    beside = {RECEIVER, NIGHT_CONSENT, CONSENT_AT, *variables_of(texts_of(definition))}
    cells = {
        field: Cell(column, is_picture=field == "images")
        for field in definition.mapping
        if field not in beside and (column := column_of(field)) is not None
    }
    own: dict[str, Any] = {word: getattr(definition, word) for word in WORDS}
    says = own | {word: cell for word, cell in cells.items() if word in WORDS}
    others = {field: cell for field, cell in cells.items() if field not in {SENDER, *WORDS}}
    sender: Any = cells.get(SENDER, definition.sender)
    item = make_item(
        definition.service,
        to="",
        from_=sender,
        text=says["text"],
        title=says["title"],
        images=[says["images"]] if "images" in cells else pictures(definition.images),
        msg_key=None,
        fields={**definition.fields, **others},
    )
    if definition.fallback is not None:
        item[FALLBACK] = fallback_item(definition.fallback)
    if definition.advertisement:
        item[ADVERTISEMENT] = True
    return item


def columns_needed(definition: Definition) -> tuple[str, ...]:
    """Return the columns that recipients of a campaign need, that of the numbers first."""
    mapping = definition.mapping
    variables = [mapping.get(name, name) for name in variables_of(texts_of(definition))]
    return tuple(dict.fromkeys((mapping.get(RECEIVER, _RECEIVER), *variables, *mapping.values())))


def fallback_item(fallback: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition's fallback with the gateway's names of fields."""
    service = str(fallback[_SERVICE])
    item = make_item(
        service,
        to="",
        from_=fallback.get(_FROM, ""),
        text=fallback.get("text", ""),
        title=fallback.get("title"),
        images=pictures(fallback.get("images", ())),
        msg_key=None,
        fields=fields_of_fallback(fallback),
    )
    return {_SERVICE: service, **item}


def fields_of_fallback(fallback: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a fallback has beside the words that a definition has for it."""
    return {name: value for name, value in fallback.items() if name not in {_SERVICE, _FROM, *WORDS}}


def pictures(written: Sequence[str]) -> list[str | Path]:
    """Return pictures as the producers know them."""
    return [picture(each) for each in written]


def picture(written: str) -> str | Path:
    """Return a picture as the producers know it: the path of a file, or a text.

    The text is an address, or relative to the folder that the pipeline knows, where a run keeps its pictures.
    """
    return Path(written) if written.startswith("/") else written
