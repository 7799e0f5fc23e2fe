"""The services of API PLEX as data: adding a product is a row in `PRODUCTS`, its ids, and a schema module."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from plexsend.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.settings import Settings


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of message: one schema, one URL, one envelope around the items."""

    name: str
    dialect: str
    """The version of the gateway's interface that is spoken, part of every stamp."""
    default_url: str
    """Scheme and host as the guide prints them; a setting names another."""
    path: str
    """Path of a sending request; `{service}` stands for the service id."""
    most_items: int = 10
    """Items in one request; more are answered with G160."""
    key_required: bool = False
    """Whether a missing `msg_key` is refused; otherwise a default may stand in for it."""
    variant_field: str | None = None
    """Field of the request, beside the items, that all items of one request share; None: there is none."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service id of a product, as it stands in the URL."""

    id: str
    product: Product

    @property
    def path(self) -> str:
        """Return the path of this service's sending request."""
        return self.product.path.format(service=self.id)


_MMS = Product(
    name="mms", dialect="v2", default_url="https://mr70wq2tj4.apigw.ntruss.com", path="/{service}/v2/send"
)

PRODUCTS: Mapping[str, Product] = MappingProxyType({_MMS.name: _MMS})

SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        service_id: Service(service_id, product)
        for product, service_ids in ((_MMS, ("mms-standard", "mms-bulk", "mms-finance")),)
        for service_id in service_ids
    }
)


def get_service(service_id: str) -> Service:
    """Return the service of that id; UsageError names the known ones if there is none."""
    try:
        return SERVICES[service_id]
    except KeyError:
        raise UsageError(
            f"there is no service {service_id[:40]!r}. Known services: {', '.join(SERVICES)}"
        ) from None


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process for all services known here.

    Args:
        environ: What to read instead of the process's environment.

    Raises:
        SettingsError: with every wrong or missing setting; nothing can start.
    """
    # The settings know no services, so that they stay below this room: they are told which there are. They
    # are imported here and not above because judging an item needs no environment.
    from plexsend import settings  # noqa: PLC0415 - see the comment above

    return settings.read(
        services={service.id: service.product.name for service in SERVICES.values()},
        default_urls={product.name: product.default_url for product in PRODUCTS.values()},
        environ=environ,
    )
