"""Items: what a caller gives becomes what goes on the wire, or a list of all its problems."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from marshmallow import ValidationError

from plexsend.errors import InvalidItem, Problem
from plexsend.gateway.refusals import Refusal
from plexsend.gateway.schemas.addressing import MSG_KEY_PATTERN
from plexsend.gateway.schemas.draft import Draft
from plexsend.gateway.schemas.fields import name_type
from plexsend.gateway.schemas.lms import LmsSchema
from plexsend.gateway.schemas.mms import MmsSchema
from plexsend.gateway.schemas.rcs_mms import RcsMmsSchema
from plexsend.gateway.schemas.sms import SmsSchema
from plexsend.gateway.services import DIALECTS, Product, get_service
from plexsend.gateway.stamps import Stamp
from plexsend.gateway.strict_json import BadJson, parse

if TYPE_CHECKING:
    from typing import NoReturn

    from plexsend.gateway.schemas.item import ItemSchema
    from plexsend.gateway.services import Dialects

SCHEMAS: Mapping[str, type[ItemSchema]] = MappingProxyType(
    {"mms": MmsSchema, "rcs-mms": RcsMmsSchema, "sms": SmsSchema, "lms": LmsSchema}
)
"""Product → the schema of its items."""

LARGEST_WIRE_BYTES = 65_536
"""A stored body above this is refused unread; no item that passes the rules comes near it."""

KeyOf = Callable[[Mapping[str, Any]], str]
"""Returns the `msg_key` of a valid item from its fields, named and valued as callers write them."""

_NO_KEY_YET = "-"
"""Stands for the key of an item that is judged before it gets one."""

_WHOLE_ITEM = "item"
"""Named as the field where the problem is with the item as a whole."""

_MSG_KEY = re.compile(MSG_KEY_PATTERN)

_CONTRADICTION = Refusal("differs from the one that the whole call names", "Leave one of the two out.")

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Item:
    """An item that passes the gateway's documented rules."""

    msg_key: str
    variant: str | None
    """What all items of one request must share, besides the service; None for a product without variants."""
    body: bytes = field(repr=False)
    """The item as it goes on the wire: compact UTF-8 JSON, fields in the order of the schema."""
    warnings: tuple[Problem, ...]
    """What can be sent but may not be what the caller wants."""
    replacements: tuple[Problem, ...]
    """Each replacement that was made because the caller asked for replacements."""
    receiver: str = field(default="", repr=False)
    """The digits of the number that receives it."""
    sender: str = field(default="", repr=False)
    """The digits of the number that sends it."""


