"""The table of services."""

from __future__ import annotations

import pytest

from plexsend.errors import SettingsError, UsageError
from plexsend.gateway.environment import read_settings
from plexsend.gateway.items import SCHEMAS, get_loader
from plexsend.gateway.services import DIALECTS, PRODUCTS, SERVICES, get_service
from plexsend.settings import RcsDialect

V2 = {"PLEXSEND_RCS_DIALECT": "v2"}


def test_services_have_their_paths() -> None:
    assert {service.id: service.path for service in SERVICES.values()} == {
        "mms-standard": "/mms-standard/v2/send",
        "mms-bulk": "/mms-bulk/v2/send",
        "mms-finance": "/mms-finance/v2/send",
        "rcs-mms-standard": "/rcs-mms-standard/v1/send",
        "rcs-mms-bulk": "/rcs-mms-bulk/v1/send",
        "rcs-mms-finance": "/rcs-mms-finance/v1/send",
        "sms-standard": "/sms-standard/v2/send",
        "sms-bulk": "/sms-bulk/v2/send",
        "sms-finance": "/sms-finance/v2/send",
        "sms-verify": "/sms-verify/v2/send",
        "lms-standard": "/lms-standard/v2/send",
        "lms-bulk": "/lms-bulk/v2/send",
        "lms-finance": "/lms-finance/v2/send",
    }


def test_settings_choose_the_dialect_of_rcs_and_of_nothing_else() -> None:
    settings = read_settings(V2)
    changed = {
        service_id: get_service(service_id, settings).path
        for service_id in SERVICES
        if get_service(service_id, settings) != SERVICES[service_id]
    }
    assert changed == {
        "rcs-mms-standard": "/rcs/v2/submit/rcs-mms-standard",
        "rcs-mms-bulk": "/rcs/v2/submit/rcs-mms-bulk",
        "rcs-mms-finance": "/rcs/v2/submit/rcs-mms-finance",
    }
    assert get_service("rcs-mms-bulk", read_settings({})) == SERVICES["rcs-mms-bulk"]


@pytest.mark.parametrize("dialect", RcsDialect)
def test_every_dialect_that_can_be_set_is_a_product(dialect: RcsDialect) -> None:
    settings = read_settings({"PLEXSEND_RCS_DIALECT": dialect.value})
    product = get_service("rcs-mms-bulk", settings).product
    assert product.dialect == dialect.value == get_loader("rcs-mms-bulk", settings).stamp.dialect
    assert product in DIALECTS


@pytest.mark.parametrize("service_id", SERVICES)
def test_every_service_has_a_url_and_a_loader_in_every_dialect(service_id: str) -> None:
    for settings in (None, read_settings({}), read_settings(V2)):
        service = get_service(service_id, settings)
        assert service.path.startswith("/")
        assert service_id in service.path
        assert get_loader(service_id, settings).product is service.product


def test_variant_is_known_or_the_known_ones_are_named() -> None:
    rcs = SERVICES["rcs-mms-bulk"]
    for variant in (None, "RMM", "RMH"):
        rcs.check_variant(variant)
    for wrong in ("rmm", "", "RMX"):
        with pytest.raises(UsageError, match="RMM, RMH"):
            rcs.check_variant(wrong)
    SERVICES["sms-bulk"].check_variant(None)
    with pytest.raises(UsageError, match="have no msg_type"):
        SERVICES["sms-bulk"].check_variant("RMM")


def test_every_product_has_a_schema_and_a_service() -> None:
    assert set(PRODUCTS) == set(SCHEMAS) == {service.product.name for service in SERVICES.values()}


def test_service_is_found_by_its_id() -> None:
    assert get_service("mms-finance") is SERVICES["mms-finance"]


@pytest.mark.parametrize("service_id", ["mms", "MMS-bulk", "", "sms-bulk "])
def test_unknown_service_names_the_known_ones(service_id: str) -> None:
    with pytest.raises(UsageError) as caught:
        get_service(service_id)
    assert all(known in str(caught.value) for known in SERVICES)


@pytest.mark.parametrize("service_id", [None, 5, b"mms-bulk", ["mms-bulk"], {}])
def test_service_that_is_not_a_text_names_the_known_ones(service_id: object) -> None:
    kind = type(service_id).__name__
    with pytest.raises(UsageError, match=f"service is of type {kind}, .* Known services: mms-standard, "):
        get_service(service_id)  # type: ignore[arg-type]  # what a caller without types may give


def test_settings_are_read_for_these_services() -> None:
    settings = read_settings({"PLEXSEND_ACCOUNT_MAIN": "user;secret", "PLEXSEND_RATE_MMS_BULK": "50"})
    assert settings.base_urls == {
        "mms": "https://mr70wq2tj4.apigw.ntruss.com",
        "rcs-mms": "https://cium0wvo4a.apigw.ntruss.com",
        "sms": "https://0afupd5dlt.apigw.ntruss.com",
        "lms": "https://60zzfzb7bb.apigw.ntruss.com",
    }
    assert all(settings.service(service_id) for service_id in SERVICES)


def test_each_product_has_a_url_setting_under_its_short_name() -> None:
    given = {
        f"PLEXSEND_{word}_URL": f"https://{word.lower()}.example" for word in ("MMS", "RCS", "SMS", "LMS")
    }
    settings = read_settings({**given, "PLEXSEND_RATE_RCS_MMS_BULK": "7"})
    assert settings.base_urls == {
        "mms": "https://mms.example",
        "rcs-mms": "https://rcs.example",
        "sms": "https://sms.example",
        "lms": "https://lms.example",
    }
    assert settings.warnings == ()
    assert settings.service("rcs-mms-bulk").rate_per_s == 7


def test_url_under_the_long_name_of_a_product_is_a_warning() -> None:
    (warning,) = read_settings({"PLEXSEND_RCS_MMS_URL": "https://x.example"}).warnings
    assert warning.remedy == "Did you mean PLEXSEND_RCS_URL?"


def test_dialect_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="v1, v2"):
        read_settings({"PLEXSEND_RCS_DIALECT": "v3"})


def test_account_may_not_be_called_like_a_service() -> None:
    with pytest.raises(SettingsError):
        read_settings({"PLEXSEND_ACCOUNT_MMS_BULK": "user;secret"})
