"""Each setting with where it came from, and no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.settings import VARIABLES
from plexsend.settings.origins import MASKED, SettingOrigin, Source, origins

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = ("mms-bulk", "mms-finance")


def test_without_an_environment_every_setting_is_its_default() -> None:
    found = origins(SERVICES, {})
    assert [origin.name for origin in found] == [variable.name for variable in VARIABLES]
    assert {origin.source for origin in found} == {Source.DEFAULT}
    assert SettingOrigin("PLEXSEND_RATE", "100", Source.DEFAULT) in found
    assert SettingOrigin("PLEXSEND_BROKER_URL", "as PLEXSEND_REDIS_URL", Source.DEFAULT) in found


def test_what_is_set_names_its_own_variable() -> None:
    found = origins(SERVICES, {"PLEXSEND_RATE_MMS_BULK": "20", "PLEXSEND_RCS_URL": "https://h.example"})
    assert SettingOrigin("PLEXSEND_RATE", "100", Source.DEFAULT) in found
    assert SettingOrigin("PLEXSEND_RATE_MMS_BULK", "20", Source.VARIABLE) in found
    assert SettingOrigin("PLEXSEND_RCS_URL", "https://h.example", Source.VARIABLE) in found
    assert "PLEXSEND_<PRODUCT>_URL" not in {origin.name for origin in found}


def test_secrets_are_masked_and_addresses_lose_their_login(tmp_path: Path) -> None:
    secret = tmp_path / "redis.url"
    secret.write_text("redis://kim:pw123@broker.example:6380/1\n", "utf-8")
    found = origins(
        SERVICES,
        {
            "PLEXSEND_REDIS_URL": "redis://lee:pw456@h.example/2",
            "PLEXSEND_BROKER_URL_FILE": str(secret),
            "PLEXSEND_ACCOUNT_MAIN": "user;secret789",
            "PLEXSEND_ACCOUNT_SHOP_FILE": "/run/shop.secret",
        },
    )
    assert SettingOrigin("PLEXSEND_REDIS_URL", "redis://h.example:6379/2", Source.VARIABLE) in found
    assert SettingOrigin("PLEXSEND_BROKER_URL_FILE", "redis://broker.example:6380/1", Source.FILE) in found
    assert SettingOrigin("PLEXSEND_ACCOUNT_MAIN", MASKED, Source.VARIABLE) in found
    assert SettingOrigin("PLEXSEND_ACCOUNT_SHOP_FILE", MASKED, Source.FILE) in found
    text = str(found)
    assert not any(word in text for word in ("pw123", "pw456", "secret789", "lee", "kim", "user"))
