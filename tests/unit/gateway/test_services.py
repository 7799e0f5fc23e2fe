"""The table of services."""

from __future__ import annotations

import pytest

from plexsend.errors import SettingsError, UsageError
from plexsend.gateway.items import SCHEMAS
from plexsend.gateway.services import PRODUCTS, SERVICES, get_service, read_settings


def test_mms_services_have_their_paths() -> None:
    assert {service.id: service.path for service in SERVICES.values()} == {
        "mms-standard": "/mms-standard/v2/send",
        "mms-bulk": "/mms-bulk/v2/send",
        "mms-finance": "/mms-finance/v2/send",
    }


def test_every_product_has_a_schema_and_a_service() -> None:
    assert set(PRODUCTS) == set(SCHEMAS) == {service.product.name for service in SERVICES.values()}


def test_service_is_found_by_its_id() -> None:
    assert get_service("mms-finance") is SERVICES["mms-finance"]


@pytest.mark.parametrize("service_id", ["mms", "MMS-bulk", "", "sms-bulk "])
def test_unknown_service_names_the_known_ones(service_id: str) -> None:
    with pytest.raises(UsageError) as caught:
        get_service(service_id)
    assert all(known in str(caught.value) for known in SERVICES)


def test_settings_are_read_for_these_services() -> None:
    settings = read_settings({"PLEXSEND_ACCOUNT_MAIN": "user;secret", "PLEXSEND_RATE_MMS_BULK": "50"})
    assert settings.base_urls == {"mms": "https://mr70wq2tj4.apigw.ntruss.com"}
    assert all(settings.service(service_id) for service_id in SERVICES)


def test_account_may_not_be_called_like_a_service() -> None:
    with pytest.raises(SettingsError):
        read_settings({"PLEXSEND_ACCOUNT_MMS_BULK": "user;secret"})
