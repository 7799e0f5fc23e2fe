"""Where an item shows pictures: files that it names are taken out, and stand-ins put in their places.

A stand-in is made of the picture's content. So an item is judged before anything is uploaded, and what its
digest covers is the same whatever address the picture has.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.errors import Problem

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
"""Where a text of a file begins so, it is an address."""
_STAND_INS = {"mms": "https://picture.invalid/", "rcs-mms": "maapfile://picture.invalid/"}

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_Path = tuple[str, ...]


def stand_in(picture: str) -> str:
    """Return what stands for a picture, as an address of its product."""
    product, _, content = picture.partition(":")
    return f"{_STAND_INS[product]}{content}"


def product_of(picture: str) -> str:
    """Return whose pictures a picture is one of."""
    return picture.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture that an item shows."""

    product: str
    """Whose pictures it is one of: that of the item, or of its fallback."""
    path: _Path
    """Names of fields to the value that holds it."""
    place: int | None
    """Which one of a list; None: the value is the picture itself."""
    value: object
    """As the item has it."""

    @property
    def field(self) -> str:
        """The same as a problem names it."""
        return ".".join((*self.path, *([] if self.place is None else [str(self.place)])))


@dataclass(frozen=True, slots=True)
class Placed:
    """The pictures of one item: those that are files, and addresses."""

    files: Mapping[str, tuple[str, Path]] = field(default_factory=dict)
    """Field → the picture and its file, of those that are files."""
    urls: tuple[tuple[str, str], ...] = ()
    """Fields and the addresses that the item itself has there."""
    written: Mapping[_Path, Any] = field(default_factory=dict)
    """Path → what the item had there, of values that hold files."""
    problems: tuple[Problem, ...] = ()

    def as_written(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return fields of the judged item with files as they were named: a row's key is made of these."""
        for path, value in self.written.items():
            # What is said of its fallback is among them for the key of a row alone.
            if path[0] in fields:
                fields = put(fields, path, value)
        return fields


def shown(product: str, raw: Mapping[str, Any]) -> Iterator[Shown]:
    """Yield the pictures of an item, whatever they are; nothing where they are not where they belong."""
    if product == "mms":
        yield from _attached(raw, ())
        return
    msg = raw.get("msg")
    body = msg.get("body") if isinstance(msg, Mapping) else None
    if isinstance(body, Mapping):
        for name, value in body.items():
            if isinstance(name, str) and name.startswith("media"):
                yield Shown(product, ("msg", "body", name), None, value)
    instead = raw.get("fallback")
    if isinstance(instead, Mapping):
        yield from _attached(instead, ("fallback",))


def _attached(raw: Mapping[str, Any], inside: _Path) -> Iterator[Shown]:
    given = raw.get("file_path")
    if isinstance(given, (list, tuple)):
        for place, value in enumerate(given):
            yield Shown("mms", (*inside, "file_path"), place, value)


def file_of(value: object, folder: Path | None) -> Path | None:
    """Return the file that a value names, None where it is none.

    `folder`: that of the file whose row it is in, where a text without a scheme is a path; None: of no file.
    """
    if isinstance(value, os.PathLike):
        named = os.fspath(value)
        return Path(named if isinstance(named, str) else os.fsdecode(named))
    if folder is None or not isinstance(value, str) or not value.strip() or _SCHEME.match(value.lstrip()):
        return None
    return folder / value


def put(fields: Mapping[str, Any], path: _Path, value: Any) -> dict[str, Any]:
    """Return fields with another value at a path; what is given is not changed."""
    name, *rest = path
    inner = fields.get(name)
    whole = put(inner, tuple(rest), value) if rest and isinstance(inner, Mapping) else value
    return {**fields, name: whole}


def rooted(product: str, item: dict[str, Any], *, folder: Path) -> dict[str, Any]:
    """Return a row's item with the files that it names by their whole paths."""
    for each in shown(product, item):
        path = file_of(each.value, folder)
        if path is not None:
            item = put_in(item, each, str(path))
    return item


def value_at(fields: Mapping[str, Any], path: _Path) -> Any:
    """Return the value at a path that is there."""
    inner: Any = fields
    for name in path:
        inner = inner[name]
    return inner


def put_in(item: Mapping[str, Any], one: Shown, value: str) -> dict[str, Any]:
    """Return an item with another value for one picture."""
    if one.place is None:
        return put(item, one.path, value)
    inner = value_at(item, one.path)
    return put(item, one.path, [*inner[: one.place], value, *inner[one.place + 1 :]])


def exchange(body: bytes, by: Mapping[str, str], *, product: str) -> bytes:
    """Return a wire body with other addresses in place of those that it shows.

    They are exchanged where the pictures are and nowhere else: a name in quotes with a colon behind it is in
    no text of JSON, whose quotes are escaped.
    """
    whole, done, parts = body.decode(), 0, []
    for found in _NAMES[product].finditer(whole):
        value, end = _decode(whole, found.end())
        other = [by.get(each, each) for each in value] if isinstance(value, list) else by.get(value, value)
        parts += [whole[done : found.end()], _encode(other)]
        done = end
    return "".join([*parts, whole[done:]]).encode()


_decode: Final = json.JSONDecoder().raw_decode
_NAMES = {"mms": re.compile('"file_path":'), "rcs-mms": re.compile(r'"media\d*":')}
"""Product → what is in front of the pictures of its bodies."""
