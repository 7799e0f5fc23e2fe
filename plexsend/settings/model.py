"""The settings as values: what the rest of the project receives.

A setting is one row here: its field, name, default, parser, words and readers. `reading` and the docs use
these rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from plexsend.errors import UsageError
from plexsend.settings.accounts import credentials
from plexsend.settings.ca_files import ca_file
from plexsend.settings.gateway_urls import base_url
from plexsend.settings.hook_urls import HookAddress, hook_address
from plexsend.settings.networks import Networks, networks
from plexsend.settings.number_keys import NumberKey, number_key
from plexsend.settings.proxy_urls import ProxyAddress, proxy_address
from plexsend.settings.quiet_hours import QuietHours, quiet_hours
from plexsend.settings.receipt_secrets import ReceiptSecrets, receipt_secrets
from plexsend.settings.redis_urls import RedisAddress, redis_address
from plexsend.settings.values import choice, folder, key_prefix, number, switch, time_zone, whole
from plexsend.settings.variables import ReadBy, Variable, row, rows, service_row, varying_row

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plexsend.errors import Problem
    from plexsend.settings.accounts import Account

_DAY_S = 86_400
# A wait of less than a millisecond is none: a message or a lane would spin.
_WAIT = number(0.001, 7 * _DAY_S)


class OnUncertain(Enum):
    """What becomes of a message that may or may not have been sent."""

    RESEND = "resend"
    """It is sent again under the same key, within the time that the gateway is trusted to know it."""
    PARK = "park"
    """It waits for a person: nothing is ever sent twice."""
    RECEIPT = "receipt"
    """It waits for its receipt for a time; what follows then is a setting of its own."""


class UncertainThen(Enum):
    """What becomes of a message that waited for its receipt in vain."""

    PARK = "park"
    RESEND = "resend"


class LogFormat(Enum):
    """How a process writes its log."""

    TEXT = "text"
    """As Celery does."""
    JSON = "json"
    """One object a line."""


class RcsDialect(Enum):
    """The versions of the gateway's interface for RCS, as their paths name them."""

    V1 = "v1"
    V2 = "v2"


