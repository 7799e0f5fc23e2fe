"""What a call to Redis that failed means: which of our errors it is, and what a person does about it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from redis.exceptions import (
    AskError,
    AuthenticationError,
    BusyLoadingError,
    ClusterCrossSlotError,
    ClusterDownError,
    MovedError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
)
from redis.exceptions import (
    TimeoutError as RedisTimeoutError,
)
from redis.sentinel import MasterNotFoundError, SlaveNotFoundError

from plexsend.errors import OutboxError, OutboxFull, OutboxUnavailable, OutboxUnsuitable, WrongServer

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = "Check PLEXSEND_REDIS_URL and that the server runs."
"""What to do where nothing better is known."""
MASTER = "It is a read-only replica: name its master in PLEXSEND_REDIS_URL, or wait until it becomes one."
NOT_IN_A_CLUSTER = "plexsend and Celery cannot use a Redis Cluster: their keys would lie on several servers"
SINGLE = "Give the address of a single server, or of its Sentinels, in PLEXSEND_REDIS_URL."
CLUSTER = f"Redis is a node of a Redis Cluster: {NOT_IN_A_CLUSTER}. {SINGLE}"
NO_DATABASE = (
    "Redis has no database of that number. Correct the number at the end of PLEXSEND_REDIS_URL; "
    "0 is always there."
)
OTHER_TYPE = (
    "Redis holds something else where a key of the outbox belongs: another program wrote it. "
    "`plexsend audit` names the key, and what to do about it."
)
"""Redis itself does not say which key it is."""
NO_TLS = "perhaps it does not speak TLS at this port"
NO_FILE = "A file that ssl_ca_certs, ssl_certfile or ssl_keyfile of PLEXSEND_REDIS_URL names cannot be read"

_CA = (
    "Give the CA that signed its certificate in PLEXSEND_REDIS_URL: "
    "rediss://host/0?ssl_ca_certs=/path/to/ca.pem."
)
_HOST = "Write the host in PLEXSEND_REDIS_URL as the server's certificate names it."
_PLAIN = "The server does not speak TLS at this port: give its TLS port in PLEXSEND_REDIS_URL, or redis://."
_CLIENT = (
    "The server wants a certificate of its clients: give ssl_certfile and ssl_keyfile in PLEXSEND_REDIS_URL."
)
_TLS = (
    "TLS failed: compare ssl_ca_certs, ssl_certfile and ssl_keyfile in PLEXSEND_REDIS_URL "
    "with what the server wants."
)
MAKE_ROOM = (
    "Let what waits go (`plexsend lanes`), forget what has ended sooner (`plexsend prune --older-than 2d` at "
    "once, PLEXSEND_KEEP_DAYS for good), or raise maxmemory."
)
"""What to do about a server that is full: of waiting messages or of ended records, which fill it as well."""
_FULL = f"Redis is full: nothing new is taken in. {MAKE_ROOM}"

# What a node of a cluster answers where redis-py has no class for it.
_OF_A_CLUSTER = ("do not hash to the same slot", "non local key", "not allowed in cluster mode")

# A server that answers with one of these is up but cannot serve now; it may soon.
_PASSING = (
    "LOADING",
    "MISCONF",
    "READONLY",
    "MASTERDOWN",
    "NOREPLICAS",
    "BUSY",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "UNKILLABLE",
)
# The same, where redis-py makes a class of the word and leaves it out of the text. NoScriptError comes up
# when a script is loaded into one master and called on the next.
_PASSING_ERRORS = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    ClusterDownError,
    TryAgainError,
    NoScriptError,
    MasterNotFoundError,
    SlaveNotFoundError,
)


def error_of(exc: RedisError) -> OutboxError:
    """Return which of our errors this one of redis-py is. Its text names addresses, never keys or values."""
    error: OutboxError
    match exc:
        case OutOfMemoryError():
            error = OutboxFull(_FULL)
        case AuthenticationError():
            error = OutboxUnsuitable(
                f"Redis refuses the login: {_sentence(exc)} Correct user and password in PLEXSEND_REDIS_URL."
            )
        case ReadOnlyError():
            error = OutboxUnavailable(f"Redis takes nothing. {MASTER}")
        case MovedError() | AskError() | ClusterCrossSlotError():
            error = WrongServer(CLUSTER)
        case NoPermissionError():
            error = WrongServer(f"Redis refuses: {_sentence(exc)} Correct the login or its rights.")
        case _ if isinstance(exc, _PASSING_ERRORS):
            error = OutboxUnavailable(f"Redis does not answer: {str(exc).rstrip('.')}. {remedy_of(exc)}")
        case ResponseError():
            error = _error_of_text(str(exc))
        case _:
            error = OutboxError(f"Redis fails: {exc}")
    return error


def _sentence(exc: RedisError) -> str:
    return f"{str(exc).rstrip('.')}."


def _error_of_text(text: str) -> OutboxError:
    if "OOM" in text:
        return OutboxFull(_FULL)
    if "DB index is out of range" in text:
        return WrongServer(NO_DATABASE)
    if any(words in text for words in _OF_A_CLUSTER):
        return WrongServer(CLUSTER)
    if any(word in text for word in _PASSING):
        return OutboxUnavailable(f"Redis cannot serve now: {text}")
    if "NOPERM" in text or "NOAUTH" in text or "WRONGPASS" in text:
        return OutboxUnsuitable(f"Redis refuses: {text}. Correct the login or its rights.")
    return OutboxError(OTHER_TYPE if "WRONGTYPE" in text else f"Redis refuses a call: {text}")


def remedy_of(exc: BaseException) -> str:
    """Return what to do about a connection that was not made or broke: one or two sentences."""
    for cause in _chain(exc):
        if str(cause) == NO_FILE:
            return "Correct its path, or put the file there."
        if isinstance(cause, ssl.SSLCertVerificationError):
            # X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH.
            return _HOST if cause.verify_code in (62, 64) else _CA
        if isinstance(cause, ssl.SSLError):
            return _remedy_of_tls(cause)
    return RUNS


def names_no_file(exc: BaseException) -> bool:
    """Return whether a file could not be opened, which of a TLS connection can only be one of its own."""
    return any(isinstance(cause, (FileNotFoundError, PermissionError)) for cause in _chain(exc))


def _remedy_of_tls(exc: ssl.SSLError) -> str:
    reason = (exc.reason or "").upper()
    if any(word in reason for word in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF")):
        return _PLAIN
    return _CLIENT if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason else _TLS


def _chain(exc: BaseException) -> Iterator[BaseException]:
    # redis-py raises its own error in place of the system's, without naming it as the cause.
    seen: set[int] = set()
    at: BaseException | None = exc
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__
