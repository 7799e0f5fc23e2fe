"""Variables of other programs, by which plexsend might seem to go: it goes by its own settings alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from plexsend.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

FOREIGN = (
    "CELERY_BROKER_URL",
    "CELERY_BROKER_READ_URL",
    "CELERY_BROKER_WRITE_URL",
    "CELERY_RESULT_BACKEND",
    "CELERY_LOADER",
    "CELERY_CONFIG_MODULE",
    # The options of Celery's command line have variables of their own.
    "BROKER_URL",
    "RESULT_BACKEND",
    "LOADER",
    "CONFIG_MODULE",
)
"""What Celery 5.7 reads to find its broker, its results, or more settings, before those of an application."""

_BROKERS = "Remove it: doorbells go to PLEXSEND_BROKER_URL, which is PLEXSEND_REDIS_URL unless it is set."
_OTHERS = "Remove it: plexsend keeps no results and reads the settings of docs/settings.md alone."


def take_out_foreign(environ: MutableMapping[str, str] | None = None) -> list[Problem]:
    """Take Celery's variables out of the environment; return a warning for each that was set."""
    found = os.environ if environ is None else environ
    return [
        Problem(name, "is Celery's, and is ignored", _BROKERS if "BROKER" in name else _OTHERS)
        for name in FOREIGN
        if found.pop(name, "")
    ]


_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


def unused(environ: Mapping[str, str] | None = None) -> list[Problem]:
    """Return a warning for each variable of a proxy or of authorities that is set, and is not used.

    Nothing is doubtful where plexsend's own setting for the same is there.
    """
    found = os.environ if environ is None else environ
    return [
        Problem(name, "is set, and is not used to reach the gateway", remedy)
        for own, names, remedy in (
            ("PLEXSEND_PROXY_URL", _PROXIES, "Set PLEXSEND_PROXY_URL, if the gateway is behind that proxy."),
            (
                "PLEXSEND_CA_FILE",
                _AUTHORITIES,
                "Set PLEXSEND_CA_FILE, if a proxy signs for the gateway anew.",
            ),
        )
        if not found.get(own) and not found.get(f"{own}_FILE")
        for name in names
        if found.get(name)
    ]
