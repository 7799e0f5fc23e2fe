"""A request against the guide: refused as a whole, or an offer of messages. Pure."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.sandbox.answers import Whole, refuse
from plexsend.sandbox.credentials import Credentials, parse
from plexsend.sandbox.items import check
from plexsend.sandbox.magic import MAGIC, Effect, Magic
from plexsend.sandbox.products import ROUTES, Product, Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plexsend.sandbox.album import Album
    from plexsend.sandbox.behaviour import Behaviour
    from plexsend.sandbox.findings import Finding
    from plexsend.sandbox.wire import Head

ARRAY = "msg_data"
ECHO = "echo_to_webhook"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of an offer."""

    key: str
    code: str | None = None
    """What it is refused with; None: it may be accepted."""
    magic: Magic | None = None
    receiver: str = ""
    """The recipient's number, by which receipts follow; empty where it is refused."""
    echo: str = ""
    """What its receipt repeats."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Messages that one request asks the gateway to take, in order."""

    service: str
    account: str
    entries: list[Entry]

    @property
    def good_keys(self) -> list[str]:
        """The keys of the messages that may be accepted."""
        return [entry.key for entry in self.entries if entry.code is None]


def judge(
    head: Head, body: bytes, credentials: Credentials, behaviour: Behaviour, album: Album | None = None
) -> Offer | Whole:
    """Return the offer that a request makes, or what it is refused with.

    `album`: knows which images were uploaded; None: every address is taken.
    """
    route = ROUTES.get(head.path)
    if route is None:
        return refuse("C404_1")
    if head.method != "POST":
        return Whole(405, "C404_1", "this API knows only POST", (("Allow", "POST"),))
    authorization = head.fields.get("authorization")
    code = credentials.judge(authorization)
    account = parse(authorization)
    if code is not None or account is None:
        return refuse(code or "C401_2")
    if not _is_json(head.fields.get("content-type", "")):
        return refuse("C400_1", "Content-Type must be application/json;charset=utf-8")
    if not route.fits and "G110" in behaviour.envelope_for:
        return refuse("G110")
    data = _read_body(body, route.product)
    judged = data if isinstance(data, Whole) else _judge_data(data, route, account[0], behaviour)
    return judged if isinstance(judged, Whole) else _refuse_pictures(data, album) or judged


def _is_json(content_type: str) -> bool:
    """Return whether a Content-Type is the guide's: its MMS page writes utf-8, its RCS page utf8."""
    media_type, _, parameters = content_type.lower().partition(";")
    charset = parameters.strip().replace('"', "")
    return media_type.strip() == "application/json" and charset in {"charset=utf-8", "charset=utf8"}


def _refuse_constant(_name: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _read_body(body: bytes, product: Product) -> list[dict[str, Any]] | Whole:
    """Return the items of a body, or what it is refused with."""
    try:
        data = _DECODER.decode(body.decode("utf-8"))
    # ValueError: not UTF-8, not JSON, NaN, or thousands of digits. RecursionError: nested too deeply.
    except (ValueError, RecursionError):
        return refuse("C400_1", "the body is not readable as JSON in UTF-8")
    if not isinstance(data, dict):
        return refuse("C400_1", "the body must be an object")
    if ARRAY not in data:
        return refuse("C400_3", f"{ARRAY} is missing")
    items = data.pop(ARRAY)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return refuse("C400_1", f"{ARRAY} must be an array of objects")
    if not items:
        return refuse("C400_3", f"{ARRAY} must hold at least one message")
    finding = check(data, product.envelope)
    return items if finding is None else refuse(finding.code, f"{finding.field} {finding.reason}")


def _judge_data(
    items: list[dict[str, Any]], route: Route, account: str, behaviour: Behaviour
) -> Offer | Whole:
    """Return the offer that readable items make, or what they are refused with."""
    product = route.product
    if not route.fits:
        return Offer(route.service, account, [Entry(_get_key(item, product), "G110") for item in items])
    if len(items) > behaviour.max_items:
        if "G160" in behaviour.envelope_for:
            return refuse("G160", f"at most {behaviour.max_items} messages")
        return Offer(route.service, account, [Entry(_get_key(item, product), "G160") for item in items])
    entries = []
    for index, item in enumerate(items):
        finding = check(item, product.item)
        if finding is not None and finding.whole:
            return refuse(finding.code, f"{ARRAY}[{index}].{finding.field} {finding.reason}")
        entries.append(_judge_item(item, finding, product, behaviour))
    return Offer(route.service, account, entries)


def _refuse_pictures(items: object, album: Album | None) -> Whole | None:
    """Return what a request is refused with for an image that is not there any more, or never was."""
    if album is None or not isinstance(items, list):
        return None
    for index, item in enumerate(items):
        for field, address in _shown(item):
            wrong = album.refuses(address) if isinstance(address, str) else None
            if wrong is not None:
                return refuse("C400_2", f"{ARRAY}[{index}].{field} {wrong}")
    return None


# An item of another product's path was not judged: it may hold anything.
def _shown(item: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the images of an item, with the fields that hold them."""
    paths, msg = item.get("file_path"), item.get("msg")
    for address in paths if isinstance(paths, list) else ():
        yield "file_path", address
    body = msg.get("body") if isinstance(msg, dict) else None
    for name, value in body.items() if isinstance(body, dict) else ():
        if name.startswith("media"):
            yield f"msg.body.{name}", value


def _judge_item(
    item: Mapping[str, Any], finding: Finding | None, product: Product, behaviour: Behaviour
) -> Entry:
    """Return one message of the offer."""
    key = _get_key(item, product)
    if finding is not None:
        return Entry(key, finding.code)
    if behaviour.senders is not None and item[product.sender] not in behaviour.senders:
        return Entry(key, "G140")
    receiver = item[product.receiver]
    magic = MAGIC.get(receiver)
    code = magic.code if magic is not None and magic.effect is Effect.CODE else None
    return Entry(key, code, magic, receiver, item.get(ECHO, ""))


def _get_key(item: Mapping[str, Any], product: Product) -> str:
    """Return the item's key, or a new one, as the gateway assigns to an item without a key."""
    key = item.get(product.key)
    return key if isinstance(key, str) and key.strip() else str(uuid.uuid4())
