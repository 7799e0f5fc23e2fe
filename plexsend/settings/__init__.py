"""The environment, read once: every PLEXSEND_* variable, checked, typed and explained.

`read` is the only door to `os.environ` in the whole project. Everything else receives a `Settings`.
"""

from plexsend.settings.accounts import Account, Credentials
from plexsend.settings.foreign import take_out_foreign
from plexsend.settings.hook_urls import HookAddress
from plexsend.settings.model import (
    AGREED,
    EVERY_SERVICE,
    VARIABLES,
    LogFormat,
    OnUncertain,
    Policy,
    RcsDialect,
    Settings,
    UncertainThen,
)
from plexsend.settings.networks import Networks
from plexsend.settings.number_keys import NumberKey
from plexsend.settings.proxy_urls import ProxyAddress
from plexsend.settings.quiet_hours import QuietHours
from plexsend.settings.reading import read
from plexsend.settings.receipt_secrets import ReceiptSecrets
from plexsend.settings.redis_urls import RedisAddress, SentinelAddress
from plexsend.settings.tables import markdown_page, markdown_table
from plexsend.settings.variables import ReadBy, Variable
from plexsend.settings.variables import rows as variables_of

__all__ = [
    "AGREED",
    "EVERY_SERVICE",
    "VARIABLES",
    "Account",
    "Credentials",
    "HookAddress",
    "LogFormat",
    "Networks",
    "NumberKey",
    "OnUncertain",
    "Policy",
    "ProxyAddress",
    "QuietHours",
    "RcsDialect",
    "ReadBy",
    "ReceiptSecrets",
    "RedisAddress",
    "SentinelAddress",
    "Settings",
    "UncertainThen",
    "Variable",
    "markdown_page",
    "markdown_table",
    "read",
    "take_out_foreign",
    "variables_of",
]
