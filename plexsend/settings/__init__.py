"""The environment, read once: every PLEXSEND_* variable, checked, typed and explained.

`read` is the only door to `os.environ` in the whole project. Everything else receives a `Settings`.
"""

from plexsend.settings.accounts import Account, Credentials
from plexsend.settings.model import OnUncertain, RcsDialect, ServiceSettings, Settings
from plexsend.settings.reading import read
from plexsend.settings.redis_urls import RedisAddress, SentinelAddress
from plexsend.settings.variables import VARIABLES, Variable, markdown_table

__all__ = [
    "VARIABLES",
    "Account",
    "Credentials",
    "OnUncertain",
    "RcsDialect",
    "RedisAddress",
    "SentinelAddress",
    "ServiceSettings",
    "Settings",
    "Variable",
    "markdown_table",
    "read",
]
