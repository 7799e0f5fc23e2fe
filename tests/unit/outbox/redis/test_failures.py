"""What is said about a connection that is not made: the option or the setting that mends it."""

from __future__ import annotations

import ssl

import pytest
from redis import exceptions

from plexsend.errors import OutboxError, OutboxUnavailable, WrongServer
from plexsend.outbox.redis.failures import NO_FILE, RUNS, remedy_of
from plexsend.outbox.redis.store import mapped


def wrapped(cause: BaseException) -> exceptions.ConnectionError:
    """Return what redis-py raises in place of an error of the system: it names no cause."""
    try:
        try:
            raise cause
        except OSError:
            raise exceptions.ConnectionError("Error 1 connecting to h:6379") from None
    except exceptions.ConnectionError as exc:
        return exc


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] made up")
    error.reason = reason
    return error


def untrusted(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (untrusted(20), "?ssl_ca_certs=/path/to/ca.pem"),
        (untrusted(18), "?ssl_ca_certs=/path/to/ca.pem"),
        (untrusted(62), "as the server's certificate names it"),
        (tls("WRONG_VERSION_NUMBER"), "does not speak TLS at this port"),
        (tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "ssl_certfile and ssl_keyfile"),
        (tls("UNSUPPORTED_PROTOCOL"), "ssl_ca_certs"),
        (ConnectionRefusedError(111, "Connection refused"), RUNS),
        (exceptions.ConnectionError(NO_FILE), "Correct its path"),
    ],
)
def test_remedy_fits_the_cause(cause: Exception, words: str) -> None:
    assert words in remedy_of(cause)
    if isinstance(cause, OSError):
        exc = wrapped(cause)
        assert words in remedy_of(exc)
        with pytest.raises(OutboxUnavailable, match="Redis does not answer: Error 1") as caught, mapped():
            raise exc
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (exceptions.ResponseError("DB index is out of range"), "no database of that number"),
        (exceptions.MovedError("3999 10.0.0.1:6381"), "node of a Redis Cluster"),
        (exceptions.ClusterCrossSlotError("Keys in request don't hash"), "node of a Redis Cluster"),
        (
            exceptions.ResponseError("Script attempted to access keys that do not hash to the same slot"),
            "node of a Redis Cluster",
        ),
        (exceptions.ResponseError("SELECT is not allowed in cluster mode"), "node of a Redis Cluster"),
    ],
)
def test_address_that_cannot_work_is_named(raised: Exception, words: str) -> None:
    with pytest.raises(WrongServer, match=words), mapped():
        raise raised


def test_a_key_of_another_type_is_named_by_the_audit() -> None:
    words = "WRONGTYPE Operation against a key holding the wrong kind of value"
    with pytest.raises(OutboxError, match="`plexsend audit` names the key") as caught, mapped():
        raise exceptions.ResponseError(words)
    assert "Operation" not in str(caught.value)
