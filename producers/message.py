"""One message in the words of its sender (to, from, text, title, images) as the item that it is, and back.

An item is judged in the gateway's names of fields. What is wrong with it is reported in the words in which it
was written, so the same table is read both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from plexsend.errors import Problem, UsageError
from plexsend.gateway import euckr
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import get_service

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PLAIN: Mapping[str, str] = MappingProxyType(
    {
        "to": "receiver_number",
        "from_": "sender_number",
        "text": "msg",
        "title": "title",
        "images": "file_path",
        "msg_key": "msg_key",
        "msg_type": "msg_type",
    }
)
"""Word of a sender → where it is in an item."""
_CARD = MappingProxyType(
    {**_PLAIN, "text": "msg.body.description", "title": "msg.body.title", "images": "msg.body.media"}
)

_PLACES = {"rcs-mms": _CARD}
"""Product whose parts are in other places than usual → those places."""
_ONE_IMAGE = frozenset({"rcs-mms"})
"""Products whose messages have one image instead of a list of them."""

ARGUMENTS: Mapping[str, str] = MappingProxyType({word: word for word in _PLAIN})
"""Word of a sender → how a program writes it: the arguments of `send`."""


def make_item(
    service: str,
    *,
    to: str,
    from_: str,
    text: str,
    title: str | None,
    images: Sequence[str | Path],
    msg_key: str | None,
    fields: Mapping[str, object],
    written: Mapping[str, str] = ARGUMENTS,
) -> dict[str, Any]:
    """Return the item of a message, without what is empty.

    Args:
        service: Whose item it is; UsageError where there is no such service.
        to: The receiver's number.
        from_: The sender's number.
        text: What it says.
        title: Its title.
        images: Addresses of uploaded images, or paths of files that are to be uploaded.
        msg_key: Its key.
        fields: Anything else, by the gateway's names. What is named twice is a UsageError.
        written: Word → how the sender writes it, for that error.
    """
    product = get_service(service).product.name
    given = {
        "from_": from_,
        "to": to,
        "msg_key": msg_key,
        "text": text,
        "title": title,
        "images": _as_value(images, one=product in _ONE_IMAGE),
    }
    places = _PLACES.get(product, _PLAIN)
    item = dict(fields)
    for word, value in given.items():
        if value or isinstance(value, int):
            _put(item, places[word], value, written[word])
    return item


@dataclass(frozen=True, slots=True)
class TextLimit:
    """How long the text of a message may be."""

    most: int
    in_bytes: bool
    """In bytes of EUC-KR; otherwise in characters."""

    def size(self, text: str) -> int:
        """Return how much of it a text takes that is sent so."""
        return euckr.size_bytes(text) if self.in_bytes else len(text)


def text_limit(service: str) -> TextLimit:
    """Return how long a text of a service may be."""
    rule = get_loader(service).rule(_PLACES.get(get_service(service).product.name, _PLAIN)["text"])
    in_bytes = "most_bytes" in rule
    return TextLimit(rule["most_bytes" if in_bytes else "most"], in_bytes)


def in_words(service: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's parts by the words of its sender; None for what it does not have.

    Args:
        service: Whose item it is.
        item: The item, with the gateway's names of fields.
    """
    places = _PLACES.get(get_service(service).product.name, _PLAIN)
    return {word: _at(item, place) for word, place in places.items()}


def _at(item: Mapping[str, Any], path: str) -> Any:
    inner: Any = item
    for name in path.split("."):
        inner = inner.get(name) if isinstance(inner, Mapping) else None
    return inner


def name_as_written(
    problem: Problem,
    service: str,
    fields: Mapping[str, object],
    written: Mapping[str, str] = ARGUMENTS,
) -> Problem:
    """Return a problem of a message with the word that its sender wrote.

    Args:
        problem: What is wrong with the item that `make_item` returned.
        service: The same as `make_item` was given, and so are the rest.
        fields: Names in here were written by the sender: they have no other word.
        written: Word → how the sender writes it.
    """
    if _is_in(fields, problem.field):
        return problem
    word = _word_of(problem.field, _PLACES.get(get_service(service).product.name, _PLAIN))
    return problem if word is None else replace(problem, written=written[word])


def _as_value(images: Sequence[str | Path], *, one: bool) -> object:
    """Return the images as the item has them."""
    # A text and a mapping can be gone through as well, and would give letters and names.
    if isinstance(images, str):
        raise UsageError("images is a single text. Give a list, for one image too.")
    if isinstance(images, (bytes, Mapping)) or not isinstance(images, Iterable):
        raise UsageError(f"images is of type {type(images).__name__}. Give a list, for one image too.")
    every = list(images)
    if not one:
        return every
    if len(every) > 1:
        raise UsageError(f"A message of this service has one image, and {len(every)} are given.")
    return every[0] if every else ""


def _put(item: dict[str, Any], path: str, value: object, written: str) -> None:
    """Put a value at a path. Objects on the way are copied first, since they are the caller's."""
    *outer, last = path.split(".")
    inner = item
    for name in outer:
        given = inner.get(name, {})
        if not isinstance(given, Mapping):
            raise UsageError(f"{name}: holds other fields. Give it as a mapping of their names to values.")
        inner[name] = dict(given)
        inner = inner[name]
    if last in inner:
        twice = "is given twice, by an argument of its own and as a field"
        raise UsageError(str(Problem(path, twice, "Leave one of the two out.", written)))
    inner[last] = value


def _is_in(fields: Mapping[str, object], path: str) -> bool:
    """Return whether the value at a path is one that was given by its field's name."""
    inner: object = fields
    for name in path.split("."):
        if not isinstance(inner, Mapping):
            return True
        if name not in inner:
            return False
        inner = inner[name]
    return True


def _word_of(path: str, places: Mapping[str, str]) -> str | None:
    """Return the word for what is at a path; None where a field of the gateway is its only name.

    A path into a list (`file_path.1`) is of the word for the list, and a path above several words (`msg` of a
    card) of the first one, its text.
    """
    for word, place in places.items():
        if f"{path}.".startswith(f"{place}."):
            return word
    return next((word for word, place in places.items() if place.startswith(f"{path}.")), None)
