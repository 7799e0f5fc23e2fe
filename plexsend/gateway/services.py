"""The services of API PLEX as data: a new product is a row here, its ids, and a schema module."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from plexsend.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plexsend.settings import RcsDialect


MOST_ITEMS = 10
"""Items that API PLEX takes in one request, unless a product says otherwise; more are answered with G160."""
REQUEST_DEADLINE_S = 15.0
"""The longest that one request takes, answer and all."""


PICTURE_DEADLINE_S = 30.0
"""The longest that the upload of one picture takes: 1 MB over a line of half a Mbit/s needs 16 s."""


URL_PATTERN = r"https?://(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:[/?#][!-~]*)?"
"""An absolute URL. The host needs no top-level domain: the guide's own examples have none."""
RCS_ADDRESS_PATTERN = r"maapfile://[!-~]+"
"""The address of a picture of RCS."""
LONGEST_URL = 2048
"""Characters of an address; a limit of this project, since the guide names none."""


@dataclass(frozen=True, slots=True)
class PictureUpload:
    """What pictures a product takes, and how they are uploaded."""

    path: str
    """Path of an upload; the user's id replaces `{user}`."""
    part: str
    """The part of the form that holds the picture."""
    begins: str
    """How the address of an uploaded picture begins, for people."""
    address: re.Pattern[str]
    """What the address of an uploaded picture is, as messages may show it."""
    member: str
    """The member of the answer that is the address; empty: not known, it is looked for."""
    formats: tuple[str, ...]
    """As Pillow names them."""
    most_bytes: int
    most_width: int | None = None
    """In pixels; None: the guide names no limit."""
    most_height: int | None = None


class Dialects(Protocol):
    """What names the dialect of each product that has several: the settings, or the policies in force."""

    @property
    def rcs_dialect(self) -> RcsDialect:
        """That of RCS."""
        ...


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of message in one dialect: one schema, one URL, one envelope around the items."""

    name: str
    setting: str
    """Its name within the names of settings: `PLEXSEND_MMS_URL`."""
    dialect: str
    """The version of the gateway's interface that is spoken, part of every stamp."""
    default_url: str
    """Scheme and host as the guide prints them; a setting names another."""
    path: str
    """Path of a sending request; the service id replaces `{service}`."""
    most_items: int = MOST_ITEMS
    """Items in one request: the largest batch."""
    key_required: bool = False
    """Whether a missing `msg_key` is refused; otherwise a default may replace it."""
    variant_field: str | None = None
    """Field of the request, beside the items, that all items of one request share; None: there is none."""
    variants: tuple[str, ...] = ()
    """Every value that field can have."""
    picture: PictureUpload | None = None
    """Of a product whose messages show pictures."""
    wire_names: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Field as callers write it → its name in this dialect, where that differs."""
    wire_values: Mapping[str, Mapping[str, object]] = field(default_factory=dict, hash=False)
    """Field as callers write it → its text as the rules leave it → what goes out in this dialect."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service id of a product, as the URL holds it."""

    id: str
    product: Product

    @property
    def path(self) -> str:
        """Return the path of this service's sending request."""
        return self.product.path.format(service=self.id)

    def check_variant(self, variant: str | None) -> None:
        """Raise UsageError for what is not a variant of this service. None (not said) always passes."""
        if variant is None or variant in self.product.variants:
            return
        if self.product.variant_field is None:
            raise UsageError(f"messages of {self.id} have no msg_type: leave it out")
        known = ", ".join(self.product.variants)
        raise UsageError(
            f"{self.id} has no {self.product.variant_field} {str(variant)[:40]!r}. Known: {known}"
        )


