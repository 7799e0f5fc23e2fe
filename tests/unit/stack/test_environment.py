"""No stranger's settings reach the children, and no real account ever meets the sandbox."""

from __future__ import annotations

from pathlib import Path

from plexsend.gateway.environment import read_settings
from plexsend.gateway.services import PRODUCTS
from plexsend.stack import environment

REDIS = "redis://127.0.0.1:1234/0"
SANDBOX = "http://127.0.0.1:4321"
STRANGER = {
    "PATH": "/bin",
    "PLEXSEND_REDIS_URL": "redis://elsewhere:6379/0",
    "PLEXSEND_BROKER_URL_FILE": "/etc/broker",
    "PLEXSEND_MMS_URL": "https://real.example",
    "PLEXSEND_ACCOUNT_MAIN": "real;secret",
    "PLEXSEND_ACCOUNT_SHOP_FILE": "secrets/shop",
    "PLEXSEND_NOTIFY_URL": "https://hooks.example/token",
    "PLEXSEND_RECEIPT_SECRET_MAIN": "real-secret-of-receipts",
    "PLEXSEND_RECEIPT_ALLOW": "43.202.205.42",
    "PLEXSEND_TRUSTED_PROXIES": "10.0.0.0/8",
    "PLEXSEND_RATE": "7",
    "plexsend_odd": "x",
    "CELERY_BROKER_URL": "redis://elsewhere:6379/1",
}


def test_the_demo_takes_nothing_over_but_what_is_not_ours() -> None:
    assert environment.without_ours(STRANGER) == {"PATH": "/bin"}


def test_the_demo_takes_over_how_to_log_and_nothing_else_of_ours() -> None:
    assert environment.only_log({**STRANGER, "PLEXSEND_LOG": "json"}) == {"PLEXSEND_LOG": "json"}
    assert environment.only_log(STRANGER) == {}


def test_with_the_sandbox_no_real_account_and_no_other_address_is_left() -> None:
    settings = environment.with_sandbox(STRANGER, redis_url=REDIS, sandbox_url=SANDBOX)
    read = read_settings(settings)

    assert read.redis.url == read.broker.url == REDIS
    assert set(read.base_urls.values()) == {SANDBOX}
    assert list(read.accounts) == ["main"]
    assert read.notify is None
    assert (dict(read.receipt_secrets), read.receipt_allow, read.trusted_proxies) == ({}, None, None)
    assert read.accounts["main"].read_credentials().header == environment.SANDBOX_CREDENTIALS
    assert read.service("mms-bulk").rate_per_s == 7


def test_receipts_of_the_sandbox_are_taken_from_this_machine_alone(tmp_path: Path) -> None:
    secret_file = tmp_path / "receipt.secret"
    secret_file.write_text("made-up-secret-of-receipts\n")
    settings = environment.with_sandbox(STRANGER, redis_url=REDIS, sandbox_url=SANDBOX)
    read = read_settings(environment.for_receipts_of_sandbox(settings, secret_file=secret_file))

    assert list(read.receipt_secrets) == ["main"]
    assert str(read.receipt_allow) == "127.0.0.1"
    assert read.trusted_proxies is None


def test_every_product_is_led_to_the_sandbox() -> None:
    assert len(environment.gateway_names()) == len(PRODUCTS) + 1
    assert "PLEXSEND_UPLOAD_URL" in environment.gateway_names()
    assert "PLEXSEND_MMS_URL" in environment.gateway_names()


def test_with_the_real_gateway_the_callers_settings_stay_but_for_redis() -> None:
    settings = environment.with_gateway(STRANGER, redis_url=REDIS)

    assert settings["PLEXSEND_REDIS_URL"] == REDIS
    assert not {"PLEXSEND_BROKER_URL", "PLEXSEND_BROKER_URL_FILE"} & settings.keys()
    assert settings["PLEXSEND_MMS_URL"] == "https://real.example"
    assert settings["PLEXSEND_ACCOUNT_MAIN"] == "real;secret"
    assert settings["PLEXSEND_NOTIFY_URL"] == "https://hooks.example/token"
    assert settings["PLEXSEND_RECEIPT_SECRET_MAIN"] == "real-secret-of-receipts"


def test_files_are_found_from_another_folder_and_celery_hears_of_no_other_broker() -> None:
    rooted = environment.rooted(STRANGER)

    assert rooted["PLEXSEND_ACCOUNT_SHOP_FILE"] == str(Path.cwd() / "secrets" / "shop")
    assert rooted["PLEXSEND_BROKER_URL_FILE"] == "/etc/broker"
    assert "CELERY_BROKER_URL" not in rooted
    assert rooted["PLEXSEND_ACCOUNT_MAIN"] == "real;secret"


def test_an_empty_path_stays_empty_and_so_stays_wrong() -> None:
    assert environment.rooted({"PLEXSEND_ACCOUNT_MAIN_FILE": " "}) == {"PLEXSEND_ACCOUNT_MAIN_FILE": " "}


def test_numbers_of_the_sandbox_are_known_by_the_key_of_its_folder_alone(tmp_path: Path) -> None:
    key_file = tmp_path / "number.key"
    key_file.write_text("n" * 32 + "\n")
    callers = {**STRANGER, "PLEXSEND_NUMBER_KEY": "c" * 32}
    settings = environment.with_sandbox(callers, redis_url=REDIS, sandbox_url=SANDBOX)
    read = read_settings(environment.with_number_key(settings, key_file=key_file))
    assert read.number_key is not None
    assert read.number_key.secret == b"n" * 32


def test_folder_of_campaigns_is_the_same_for_who_runs_elsewhere() -> None:
    rooted = environment.rooted({"PLEXSEND_CAMPAIGN_DIR": "lists"})
    assert rooted == {"PLEXSEND_CAMPAIGN_DIR": str(Path.cwd() / "lists")}
