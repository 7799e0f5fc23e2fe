"""What may be sent to which path, as data: products, their services and the fields of their items.

A product is added by adding it here; a dialect is a product of its own with another path. The rules are a
second transcription of the gateway's guide; they share no line with the client's, so that a mistake in one
shows against the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from plexsend.sandbox import rcs
from plexsend.sandbox.fields import NOTHING, Charset, Field, Kind, Shape
from plexsend.sandbox.numbers import RECEIVER, SENDER


@dataclass(frozen=True, slots=True)
class Product:
    """One API of the gateway: its path, its services and its rules."""

    name: str
    path: str
    """With `{service_id}` in it."""
    services: tuple[str, ...]
    item: Shape
    envelope: Shape = NOTHING
    """What the request holds beside `msg_data`, judged by the same rules as an item."""
    message_type: str = "RCS"
    """What its receipts call it; the guide shows that of texts alone."""
    delivered: str = "0"
    """The code of a receipt that says delivered."""
    undelivered: str = "E"
    """One of those that say the opposite."""
    key: str = "msg_key"
    sender: str = SENDER.name
    receiver: str = RECEIVER.name


@dataclass(frozen=True, slots=True)
class Route:
    """What a path leads to."""

    product: Product
    service: str
    fits: bool
    """False: the service exists, but belongs to another product (G110)."""


_KEY = Field("msg_key", nullable=True, pattern=re.compile(r"[ -~]{1,128}"))
_SUB_ID = Field("sub_id")
_TITLE = Field("title", max_bytes=50, charset=Charset.EUC_KR)
# Nine digits by the guide's table, ten in its example.
_ORIGIN = Field("origin_cid", pattern=re.compile(r"[0-9]{9,10}"))
_SHORT_TEXT = Field("msg", required=True, max_bytes=90, charset=Charset.EUC_KR)
_LONG_TEXT = Field("msg", required=True, max_bytes=2000, charset=Charset.EUC_KR)
_ECHO = Field("echo_to_webhook", max_bytes=256, code="G142")
# The guide's hosts have no top-level domain, so that anything without blanks is taken as one.
_URL = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)
_IMAGES = Field("file_path", kind=Kind.TEXTS, required=True, max_count=3, pattern=_URL)

# The three have hosts of their own at the gateway; on the sandbox's one port the service decides.
_PATH = "/{service_id}/v2/send"

MMS = Product(
    name="mms",
    path=_PATH,
    message_type="MMS",
    services=("mms-standard", "mms-bulk", "mms-finance"),
    item=Shape((_KEY, _SUB_ID, _TITLE, SENDER, RECEIVER, _ORIGIN, _LONG_TEXT, _ECHO, _IMAGES)),
)

LMS = Product(
    name="lms",
    path=_PATH,
    message_type="LMS",
    services=("lms-standard", "lms-bulk", "lms-finance"),
    item=Shape((_KEY, _SUB_ID, _TITLE, SENDER, RECEIVER, _ORIGIN, _LONG_TEXT, _ECHO)),
)

SMS = Product(
    name="sms",
    path=_PATH,
    message_type="SMS",
    services=("sms-standard", "sms-bulk", "sms-finance", "sms-verify"),
    item=Shape((_KEY, _SUB_ID, SENDER, RECEIVER, _ORIGIN, _SHORT_TEXT, _ECHO)),
)

_RCS_SERVICES = ("rcs-mms-standard", "rcs-mms-bulk", "rcs-mms-finance")

RCS_V1 = Product(
    name="rcs-mms v1",
    path="/{service_id}/v1/send",
    services=_RCS_SERVICES,
    item=rcs.ITEM_V1,
    envelope=rcs.ENVELOPE,
    delivered="00000",
    undelivered="74002",
)

RCS_V2 = Product(
    name="rcs-mms v2",
    path="/rcs/v2/submit/{service_id}",
    services=_RCS_SERVICES,
    item=rcs.ITEM_V2,
    envelope=rcs.ENVELOPE,
    delivered="00000",
    undelivered="74002",
)

PRODUCTS = (MMS, RCS_V1, RCS_V2, SMS, LMS)
"""Everything that the sandbox speaks."""


def _lay_routes() -> dict[str, Route]:
    """Return every path that exists. Where several products share a path template, the right one wins."""
    everyone = {service for product in PRODUCTS for service in product.services}
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

PRODUCT_OF = {service: product for product in PRODUCTS for service in product.services}
"""Service → its product; the dialects of RCS MMS differ in nothing that a receipt shows."""