class ItemLoader:
    """Judges the items of one product in one dialect. Shared by all threads.

    Args:
        product: What the items are, and how the dialect writes them.
        schema: The rules.
        stored_names: Name that a stored body may have for a field, in any dialect → the name that callers
            write.
    """

    def __init__(
        self, product: Product, schema: ItemSchema, stored_names: Mapping[str, str] | None = None
    ) -> None:
        self.product = product
        self.stamp = Stamp(
            product.name, product.dialect, schema.version, schema.fingerprint(_describe_dialect(product))
        )
        self._schema = schema
        self._stored_names = stored_names or {}

    def rule(self, path: str) -> Mapping[str, Any]:
        """Return the rule of a field, as data; `path` has dots in front of the fields of objects."""
        rules: Mapping[str, Any] = self._schema.rules()
        *outer, name = path.split(".")
        for each in outer:
            rules = rules[each]["fields"]
        found: Mapping[str, Any] = rules[name]
        return found

    def load(
        self,
        raw: object,
        *,
        default_key: str | None = None,
        key_of: KeyOf | None = None,
        default_sender: str | None = None,
        default_origin: str = "",
        variant: str | None = None,
        replace: bool = False,
        mend_numbers: bool = False,
        beside: tuple[str, ...] = (),
    ) -> Item:
        """Return the item that `raw` is.

        Args:
            raw: A mapping of field names to values. It is not changed.
            default_key: The `msg_key` where `raw` has none, or null, or a blank one, if the product lets a
                key be left out.
            key_of: Gives every valid item its key, also where the product requires callers to give one. What
                it is given has the own key of `raw`, where there is one, else no `msg_key`.
            default_sender: The `sender_number` where `raw` has none, or null, or a blank one.
            default_origin: The `origin_cid` where `raw` has none and its product knows one; empty: none.
            variant: What the caller says of all items at once; `raw` may say the same or nothing.
            replace: Put the usual replacements for characters outside EUC-KR instead of refusing them.
            mend_numbers: Put back the 0 that a spreadsheet took from a number, instead of refusing it.
            beside: Names that may be given beside the fields of the gateway; the caller has taken them out.
                Where a field is not known, they are named as known ones.

        Raises:
            InvalidItem: with every problem of the item; nothing else is raised, whatever `raw` is.
        """
        if not isinstance(raw, Mapping):
            _refuse_whole(f"is {name_type(raw)}, not an object", "Give the fields of one message by name.")
        draft = Draft(raw, replace=replace, mend_numbers=mend_numbers, beside=beside)
        given_key = draft.get("msg_key")
        lacks_key = given_key is None or (isinstance(given_key, str) and not given_key.strip())
        if lacks_key:
            draft.pop("msg_key", None)
            if key_of is not None:
                draft["msg_key"] = _NO_KEY_YET
            elif default_key is not None and not self.product.key_required:
                draft["msg_key"] = default_key
        if default_sender is not None:
            sender = draft.get("sender_number")
            if sender is None or (isinstance(sender, str) and not sender.strip()):
                draft["sender_number"] = default_sender
        if default_origin and "origin_cid" in self._schema.fields:
            draft.setdefault("origin_cid", default_origin)
        return self._judge(draft, variant, key_of, keyless=lacks_key and key_of is not None)

    def load_wire(self, body: bytes, *, variant: str | None = None) -> Item:
        """Return the item that a stored body is, judged again by this loader's own rules and dialect.

        Args:
            body: The item as some version of this project, or another program, stored it.
            variant: What the record says beside the body; stored bodies do not carry it.

        Raises:
            InvalidItem: as `load` does, and for a body that is not one JSON object.
        """
        raw = _read_json(body)
        if isinstance(raw, dict):
            for stored, name in self._stored_names.items():
                if stored in raw and name not in raw:
                    raw[name] = raw.pop(stored)
        return self.load(raw, variant=variant)

    def _judge(self, draft: Draft, variant: str | None, key_of: KeyOf | None, *, keyless: bool) -> Item:
        errors: Mapping[str, Any] = {}
        values: dict[str, Any] = {}
        variant_field = self.product.variant_field
        contradicts = False
        if variant is not None and variant_field is not None:
            contradicts = draft.setdefault(variant_field, variant) != variant
        try:
            values = self._schema.judge(draft)
        except ValidationError as exc:
            errors = exc.messages_dict
        if contradicts and variant_field is not None and variant_field not in errors:
            errors = {variant_field: [_CONTRADICTION], **errors}
        if not errors:
            if key_of is not None:
                fields = dict(values)
                if keyless:
                    del fields["msg_key"]
                values["msg_key"] = key_of(fields)
            found = values.pop(variant_field, None) if variant_field is not None else None
            body = _encode(self._in_dialect(values)).encode()
            return Item(
                values["msg_key"],
                found,
                body,
                tuple(draft.warnings),
                tuple(draft.replacements),
                values["receiver_number"],
                values.get("sender_number", ""),
            )
        # Raised out here, since marshmallow's error holds the whole item and would stay attached.
        key = None if keyless else draft.get("msg_key")
        valid_key = key if isinstance(key, str) and _MSG_KEY.fullmatch(key) else None
        problems = tuple(refusal.at(path or _WHOLE_ITEM) for path, refusal in _flatten(errors, ""))
        raise InvalidItem(problems, msg_key=valid_key)

    def _in_dialect(self, values: dict[str, Any]) -> dict[str, Any]:
        names, written = self.product.wire_names, self.product.wire_values
        if not names and not written:
            return values
        return {
            names.get(name, name): written[name][value] if name in written else value
            for name, value in values.items()
        }


def get_loader(service_id: str, dialects: Dialects | None = None) -> ItemLoader:
    """Return the loader for a service's items; UsageError if there is no such service.

    Args:
        service_id: The service.
        dialects: They name the dialect; None: the default one. It changes what goes on the wire, never what
            callers write or which items pass.
    """
    product = get_service(service_id, dialects).product
    return _LOADERS[product.name, product.dialect]


def _flatten(errors: Any, path: str) -> Iterator[tuple[str, Refusal]]:
    """Yield each refusal with its dotted path; places in arrays count from 0, as in JSON and Python."""
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            yield from _flatten(inner, ".".join(filter(None, (path, str(name)))))
        return
    for refusal in errors:
        yield path, refusal


def _read_json(body: bytes) -> object:
    """Return the JSON value that `body` is, read more strictly than Python does by itself."""
    if len(body) > LARGEST_WIRE_BYTES:
        _refuse_whole(f"takes {len(body)} bytes, more than any message", "Store it again as a message.")
    try:
        return parse(body.decode())
    except (BadJson, UnicodeDecodeError):
        # Raised below, with nothing attached: Python's error holds the body.
        pass
    return _refuse_whole("is not one JSON object in UTF-8", "Submit the message again.")


def _refuse_whole(reason: str, remedy: str) -> NoReturn:
    raise InvalidItem([Problem(_WHOLE_ITEM, reason, remedy)])


def _describe_dialect(product: Product) -> dict[str, Any]:
    """Return as data how a dialect writes items; empty where it writes them as callers do."""
    written = {name: dict(values) for name, values in product.wire_values.items()}
    described = {"wire_names": dict(product.wire_names), "wire_values": written}
    return {name: rules for name, rules in described.items() if rules}


def _stored_names(name: str) -> dict[str, str]:
    """Return the names that a product's fields have in any dialect, with those that callers write."""
    return {
        wire: field
        for product in DIALECTS
        if product.name == name
        for field, wire in product.wire_names.items()
    }


_LOADERS: Mapping[tuple[str, str], ItemLoader] = MappingProxyType(
    {
        (product.name, product.dialect): ItemLoader(
            product, SCHEMAS[product.name](), _stored_names(product.name)
        )
        for product in DIALECTS
    }
)