_MMS = Product(
    name="mms",
    setting="MMS",
    dialect="v2",
    default_url="https://mr70wq2tj4.apigw.ntruss.com",
    path="/{service}/v2/send",
    picture=PictureUpload(
        path="/image/v1/mms/{user}",
        part="image",
        begins="http",
        address=re.compile(URL_PATTERN, re.ASCII | re.IGNORECASE),
        member="image_url",
        formats=("JPEG",),
        # "300 kB" of the guide, read the safe way.
        most_bytes=300_000,
        most_width=1500,
        most_height=1440,
    ),
)
_RCS_MMS = Product(
    name="rcs-mms",
    setting="RCS",
    dialect="v1",
    default_url="https://cium0wvo4a.apigw.ntruss.com",
    path="/{service}/v1/send",
    key_required=True,
    variant_field="msg_type",
    variants=("RMM", "RMH"),
    picture=PictureUpload(
        path="/file/v1/rcs/image/{user}",
        part="image",
        begins="maapfile://",
        address=re.compile(RCS_ADDRESS_PATTERN),
        member="",
        formats=("JPEG", "PNG"),
        most_bytes=1_000_000,
    ),
)
_RCS_MMS_V2 = replace(
    _RCS_MMS,
    dialect="v2",
    path="/rcs/v2/submit/{service}",
    wire_names=MappingProxyType({"br_id": "brand_id"}),
    wire_values=MappingProxyType({"copy_allowed": MappingProxyType({"true": True, "false": False})}),
)
_SMS = Product(
    name="sms",
    setting="SMS",
    dialect="v2",
    default_url="https://0afupd5dlt.apigw.ntruss.com",
    path="/{service}/v2/send",
)
_LMS = Product(
    name="lms",
    setting="LMS",
    dialect="v2",
    default_url="https://60zzfzb7bb.apigw.ntruss.com",
    path="/{service}/v2/send",
)

PRODUCTS: Mapping[str, Product] = MappingProxyType(
    {product.name: product for product in (_MMS, _RCS_MMS, _SMS, _LMS)}
)
"""Product → itself in its default dialect."""

DIALECTS: tuple[Product, ...] = (*PRODUCTS.values(), _RCS_MMS_V2)
"""Every product in every dialect that it has."""

_IDS = {
    "mms": ("mms-standard", "mms-bulk", "mms-finance"),
    "rcs-mms": ("rcs-mms-standard", "rcs-mms-bulk", "rcs-mms-finance"),
    "sms": ("sms-standard", "sms-bulk", "sms-finance", "sms-verify"),
    "lms": ("lms-standard", "lms-bulk", "lms-finance"),
}

SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        service_id: Service(service_id, PRODUCTS[product])
        for product, service_ids in _IDS.items()
        for service_id in service_ids
    }
)
"""Service id → the service in its product's default dialect."""

_CHOSEN: Mapping[str, Callable[[Dialects], str]] = MappingProxyType(
    {"rcs-mms": lambda dialects: dialects.rcs_dialect.value}
)
"""Product that has several dialects → which one is asked for."""

_IN_DIALECT = {
    (service.id, product.dialect): Service(service.id, product)
    for service in SERVICES.values()
    for product in DIALECTS
    if product.name == service.product.name
}


def get_service(service_id: str, dialects: Dialects | None = None) -> Service:
    """Return the service of that id; UsageError names the known ones if there is none.

    Args:
        service_id: As the URL holds it.
        dialects: They name the dialect; None: the default one.
    """
    # Callers without a type checker pass anything; a list could not even be looked up.
    is_text = isinstance(service_id, str)
    service = SERVICES.get(service_id) if is_text else None
    if service is None:
        what = no_service(service_id) if is_text else _not_a_text(service_id)
        raise UsageError(f"{what} Known services: {', '.join(SERVICES)}.")
    choose = _CHOSEN.get(service.product.name)
    if dialects is None or choose is None:
        return service
    return _IN_DIALECT[service_id, choose(dialects)]


def no_service(text: str) -> str:
    """Return the sentence that there is no such service, and the question for one whose name is near."""
    near = difflib.get_close_matches(text, SERVICES, n=1)
    return f"There is no service {text[:40]!r}.{f' Did you mean {near[0]}?' if near else ''}"


def _not_a_text(service_id: object) -> str:
    return f"service is of type {type(service_id).__name__}, not the text of a service id."
