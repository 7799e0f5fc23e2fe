"""The environment of the children: what reaches them of the caller's, and where they find each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.gateway.services import PRODUCTS
from plexsend.stack.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS = "PLEXSEND_"
ACCOUNTS = f"{OURS}ACCOUNT_"

REDIS_URL = f"{OURS}REDIS_URL"
REDIS_URL_FILE = f"{REDIS_URL}_FILE"
LOG = f"{OURS}LOG"
NOTIFY_URL = f"{OURS}NOTIFY_URL"
UPLOAD_URL = f"{OURS}UPLOAD_URL"
STATE_DIR = f"{OURS}STATE_DIR"
NUMBER_KEY = f"{OURS}NUMBER_KEY"
NUMBER_KEY_FILE = f"{NUMBER_KEY}_FILE"
NUMBER_KEY = f"{OURS}NUMBER_KEY"
NUMBER_KEY_FILE = f"{NUMBER_KEY}_FILE"
CAMPAIGN_DIR = f"{OURS}CAMPAIGN_DIR"
RECEIPT_SECRETS = f"{OURS}RECEIPT_SECRET_"
RECEIPT_ALLOW = f"{OURS}RECEIPT_ALLOW"
# What the caller has set for receipts of the gateway; the sandbox posts other ones, from here.
_OF_RECEIPTS = (RECEIPT_SECRETS, RECEIPT_ALLOW, f"{OURS}TRUSTED_PROXIES")

SANDBOX_USER = "sandbox"
SANDBOX_CREDENTIALS = f"{SANDBOX_USER};made-up"
"""What the account `main` sends with where the sandbox is the gateway; nobody's secret."""

# Celery would take broker addresses from CELERY_BROKER_URL before it takes ours.
_FOREIGN = "CELERY_"

# The stack has a Redis of its own, whatever address the caller has for another one.
REDIS_VARIABLES = frozenset({REDIS_URL, REDIS_URL_FILE, f"{OURS}BROKER_URL", f"{OURS}BROKER_URL_FILE"})


def gateway_names() -> tuple[str, ...]:
    """Return the variables that say where the gateway is: for each product, and for pictures."""
    return (*(f"{OURS}{product.setting}_URL" for product in PRODUCTS.values()), UPLOAD_URL)


def without_ours(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without any setting of plexsend or Celery: above all, without real accounts."""
    return {name: text for name, text in environ.items() if not name.upper().startswith((OURS, _FOREIGN))}


def has_number_key(environ: Mapping[str, str]) -> bool:
    """Return whether there is a key for hashes of numbers in an environment."""
    return bool(environ.keys() & {NUMBER_KEY, NUMBER_KEY_FILE})


def only_log(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the one setting that says how to log, if the environment has it."""
    return {LOG: environ[LOG]} if LOG in environ else {}


def with_sandbox(settings: Mapping[str, str], *, redis_url: str, sandbox_url: str) -> dict[str, str]:
    """Return settings in which the account `main` alone sends, and to the sandbox; no chat hears of it."""
    kept = {
        name: text
        for name, text in settings.items()
        if not name.startswith((ACCOUNTS, NOTIFY_URL, *_OF_RECEIPTS))
        and name not in {*REDIS_VARIABLES, *gateway_names()}
    }
    return {
        **kept,
        REDIS_URL: redis_url,
        **dict.fromkeys(gateway_names(), sandbox_url),
        f"{ACCOUNTS}MAIN": SANDBOX_CREDENTIALS,
    }


def with_number_key(settings: Mapping[str, str], *, key_file: Path) -> dict[str, str]:
    """Return settings that know numbers by the key in this file alone."""
    kept = {name: text for name, text in settings.items() if name != NUMBER_KEY}
    return {**kept, NUMBER_KEY_FILE: str(key_file)}


def for_receipts_of_sandbox(settings: Mapping[str, str], *, secret_file: Path) -> dict[str, str]:
    """Return settings of a server that takes receipts of the account `main`, of this machine alone."""
    return {**settings, f"{RECEIPT_SECRETS}MAIN_FILE": str(secret_file), RECEIPT_ALLOW: HOST}


def with_gateway(settings: Mapping[str, str], *, redis_url: str) -> dict[str, str]:
    """Return the caller's settings with the stack's own Redis."""
    return {
        **{name: text for name, text in settings.items() if name not in REDIS_VARIABLES},
        REDIS_URL: redis_url,
    }


def rooted(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for processes that run elsewhere: no relative paths, nor settings of Celery."""
    return {
        name: str(Path(text.strip()).absolute()) if _names_a_file(name, text) else text
        for name, text in environ.items()
        if not name.upper().startswith(_FOREIGN)
    }


def _names_a_file(name: str, text: str) -> bool:
    return name.startswith(OURS) and name.endswith(("_FILE", "_DIR")) and bool(text.strip())
