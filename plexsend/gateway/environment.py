"""The environment of this process, read for all services that are known here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend import settings
from plexsend.gateway.services import PRODUCTS, SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.settings import Settings


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process for all services known here.

    Args:
        environ: What to read instead of the process's environment.

    Raises:
        SettingsError: with every wrong or missing setting; nothing can start.
    """
    return settings.read(
        services={service.id: service.product.name for service in SERVICES.values()},
        default_urls={product.name: product.default_url for product in PRODUCTS.values()},
        words={product.name: product.setting for product in PRODUCTS.values()},
        environ=environ,
    )
