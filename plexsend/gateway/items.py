"""Items: what a caller gives becomes what goes on the wire, or every problem with it at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from marshmallow import ValidationError

from plexsend.errors import InvalidItem, Problem
from plexsend.gateway.schemas.draft import Draft
from plexsend.gateway.schemas.fields import MSG_KEY_PATTERN, name_type
from plexsend.gateway.schemas.item import UNKNOWN_FIELD, ItemSchema
from plexsend.gateway.schemas.mms import MmsSchema
from plexsend.gateway.services import PRODUCTS, Product, get_service
from plexsend.gateway.stamps import Stamp

if TYPE_CHECKING:
    from typing import NoReturn

    from plexsend.gateway.refusals import Refusal

SCHEMAS: Mapping[str, type[ItemSchema]] = MappingProxyType({"mms": MmsSchema})
"""Product → the schema of its items."""

LARGEST_WIRE_BYTES = 65_536
"""A stored body above this is refused unread; no item that passes the rules comes near it."""

MOST_UNKNOWN_NAMED = 20
"""Unknown fields of one item that are named one by one."""

_WHOLE_ITEM = "item"
"""Stands for the field where a problem is the item's as a whole."""

_MSG_KEY = re.compile(MSG_KEY_PATTERN)

# A file without a header line turns its first row, numbers and text, into field names: only what looks like
# a name is shown.
_SHOWABLE_NAME = re.compile(r"(?!.*[0-9]{5})[A-Za-z_][A-Za-z0-9_.-]{0,39}")

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Item:
    """An item that the gateway's documented rules let pass."""

    msg_key: str
    variant: str | None
    """What all items of one request must share, beside the service; None for a product without variants."""
    body: bytes = field(repr=False)
    """The item as it goes on the wire: compact UTF-8 JSON, fields in the order of the schema."""
    warnings: tuple[Problem, ...]
    """What can be sent but may not be what the caller wants."""
    replacements: tuple[Problem, ...]
    """Each replacement that was made because the caller asked for replacements."""


class ItemLoader:
    """Judges the items of one product. Shared by all threads."""

    def __init__(self, product: Product, schema: ItemSchema) -> None:
        self.product = product
        self.stamp = Stamp(product.name, product.dialect, schema.version, schema.fingerprint())
        self._schema = schema

    def load(self, raw: object, *, default_key: str | None = None, replace: bool = False) -> Item:
        """Return the item that `raw` is.

        Args:
            raw: A mapping of field names to values. It is not changed.
            default_key: The `msg_key` where `raw` has none, or null, or a blank one, if the product lets a
                key be left out.
            replace: Put the usual replacements for characters outside EUC-KR instead of refusing them.

        Raises:
            InvalidItem: with every problem of the item; nothing else, whatever `raw` is.
        """
        if not isinstance(raw, Mapping):
            _refuse_whole(f"is {name_type(raw)}, not an object", "Give the fields of one message by name.")
        draft = Draft(raw, replace=replace)
        given_key = draft.get("msg_key")
        if given_key is None or (isinstance(given_key, str) and not given_key.strip()):
            draft.pop("msg_key", None)
            if default_key is not None and not self.product.key_required:
                draft["msg_key"] = default_key
        return self._judge(draft)

    def load_wire(self, body: bytes, *, variant: str | None = None) -> Item:
        """Return the item that a stored body is, judged again by this loader's own rules.

        Args:
            body: The item as some version of this project, or anything else, stored it.
            variant: What the record says beside the body; stored bodies do not carry it.

        Raises:
            InvalidItem: as `load` does, and for a body that is not one JSON object.
        """
        raw = _read_json(body)
        if variant is not None and self.product.variant_field is not None and isinstance(raw, dict):
            raw[self.product.variant_field] = variant
        return self.load(raw)

    def _judge(self, draft: Draft) -> Item:
        try:
            values = self._schema.load(draft)
        except ValidationError as exc:
            errors: Any = exc.messages
        else:
            variant_field = self.product.variant_field
            variant = values.pop(variant_field, None) if variant_field is not None else None
            body = _encode(values).encode()
            return Item(values["msg_key"], variant, body, tuple(draft.warnings), tuple(draft.replacements))
        # Raised out here, since marshmallow's error holds the whole item and would stay attached.
        key = draft.get("msg_key")
        valid_key = key if isinstance(key, str) and _MSG_KEY.fullmatch(key) else None
        raise InvalidItem(tuple(self._tell(errors)), msg_key=valid_key)

    def _tell(self, errors: Mapping[Any, Any]) -> Iterator[Problem]:
        """Yield the problems of an item: those of known fields in the schema's order, then unknown names."""
        known = {name: errors[name] for name in errors if name in self._schema.fields}
        for path, refusal in _flatten(known, ""):
            yield refusal.at(path)
        unknown = sorted({_show_name(name) for name in errors if name not in known})
        for name in unknown[:MOST_UNKNOWN_NAMED]:
            meant = get_close_matches(name, self._schema.fields, n=1)
            remedy = f"Did you mean {meant[0]}?" if meant else f"Known are {', '.join(self._schema.fields)}."
            yield Problem(name, UNKNOWN_FIELD.reason, remedy)
        if len(unknown) > MOST_UNKNOWN_NAMED:
            more = len(unknown) - MOST_UNKNOWN_NAMED
            yield Problem(_WHOLE_ITEM, f"has {more} more unknown fields", "Give the fields of one message.")


def get_loader(service_id: str) -> ItemLoader:
    """Return the loader for a service's items; UsageError if there is no such service."""
    return _LOADERS[get_service(service_id).product.name]


def _flatten(errors: Any, path: str) -> Iterator[tuple[str, Refusal]]:
    """Yield each refusal with its dotted path; places in arrays count from 0, as in JSON and Python."""
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            shown = str(name) if isinstance(name, int) else _show_name(name)
            yield from _flatten(inner, f"{path}.{shown}" if path else shown)
        return
    for refusal in errors:
        yield path, refusal


def _show_name(name: object) -> str:
    if isinstance(name, str) and _SHOWABLE_NAME.fullmatch(name):
        return name
    return "(a name that is not shown)"


def _read_json(body: bytes) -> object:
    """Return the JSON value that `body` is, read more strictly than Python does by itself."""
    if len(body) > LARGEST_WIRE_BYTES:
        _refuse_whole(f"takes {len(body)} bytes, more than any message", "Store it again as a message.")
    try:
        raw: object = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        # ValueError is also bad UTF-8 and a number of thousands of digits. Python's error holds the body, so
        # ours is raised below, with nothing attached.
        pass
    else:
        return raw
    return _refuse_whole("is not one JSON object in UTF-8", "Submit the message again.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name stands twice")
    return values


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON")


def _refuse_whole(reason: str, remedy: str) -> NoReturn:
    raise InvalidItem([Problem(_WHOLE_ITEM, reason, remedy)])


_LOADERS: Mapping[str, ItemLoader] = MappingProxyType(
    {product.name: ItemLoader(product, SCHEMAS[product.name]()) for product in PRODUCTS.values()}
)