@dataclass(frozen=True, slots=True)
class Policy:
    """How the messages of one service are sent. Made without arguments: the defaults."""

    # A row reads best as a row: what is read, what people read about it, who reads it.
    # fmt: off
    resend_within_s: int = row("RESEND_WITHIN_S", "3600", whole(0, 30 * _DAY_S),
        "For how long after its first try a message without any answer is sent again; later it is parked.")
    # At least the request's deadline of 15 s, and 5 s to write the answer down.
    reclaim_s: int = row("RECLAIM_S", "60", whole(20, _DAY_S),
        "After this many seconds a batch whose worker has fallen silent counts as uncertain.")
    rate_per_s: float = service_row("RATE", "100", number(0.01, 100_000, zero=True),
        "The most messages a second over all workers; 0 is no limit.", in_readme=True)
    linger_ms: int = service_row("LINGER_MS", "200", whole(0, 60_000),
        "How many milliseconds a message waits for nine others to share its request.")
    connections: int = service_row("CONNECTIONS", "8", whole(1, 1000),
        "The most requests at once per lane over all workers.")
    on_uncertain: OnUncertain = service_row("ON_UNCERTAIN", OnUncertain.RESEND.value, choice(OnUncertain),
        "What becomes of a message that may have been sent: resend (same key again), park (wait for "
        "a person) or receipt (wait for its receipt first).",
        in_readme=True)
    uncertain_wait_s: float = service_row("UNCERTAIN_WAIT_S", "600", _WAIT,
        "With PLEXSEND_ON_UNCERTAIN=receipt: how many seconds such a message waits for its receipt.",
        replaces="Nothing: without receipts there was nothing to wait for.")
    uncertain_then: UncertainThen = service_row(
        "UNCERTAIN_THEN", UncertainThen.PARK.value, choice(UncertainThen),
        "What becomes of it when none has come by then: park or resend.",
        replaces="Nothing: which is worse, twice or not at all, only the operator knows.")
    receipt_wait_h: float = service_row("RECEIPT_WAIT_H", "84", number(0.0001, 24 * 90),
        "How many hours after its acceptance a message without a receipt becomes unknown, where receipts "
        "come at all; records are kept for as long at least.",
        by_product={"sms": "26"},
        replaces="Nothing: KEEP_DAYS says how long it is remembered, not when there is nothing to hope for.")
    retry_first_s: float = service_row("RETRY_FIRST_S", "2", _WAIT,
        "The longest wait before the second try of an uncertain message; it doubles with every try.",
        up_to="retry_longest_s")
    retry_longest_s: float = service_row("RETRY_LONGEST_S", "900", _WAIT,
        "Where the doubling of PLEXSEND_RETRY_FIRST_S ends.")
    retry_attempts: int = service_row("RETRY_ATTEMPTS", "8", whole(1, 1000),
        "After how many tries alone, while its lane delivered others, a message is parked.")
    shut_first_s: float = service_row("SHUT_FIRST_S", "1", _WAIT,
        "How long a lane stays shut when the gateway cannot be reached; it doubles with every probe "
        "that fails.",
        up_to="shut_longest_s")
    shut_longest_s: float = service_row("SHUT_LONGEST_S", "60", _WAIT,
        "Where the doubling of PLEXSEND_SHUT_FIRST_S ends.")
    credit_hold_s: float = service_row("CREDIT_HOLD_S", "30", _WAIT,
        "How long an account without credit waits for its first probe; it doubles with every probe "
        "that fails.",
        up_to="credit_hold_longest_s")
    credit_hold_longest_s: float = service_row("CREDIT_HOLD_LONGEST_S", "1800", _WAIT,
        "Where the doubling of PLEXSEND_CREDIT_HOLD_S ends.")
    # fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the environment says, checked. Its repr shows no password and no secret."""

    # fmt: off
    redis: RedisAddress = row("REDIS_URL", "redis://127.0.0.1:6379/0", redis_address,
        "Where the messages are: redis://, rediss://, unix:///path?db=0 or "
        "sentinel://host,host/0?master=NAME.",
        readers=ReadBy.ALL, secret=True, in_readme=True)
    broker: RedisAddress = row("BROKER_URL", None, redis_address,
        "Where Celery's doorbells go, written as PLEXSEND_REDIS_URL is.",
        secret=True, default_words="as PLEXSEND_REDIS_URL")
    key_prefix: str = row("KEY_PREFIX", "plexsend:", key_prefix,
        "What every key in Redis starts with, so that several installations can share a server.",
        readers=ReadBy.ALL)
    accounts: Mapping[str, Account] = varying_row("ACCOUNT_<NAME>", credentials,
        "The account of that name (MAIN is main, MY_SHOP is my-shop): userID;secret_key.",
        readers=ReadBy.ALL, secret=True, default_words="no account", in_readme=True)
    """Name to account; empty where nothing is sent from, such as a producer's machine."""
    base_urls: Mapping[str, str] = varying_row("<PRODUCT>_URL", base_url,
        "Scheme and host of MMS, RCS, SMS or LMS (PLEXSEND_RCS_URL): https, or http to this machine itself.",
        default_words="the gateway's own")
    """Product to scheme and host, without a slash at the end."""
    upload_url: str = row("UPLOAD_URL", "https://tyrar0qvgf.apigw.ntruss.com", base_url,
        "Scheme and host to which pictures are uploaded: https, or http to this machine itself.",
        readers=ReadBy.ALL,
        replaces="Nothing: pictures were uploaded by hand, with curl.")
    proxy: ProxyAddress | None = row("PROXY_URL", None, proxy_address,
        "The proxy through which the gateway and the chat are reached: http://[user:password@]host:port.",
        readers=ReadBy.ALL, secret=True, default_words="none",
        replaces="Nothing: HTTPS_PROXY may be meant for other programs, and differ from host to host.")
    ca_file: str | None = row("CA_FILE", None, ca_file,
        "A file (PEM) with the authorities whose certificates are trusted of the gateway, the chat and the "
        "proxy, instead of the public ones.",
        readers=ReadBy.ALL, default_words="the public ones",
        replaces="Nothing: REQUESTS_CA_BUNDLE and SSL_CERT_FILE may be meant for other programs.")
    # The most is what most firewalls allow; a gateway closes idle connections earlier.
    idle_s: float = row("IDLE_S", "20", number(1, 300),
        "A connection to Redis or the gateway that nobody used for so many seconds is made anew before its "
        "next use. Set it below what a firewall on the way allows.",
        readers=ReadBy.ALL,
        replaces="Nothing: a connection that a firewall had dropped cost the next call 5 s.")
    rcs_dialect: RcsDialect = row("RCS_DIALECT", RcsDialect.V1.value, choice(RcsDialect),
        "The version of the gateway's RCS interface, v1 or v2; items are written the same for both.",
        in_readme=True)
    durable: bool = row("DURABLE", "0", switch,
        "With 1 nothing is taken in or sent unless Redis writes each change to disk first "
        "(appendfsync always).",
        readers=ReadBy.ALL, in_readme=True)
    number_key: NumberKey | None = row("NUMBER_KEY", None, number_key,
        "The key, 32 to 64 characters, under which the receiver of each message is remembered as a hash.",
        readers=ReadBy.ALL, secret=True, default_words="no hash is kept",
        replaces="Nothing: the text of a message goes when it is accepted, and its number went with it.")
    """None: receivers are remembered by their last four digits alone."""
    # The least is about nine seconds: housekeeping does not look more often, and a slip such as 0 is caught.
    keep_days: float = row("KEEP_DAYS", "7", number(0.0001, 3650),
        "For how many days the record of a message that has ended is kept; longer where receipts are waited "
        "for.",
        in_readme=True)
    results_keep_days: float = row("RESULTS_KEEP_DAYS", "7", number(0, 3650),
        "For how many days an application can read what became of its messages; with 0 nothing is published.",
        replaces="Nothing: KEEP_DAYS is about records, which take three times as much memory.")
    time_zone: str = row("TIME_ZONE", "Asia/Seoul", time_zone,
        "The time zone of days, of times written without one, and of the times that commands show.",
        replaces="`plexsend policy set time_zone=…` by hand, where the environment sets all else up.")
    quiet_hours: QuietHours = row("QUIET_HOURS", "20:50-08:00", quiet_hours,
        "From when until when, in Korean time, advertisements wait; never less than the law's 21:00-08:00.",
        replaces="Nothing: an advertisement that goes at night without a consent for it breaks the law.")
    log: LogFormat = row("LOG", LogFormat.TEXT.value, choice(LogFormat),
        "How workers and beat write their logs: text, or json (one object a line, other libraries' too).",
        in_readme=True,
        replaces="Nothing: Celery's options set where it logs and from which level on, and have no JSON.")
    state_dir: Path | None = row("STATE_DIR", None, folder,
        "The folder in which a worker keeps what it remembers of Redis, to notice after a restart that Redis "
        "went back in time.",
        default_words="beside the worker's log file, where it has one (`-f`)",
        replaces="Nothing: without it a worker that starts believes whatever Redis says.")
    """None: beside the log file."""
    campaign_dir: Path = row("CAMPAIGN_DIR", None, folder,
        "The folder in which campaigns keep the recipients of their runs; the same one for all workers and "
        "commands, on every host.",
        readers=ReadBy.WORKERS | ReadBy.COMMANDS,
        default_words="`plexsend/campaigns` in `XDG_DATA_HOME`, else in `~/.local/share`",
        replaces="Nothing: an application kept its list itself, and knew by itself how far it had come.")
    notify: HookAddress | None = row("NOTIFY_URL", None, hook_address,
        "A chat hook to which workers post when something is held, workers disagree, or memory or a limit "
        "runs short.",
        secret=True, default_words="nothing is posted",
        replaces="Nothing: without it somebody has to look at `plexsend holds`, `fleet` and `doctor`.")
    receipt_secrets: Mapping[str, ReceiptSecrets] = varying_row("RECEIPT_SECRET_<NAME>", receipt_secrets,
        "What ends the path to which the gateway posts the receipts of that account: 16 or more of A-Z, a-z, "
        "0-9, _ and -, several with commas between them.",
        readers=ReadBy.SERVERS, secret=True, default_words="no receipts are taken",
        replaces="Nothing: the gateway signs no receipt, so the path has to be one that nobody guesses.")
    """Name of an account to its secrets."""
    receipt_allow: Networks | None = row("RECEIPT_ALLOW", None, networks,
        "The addresses and networks from which receipts are taken, with commas between them.",
        readers=ReadBy.SERVERS, default_words="every address",
        replaces="A rule of a firewall for the receipts alone.")
    """None: every address."""
    trusted_proxies: Networks | None = row("TRUSTED_PROXIES", None, networks,
        "The addresses and networks of your own proxies, whose X-Forwarded-For is believed.",
        readers=ReadBy.SERVERS, default_words="none",
        replaces="Nothing: behind a proxy each receipt would seem to come from the proxy.")
    # fmt: on
    usual: Policy
    """The policy of a service that has no settings of its own."""
    services: Mapping[str, Policy]
    """Service id to its policy; `service` returns one of them."""
    asks: Mapping[str, Mapping[str, str]]
    """What is set explicitly, for the fleet to agree on: service (or `all`: of no service) → field → text."""
    warnings: tuple[Problem, ...]
    """What is doubtful but stops nothing, such as a variable that nobody reads."""

    def service(self, service_id: str) -> Policy:
        """Return the policy of a service; raises `UsageError` with the known services for any other."""
        try:
            return self.services[service_id]
        except KeyError:
            known = ", ".join(self.services)
            raise UsageError(f"There is no service {service_id!r}. Known services: {known}.") from None


AGREED = ("keep_days", "results_keep_days", "rcs_dialect", "time_zone", "quiet_hours")
"""Fields of Settings on which the fleet must agree, beside all of a Policy."""
EVERY_SERVICE = "all"
"""Stands for what is not of one service, among what is asked for."""

VARIABLES: tuple[Variable[Any], ...] = (*rows(Settings).values(), *rows(Policy).values())
"""Every variable."""
