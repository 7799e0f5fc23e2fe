"""What may be sent to which path, as data: products, their services and the fields of their items.

A product is added by adding it here: SMS and LMS are `MMS` with other services and fewer fields, a dialect
is a product of its own with another path. The rules are a second transcription of the gateway's guide; they
share no line with the client's, so that a mistake in one shows against the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """The JSON type of a field."""

    TEXT = auto()
    TEXTS = auto()
    """An array of strings."""


class Charset(Enum):
    """The encoding in which a field's bytes are counted."""

    UTF_8 = auto()
    EUC_KR = auto()
    """Also refuses every character that EUC-KR lacks."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an item and the rules for its value."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    """A missing, empty or blank value is C400_3 for the whole request."""
    nullable: bool = False
    """Null is the same as absent; elsewhere null is C400_1."""
    max_bytes: int | None = None
    charset: Charset = Charset.UTF_8
    pattern: re.Pattern[str] | None = None
    """Must match the whole value, of an array each element."""
    max_count: int | None = None
    """Of an array: at most so many elements. At least one is always needed."""
    code: str = "C400_2"
    """The answer to a value that breaks a rule: a C400 for the whole request, a G code for the item."""


@dataclass(frozen=True, slots=True)
class Product:
    """One API of the gateway: its path, its services and its rules."""

    name: str
    path: str
    """With `{service_id}` in it."""
    services: tuple[str, ...]
    fields: tuple[Field, ...]
    envelope: tuple[Field, ...] = ()
    """Fields beside `msg_data`, judged by the same rules as those of an item."""
    key: str = "msg_key"
    sender: str = "sender_number"
    receiver: str = "receiver_number"


@dataclass(frozen=True, slots=True)
class Route:
    """What a path leads to."""

    product: Product
    service: str
    fits: bool
    """False: the service exists, but belongs to another product (G110)."""


_SENDER = re.compile(
    r"02[2-9][0-9]{6,7}"
    r"|0(?:3[1-3]|4[1-4]|5[1-5]|6[1-4])[2-9][0-9]{6,7}"
    r"|070[2-9][0-9]{7}"
    r"|010[2-9][0-9]{7}"
    r"|01[16789][0-9]{7,8}"
    r"|0[3568]0[0-9]{7,8}"
    r"|1[568][0-9]{6}"
)
_RECEIVER = re.compile(r"010[2-9][0-9]{7}|01[16789][0-9]{7,8}")
# The guide's hosts have no top-level domain, so that anything without blanks passes for one.
_URL = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)

MMS = Product(
    name="mms",
    path="/{service_id}/v2/send",
    services=("mms-standard", "mms-bulk", "mms-finance"),
    fields=(
        Field("msg_key", nullable=True, pattern=re.compile(r"[ -~]{1,128}")),
        Field("sub_id"),
        Field("title", max_bytes=50, charset=Charset.EUC_KR),
        Field("sender_number", required=True, pattern=_SENDER, code="G140"),
        Field("receiver_number", required=True, pattern=_RECEIVER, code="G141"),
        # Nine digits by the guide's table, ten in its example.
        Field("origin_cid", pattern=re.compile(r"[0-9]{9,10}")),
        Field("msg", required=True, max_bytes=2000, charset=Charset.EUC_KR),
        Field("echo_to_webhook", max_bytes=256, code="G142"),
        Field("file_path", kind=Kind.TEXTS, required=True, max_count=3, pattern=_URL),
    ),
)

PRODUCTS = (MMS,)

# Services of products that the sandbox does not speak: on a path of ours they are known, but wrong.
_ELSEWHERE = (
    *("sms-standard", "sms-bulk", "sms-finance", "sms-verify"),
    *("lms-standard", "lms-bulk", "lms-finance"),
    *("rcs-mms-standard", "rcs-mms-bulk", "rcs-mms-finance"),
)


def _lay_routes() -> dict[str, Route]:
    """Return every path that exists. Where two products share a path template, the right one wins."""
    everyone = {*_ELSEWHERE, *(service for product in PRODUCTS for service in product.services)}
    routes: dict[str, Route] = {}
    for product in PRODUCTS:
        for service in everyone:
            path = product.path.format(service_id=service)
            route = Route(product, service, fits=service in product.services)
            if route.fits or path not in routes:
                routes[path] = route
    return routes


ROUTES = _lay_routes()
"""Path to route; a path that is not here is answered C404_1."""
