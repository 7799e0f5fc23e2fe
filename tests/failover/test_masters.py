"""Which master is believed, and what becomes of calls to one that cannot serve."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis
from redis._parsers.base import BaseParser
from redis.sentinel import MasterNotFoundError, SentinelConnectionPool

from plexsend.errors import OutboxError, OutboxUnavailable, OutboxUnsuitable, WrongServer
from plexsend.outbox.lanes import Lane
from plexsend.outbox.redis.sentinels import Sentinels
from plexsend.outbox.redis.store import Store, mapped
from plexsend.outbox.submit import NewMessage, SubmitOutcome, Submitter
from plexsend.settings.redis_urls import redis_address
from tests.failover.servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLD, NEW = ("10.0.0.1", 6379), ("10.0.0.2", 6379)


class Told:
    """A Sentinel that says what a test tells it; None: it does not answer."""

    def __init__(self, address: tuple[str, int] | None, **facts: Any) -> None:
        self._address = address
        self._facts = {
            "is_master": True,
            "is_sdown": False,
            "is_odown": False,
            "num-other-sentinels": 2,
        } | facts

    def sentinel_masters(self) -> dict[str, dict[str, Any]]:
        if self._address is None:
            raise RedisConnectionError("refused")
        return {"g": {"ip": self._address[0], "port": self._address[1], **self._facts}}


def believed(*told: Told) -> tuple[str, int]:
    hosts = ",".join(f"s{number}" for number in range(len(told)))
    address = redis_address("PLEXSEND_REDIS_URL", f"sentinel://{hosts}/0?master=g").sentinel
    assert address is not None
    sentinels = Sentinels(address)
    sentinels.sentinels = list(told)  # type: ignore[arg-type]  # they answer this one question
    return sentinels.discover_master("g")


def test_sentinel_that_woke_with_the_old_master_is_not_believed() -> None:
    assert believed(Told(OLD), Told(NEW), Told(NEW)) == NEW


def test_silent_sentinel_is_asked_once() -> None:
    """Each of the dozen connections of a worker asks anew, and must not wait through retries each time."""
    address = redis_address("PLEXSEND_REDIS_URL", "sentinel://s1,s2,s3/0?master=g")
    assert address.sentinel is not None
    for client in Sentinels(address.sentinel).sentinels:
        connection: Any = client.connection_pool.make_connection()
        assert connection.retry.get_retries() == 0
    told_kombu = address.celery_options["sentinel_kwargs"]
    assert told_kombu == dict(address.sentinel.sentinel_options)


def test_one_silent_sentinel_of_three_stops_nobody() -> None:
    assert believed(Told(None), Told(NEW), Told(NEW)) == NEW


def test_sentinels_that_hold_the_master_for_down_name_none() -> None:
    assert believed(Told(OLD, is_sdown=True), Told(NEW), Told(NEW)) == NEW
    with pytest.raises(MasterNotFoundError):
        believed(Told(OLD, is_sdown=True), Told(OLD, is_odown=True), Told(OLD))


@pytest.mark.parametrize("told", [(OLD, None, None), (OLD, NEW, None), (OLD, OLD, NEW, NEW)])
def test_minority_is_not_believed(told: tuple[tuple[str, int] | None, ...]) -> None:
    """Who is cut off together with the old master must not be sent there."""
    with pytest.raises(MasterNotFoundError, match="must name the same master"):
        believed(*(Told(address) for address in told))


@pytest.mark.parametrize("told", [(NEW,), (None, NEW), (NEW, None)])
def test_of_fewer_than_three_sentinels_one_is_enough(told: tuple[tuple[str, int] | None, ...]) -> None:
    assert believed(*(Told(address) for address in told)) == NEW


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        ("NOREPLICAS Not enough good replicas to write.", OutboxUnavailable),
        ("READONLY You can't write against a read only replica.", OutboxUnavailable),
        (
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            OutboxUnavailable,
        ),
        ("NOSCRIPT No matching script.", OutboxUnavailable),
        ("LOADING Valkey is loading the dataset in memory", OutboxUnavailable),
        ("TRYAGAIN Multiple keys request during rehashing of slot", OutboxUnavailable),
        ("CLUSTERDOWN The cluster is down", OutboxUnavailable),
        ("NOPERM User default has no permissions to run the 'evalsha' command", WrongServer),
        ("WRONGPASS invalid username-password pair or user is disabled.", OutboxUnsuitable),
    ],
)
def test_what_a_server_says_on_the_wire_becomes_an_error_of_ours(line: str, ours: type[OutboxError]) -> None:
    """redis-py makes classes of some first words and leaves them out of the text."""
    with pytest.raises(OutboxError) as caught, mapped():
        raise BaseParser.parse_error(line)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    assert type(caught.value) is ours


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """A master that has no replica and needs one, and one that serves."""
    with ExitStack() as ends:
        found = []
        for name, needed in (("lonely", 1), ("whole", 0)):
            server = Server(tmp_path / name, "--save", '""', "--min-replicas-to-write", str(needed))
            ends.callback(server.kill)
            server.start()
            found.append(server)
        yield found[0], found[1]


class Directory:
    """Stands for the Sentinels: names the port that a test puts there."""

    def __init__(self, port: int) -> None:
        self.port = port

    def discover_master(self, _: str) -> tuple[str, int]:
        return "127.0.0.1", self.port


def test_master_without_its_replicas_is_left_for_the_one_that_sentinels_name(
    servers: tuple[Server, Server],
) -> None:
    """It refuses, but its connections are well: nobody would leave it before it becomes a replica itself."""
    lonely, whole = servers
    directory = Directory(lonely.port)
    pool = SentinelConnectionPool("g", directory, protocol=2)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    store = Store(Redis.from_pool(pool), "p:")
    lane = Lane("mms-bulk", None, "main")

    def add() -> SubmitOutcome:
        return Submitter(store).add(lane, [NewMessage("key", b"{}")], stamp="s")[0].outcome

    with pytest.raises(OutboxUnavailable, match="NOREPLICAS"):
        add()
    directory.port = whole.port
    assert add() is SubmitOutcome.ADDED
    store.close()
