"""The table of variables: reading, the README's table and the search for a misspelt name are driven by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from plexsend.settings.accounts import credentials
from plexsend.settings.gateway_urls import base_url
from plexsend.settings.model import OnUncertain, RcsDialect
from plexsend.settings.redis_urls import redis_address
from plexsend.settings.values import Parse, choice, key_prefix, number, switch, whole

T = TypeVar("T")

PREFIX = "PLEXSEND_"
"""What every variable of ours starts with."""
ACCOUNT_PREFIX = f"{PREFIX}ACCOUNT_"
FILE_SUFFIX = "_FILE"
"""After the name of a secret: the variable holds the path of a file with the secret in it."""

_DAY_S = 86_400
_LONGEST_WAIT_S = 7 * _DAY_S
# Below a millisecond no wait is a wait: a message or a lane would spin.
_SHORTEST_WAIT_S = 0.001

_wait = number(_SHORTEST_WAIT_S, _LONGEST_WAIT_S)


@dataclass(frozen=True, slots=True)
class Variable(Generic[T]):
    """One variable of the environment."""

    name: str
    """As it is written; `<NAME>` and `<PRODUCT>` stand for a part that varies."""
    default: str | None
    """As it would be written; None where the default is no fixed text (see `default_words`)."""
    meaning: str
    """One sentence for the README."""
    parse: Parse[T] = field(repr=False)
    per_service: bool = False
    """True when the name may end in a service, such as `_MMS_BULK`, and then counts for that one alone."""
    secret: bool = False
    """True when the value is or may hold a secret, so that `<name>_FILE` may give it instead."""
    default_words: str = ""

    def parse_default(self) -> T:
        """Return the default as a value; only for a variable that has one."""
        return self.parse(self.name, self.default or "")


REDIS_URL = Variable(
    "PLEXSEND_REDIS_URL",
    "redis://127.0.0.1:6379/0",
    "Where the messages are: redis://, rediss://, unix:///path?db=0 or sentinel://host,host/0?master=NAME.",
    redis_address,
    secret=True,
)
BROKER_URL = Variable(
    "PLEXSEND_BROKER_URL",
    None,
    "Where Celery's doorbells go, written as PLEXSEND_REDIS_URL is.",
    redis_address,
    secret=True,
    default_words="as PLEXSEND_REDIS_URL",
)
KEY_PREFIX = Variable(
    "PLEXSEND_KEY_PREFIX",
    "plexsend:",
    "What every key in Redis starts with, so that several installations can share a server.",
    key_prefix,
)
ACCOUNT = Variable(
    f"{ACCOUNT_PREFIX}<NAME>",
    None,
    "The account of that name (MAIN is main, MY_SHOP is my-shop): userID;secret_key.",
    credentials,
    secret=True,
    default_words="no account",
)
PRODUCT_URL = Variable(
    f"{PREFIX}<PRODUCT>_URL",
    None,
    "Scheme and host of MMS, RCS, SMS or LMS (PLEXSEND_RCS_URL): https, or http to this machine itself.",
    base_url,
    default_words="the gateway's own",
)
RCS_DIALECT = Variable(
    "PLEXSEND_RCS_DIALECT",
    RcsDialect.V1.value,
    "The version of the gateway's RCS interface, v1 or v2; items are written the same for both.",
    choice(RcsDialect),
)
DURABLE = Variable(
    "PLEXSEND_DURABLE",
    "0",
    "With 1 nothing is taken in or sent unless Redis writes each change to disk first (appendfsync always).",
    switch,
)
RESEND_WITHIN_S = Variable(
    "PLEXSEND_RESEND_WITHIN_S",
    "3600",
    "For how long after its first try a message without any answer is sent again; later it is parked.",
    whole(0, 30 * _DAY_S),
)
RECLAIM_S = Variable(
    "PLEXSEND_RECLAIM_S",
    "60",
    "After this many seconds a batch whose worker has fallen silent counts as uncertain.",
    # No less than the request's deadline of 15 s and 5 s for the answer to be written down.
    whole(20, _DAY_S),
)
KEEP_DAYS = Variable(
    "PLEXSEND_KEEP_DAYS",
    "7",
    "For how many days the record of a message that has ended is kept.",
    # The least is about nine seconds: housekeeping looks no more often, and a slip such as 0 is caught.
    number(0.0001, 3650),
)
RATE_PER_S = Variable(
    "PLEXSEND_RATE",
    "100",
    "The most messages a second over all workers; 0 is no limit.",
    number(0.01, 100_000, zero=True),
    per_service=True,
)
LINGER_MS = Variable(
    "PLEXSEND_LINGER_MS",
    "200",
    "How many milliseconds a message waits for nine others to share its request.",
    whole(0, 60_000),
    per_service=True,
)
CONNECTIONS = Variable(
    "PLEXSEND_CONNECTIONS",
    "8",
    "The most requests at once per lane over all workers.",
    whole(1, 1000),
    per_service=True,
)
ON_UNCERTAIN = Variable(
    "PLEXSEND_ON_UNCERTAIN",
    OnUncertain.RESEND.value,
    "What becomes of a message that may have been sent: resend (same key again) or park (wait for a person).",
    choice(OnUncertain),
    per_service=True,
)
RETRY_FIRST_S = Variable(
    "PLEXSEND_RETRY_FIRST_S",
    "2",
    "The longest wait before the second try of an uncertain message; it doubles with every try.",
    _wait,
    per_service=True,
)
RETRY_LONGEST_S = Variable(
    "PLEXSEND_RETRY_LONGEST_S",
    "900",
    "Where the doubling of PLEXSEND_RETRY_FIRST_S ends.",
    _wait,
    per_service=True,
)
RETRY_ATTEMPTS = Variable(
    "PLEXSEND_RETRY_ATTEMPTS",
    "8",
    "After how many tries alone, while its lane delivered others, a message is parked.",
    whole(1, 1000),
    per_service=True,
)
SHUT_FIRST_S = Variable(
    "PLEXSEND_SHUT_FIRST_S",
    "1",
    "How long a lane stays shut when the gateway cannot be reached; it doubles with every probe that fails.",
    _wait,
    per_service=True,
)
SHUT_LONGEST_S = Variable(
    "PLEXSEND_SHUT_LONGEST_S",
    "60",
    "Where the doubling of PLEXSEND_SHUT_FIRST_S ends.",
    _wait,
    per_service=True,
)
CREDIT_HOLD_S = Variable(
    "PLEXSEND_CREDIT_HOLD_S",
    "30",
    "How long an account without credit waits for its first probe; it doubles with every probe that fails.",
    _wait,
    per_service=True,
)
CREDIT_HOLD_LONGEST_S = Variable(
    "PLEXSEND_CREDIT_HOLD_LONGEST_S",
    "1800",
    "Where the doubling of PLEXSEND_CREDIT_HOLD_S ends.",
    _wait,
    per_service=True,
)

VARIABLES: tuple[Variable[Any], ...] = (
    REDIS_URL,
    BROKER_URL,
    KEY_PREFIX,
    ACCOUNT,
    PRODUCT_URL,
    RCS_DIALECT,
    DURABLE,
    RESEND_WITHIN_S,
    RECLAIM_S,
    KEEP_DAYS,
    RATE_PER_S,
    LINGER_MS,
    CONNECTIONS,
    ON_UNCERTAIN,
    RETRY_FIRST_S,
    RETRY_LONGEST_S,
    RETRY_ATTEMPTS,
    SHUT_FIRST_S,
    SHUT_LONGEST_S,
    CREDIT_HOLD_S,
    CREDIT_HOLD_LONGEST_S,
)
"""Every variable, in the order of the README's table."""

PAIRS = (
    (RETRY_FIRST_S, RETRY_LONGEST_S),
    (SHUT_FIRST_S, SHUT_LONGEST_S),
    (CREDIT_HOLD_S, CREDIT_HOLD_LONGEST_S),
)
"""(first, longest) of every wait that doubles: the first may not be above the longest."""


def suffixed(variable: Variable[Any], service_id: str) -> str:
    """Return the variable's name for one service: `PLEXSEND_LINGER_MS_MMS_BULK`."""
    return f"{variable.name}_{environment_word(service_id)}"


def environment_word(name: str) -> str:
    """Return a service, product or account as it is written in the name of a variable."""
    return name.upper().replace("-", "_")


def markdown_table() -> str:
    """Return the table of all variables as it stands in the README, without a newline at its end."""
    rows = ["| Variable | Default | Per service | Meaning |", "|---|---|---|---|"]
    for variable in VARIABLES:
        name = f"`{variable.name}`" + (f" or `{variable.name}{FILE_SUFFIX}`" if variable.secret else "")
        default = variable.default_words if variable.default is None else f"`{variable.default}`"
        rows.append(f"| {name} | {default} | {'yes' if variable.per_service else ''} | {variable.meaning} |")
    return "\n".join(rows)
