"""The lying gateway lies exactly as told, and its ledger never does."""

from __future__ import annotations

import http.client
import json
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.stack.ports import free_port
from tests.chaos.control import GatewayControl, Refused
from tests.chaos.gateway import SECRETS
from tests.integration.chaos.process import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEYS = [f"k{n}" for n in range(10)]
RST = (ConnectionResetError, BrokenPipeError)


@dataclass
class Stand:
    """A gateway process as a test sees it."""

    port: int
    control: GatewayControl
    ledger: Path
    seen: int = 0

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)

    def post(self, *keys: str, user: str = "main") -> tuple[int, bytes]:
        """Send keys over a connection of their own, and return status and body."""
        connection = self.connect()
        try:
            return exchange(connection, *keys, user=user)
        finally:
            connection.close()

    def codes(self, *keys: str, user: str = "main") -> list[str]:
        """Send keys and return the codes that are answered."""
        return [result["code"] for result in json.loads(self.post(*keys, user=user)[1])["results"]]

    def lines(self) -> list[dict[str, Any]]:
        """Return the ledger's lines since the test began."""
        return [json.loads(line) for line in self.ledger.read_text().splitlines()][self.seen :]

    def struck(self, fault: str) -> int:
        return int(self.control.stats()["faults"][fault])


def exchange(connection: http.client.HTTPConnection, *keys: str, user: str = "main") -> tuple[int, bytes]:
    body = json.dumps({"msg_data": [{"msg_key": key, "msg": "안녕"} for key in keys]})
    connection.request("POST", "/mms-bulk/v2/send", body.encode(), {"Authorization": f"{user};hush-hush"})
    response = connection.getresponse()
    return response.status, response.read()


def is_reset(connection: http.client.HTTPConnection, *keys: str) -> bool:
    """Tell whether sending ends in a reset, and not in an orderly end without an answer."""
    try:
        exchange(connection, *keys)
    except http.client.RemoteDisconnected:
        return False
    except RST:
        return True
    finally:
        connection.close()
    return False


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    port, control = free_port(), free_port()
    ledger = tmp_path_factory.mktemp("gateway") / "ledger"
    with running("tests.chaos.gateway", "--port", port, "--control", control, "--ledger", ledger):
        stand = Stand(port, GatewayControl(control), ledger)
        stand.control.wait_ready()
        yield stand


@pytest.fixture
def gateway(process: Stand) -> Iterator[Stand]:
    process.seen = 0
    process.seen = len(process.lines())
    yield process
    process.control.clear()
    process.control.know_keys(on=False)


def wait_for(is_so: Callable[[], Any]) -> None:
    until_s = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < until_s, "it did not come true"
        time.sleep(0.005)


def test_without_a_fault_each_item_is_accepted_on_a_kept_connection(gateway: Stand) -> None:
    connection = gateway.connect()
    exchange(connection, "a", "b")
    sock = connection.sock
    status, body = exchange(connection, "c")
    assert connection.sock is sock
    connection.close()
    assert (status, json.loads(body)["results"]) == (
        200,
        [{"code": "C100", "desc": "success", "msg_key": "c"}],
    )
    first, second = gateway.lines()
    assert (first["keys"], first["codes"], first["fault"], first["answer"]) == (
        ["a", "b"],
        ["C100", "C100"],
        "",
        "whole",
    )
    assert second["n"] == first["n"] + 1
    assert abs(time.time() - first["at"]) < 60
    assert (first["path"], first["user"]) == ("/mms-bulk/v2/send", "main")
    assert "hush-hush" not in gateway.ledger.read_text()
    assert "안녕" not in gateway.ledger.read_text()


def test_the_ledger_has_the_variant_of_a_request(gateway: Stand) -> None:
    connection = gateway.connect()
    body = json.dumps({"msg_type": "RMM", "msg_data": [{"msg_key": "v"}]})
    connection.request("POST", "/rcs/v2/submit/rcs-mms-bulk", body)
    connection.getresponse().read()
    connection.close()
    assert gateway.lines()[0]["msg_type"] == "RMM"


def test_a_body_that_cannot_be_read_is_told_in_the_ledger(gateway: Stand) -> None:
    connection = gateway.connect()
    connection.request("POST", "/mms-bulk/v2/send", b'{"msg_data": [{"no": "key"}]}')
    assert connection.getresponse().status == 400
    connection.close()
    assert gateway.lines()[0]["fault"] == "unreadable"


@pytest.mark.parametrize("fault", ["reset_before", "reset_headers", "reset_during"])
def test_a_reset_before_the_request_is_whole_accepts_nothing(gateway: Stand, fault: str) -> None:
    accepted, struck = gateway.control.stats()["accepted"], gateway.struck(fault)
    gateway.control.set(fault)
    assert is_reset(gateway.connect(), *KEYS)
    assert gateway.struck(fault) == struck + 1
    assert gateway.lines() == []
    assert gateway.control.stats()["accepted"] == accepted


def test_a_reset_before_also_ends_a_kept_connection_at_its_next_request(gateway: Stand) -> None:
    connection = gateway.connect()
    exchange(connection, "kept")
    gateway.control.set("reset_before")
    assert is_reset(connection, "next")
    assert len(gateway.lines()) == 1


def test_a_reset_before_strikes_a_connection_that_has_sent_nothing(gateway: Stand) -> None:
    gateway.control.set("reset_before")
    # With luck it comes so soon that connecting fails already.
    with pytest.raises(RST), socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as sock:
        sock.recv(1)


def test_a_reset_during_comes_when_half_of_the_body_was_read(gateway: Stand) -> None:
    gateway.control.set("reset_during")
    struck = gateway.struck("reset_during")
    head = b"POST /mms-bulk/v2/send HTTP/1.1\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as sock:
        sock.sendall(head + b"x" * 499)
        assert {gateway.struck("reset_during") for _ in range(20)} == {struck}
        sock.sendall(b"x")
        with pytest.raises(RST):
            sock.recv(1)


def test_a_reset_headers_needs_no_byte_of_the_body(gateway: Stand) -> None:
    gateway.control.set("reset_headers")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as sock:
        sock.sendall(b"POST /mms-bulk/v2/send HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")
        with pytest.raises(RST):
            sock.recv(1)


def test_a_reset_after_accepts_and_answers_nothing(gateway: Stand) -> None:
    gateway.control.set("reset_after")
    assert is_reset(gateway.connect(), *KEYS)
    (line,) = gateway.lines()
    assert (line["codes"], line["fault"], line["answer"]) == (["C100"] * 10, "reset_after", "none")


@pytest.mark.parametrize("at", [0.0, 0.1, 0.7, 1.0])
def test_a_cut_answer_sends_some_bytes_and_resets(gateway: Stand, at: float) -> None:
    whole = answer_bytes(gateway, "a")
    gateway.control.set("cut_answer", at=at)
    part = answer_bytes(gateway, "a")
    assert 0 < len(part) < len(whole)
    assert whole.startswith(part)
    assert abs(len(part) - at * len(whole)) <= 1
    assert gateway.lines()[1]["answer"] == "part"
    assert gateway.lines()[1]["codes"] == ["C100"]


def test_a_read_timeout_accepts_holds_and_closes(gateway: Stand) -> None:
    gateway.control.set("read_timeout", hold_s=0.3)
    began_s = time.monotonic()
    assert answer_bytes(gateway, "a") == b""
    assert time.monotonic() - began_s > 0.25
    (line,) = gateway.lines()
    assert (line["codes"], line["answer"]) == (["C100"], "none")


@pytest.mark.parametrize("fault", ["read_timeout", "garbage"])
def test_an_item_that_was_dropped_counts_as_never_accepted(gateway: Stand, fault: str) -> None:
    accepted = gateway.control.stats()["accepted"]
    options = {"hold_s": 0.01} if fault == "read_timeout" else {}
    gateway.control.set(fault, accepted=False, **options)
    answer_bytes(gateway, "a")
    assert gateway.lines()[0]["codes"] == [""]
    assert gateway.control.stats()["accepted"] == accepted


def test_the_ledger_has_the_line_before_a_byte_of_the_answer_leaves(gateway: Stand) -> None:
    gateway.control.set("slow_start", delay_s=60)
    with socket.create_connection(("127.0.0.1", gateway.port)) as sock:
        sock.sendall(request_bytes("early"))
        wait_for(gateway.lines)
        sock.settimeout(0)
        with pytest.raises(BlockingIOError):
            sock.recv(1)
    assert (gateway.lines()[0]["keys"], gateway.lines()[0]["codes"]) == (["early"], ["C100"])


def test_a_slow_start_answers_whole_after_its_time(gateway: Stand) -> None:
    gateway.control.set("slow_start", delay_s=0.3)
    began_s = time.monotonic()
    assert gateway.codes("a") == ["C100"]
    assert time.monotonic() - began_s > 0.25


def test_a_slow_drip_sends_byte_by_byte(gateway: Stand) -> None:
    gateway.control.set("slow_drip", drip_s=0.01)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as sock:
        sock.sendall(request_bytes("a"))
        pieces = [sock.recv(65_536) for _ in range(20)]
    assert b"".join(pieces).startswith(b"HTTP/1.1 200 OK")
    assert len(b"".join(pieces)) < 80


@pytest.mark.parametrize(
    ("fault", "options", "answer", "decided"),
    [
        ("http_500", {}, (500, "C500_1"), "C500_1"),
        ("http_500", {"accepted": True}, (500, "C500_1"), "C100"),
        ("unauthorized", {}, (401, "C401_3"), "C401_3"),
        ("c400", {}, (400, "C400_2"), "C400_2"),
    ],
)
def test_an_envelope_answers_for_the_whole_request(
    gateway: Stand, fault: str, options: dict[str, Any], answer: tuple[int, str], decided: str
) -> None:
    gateway.control.set(fault, **options)
    status, body = gateway.post("a", "b")
    assert (status, json.loads(body)["code"]) == answer
    (line,) = gateway.lines()
    assert line["codes"] == [decided, decided]
    assert (line["fault"], line["answer"]) == (fault, "whole")


@pytest.mark.parametrize(
    ("fault", "options", "status", "after"),
    [
        ("http_429", {"retry_after": 7}, 429, "7"),
        ("http_429", {"retry_after": None}, 429, None),
        ("http_429", {}, 429, "1"),
        ("http_503", {}, 503, None),
        ("http_503", {"retry_after": 3}, 503, "3"),
        ("http_504", {}, 504, None),
    ],
)
def test_a_busy_gateway_takes_nothing_and_may_say_until_when(
    gateway: Stand, fault: str, options: dict[str, Any], status: int, after: str | None
) -> None:
    gateway.control.set(fault, **options)
    connection = gateway.connect()
    connection.request("POST", "/mms-bulk/v2/send", b'{"msg_data": [{"msg_key": "a"}]}')
    response = connection.getresponse()
    assert (response.status, response.headers["Retry-After"]) == (status, after)
    connection.close()
    assert gateway.lines()[0]["codes"] == [str(status)]


@pytest.mark.parametrize(("fault", "status"), [("http_503", 503), ("http_504", 504)])
def test_a_proxy_says_no_though_the_gateway_behind_it_accepted(
    gateway: Stand, fault: str, status: int
) -> None:
    gateway.control.set(fault, accepted=True)
    assert gateway.post("a", "b") == (status, b"")
    (line,) = gateway.lines()
    assert (line["codes"], line["fault"]) == (["C100", "C100"], fault)


@pytest.mark.parametrize("kind", ["bytes", "html", "truncated", "types"])
def test_garbage_is_a_200_that_nobody_can_read(gateway: Stand, kind: str) -> None:
    gateway.control.set("garbage", kind=kind, seed=3)
    status, body = gateway.post(*KEYS)
    assert status == 200
    assert not is_readable(body)
    (line,) = gateway.lines()
    assert (line["codes"], line["answer"]) == (["C100"] * 10, "none")


def test_a_half_answer_leaves_out_some_of_what_was_accepted(gateway: Stand) -> None:
    gateway.control.set("half_answer")
    answered = [told_keys(gateway.post(*KEYS)[1]) for _ in range(20)]
    assert all(set(keys) < set(KEYS) for keys in answered)
    assert len({len(keys) for keys in answered}) > 2
    assert {tuple(line["codes"]) for line in gateway.lines()} == {("C100",) * 10}
    assert gateway.lines()[0]["answer"] == "part"


def test_foreign_keys_stand_in_the_place_of_keys_left_out(gateway: Stand) -> None:
    gateway.control.set("foreign_keys")
    keys = told_keys(gateway.post(*KEYS)[1])
    assert len(keys) == 10
    assert set(keys) - set(KEYS)
    assert set(KEYS) - set(keys)
    assert gateway.lines()[0]["codes"] == ["C100"] * 10


def test_a_doubled_key_is_answered_twice(gateway: Stand) -> None:
    gateway.control.set("doubled_keys", second="G140")
    results = json.loads(gateway.post(*KEYS)[1])["results"]
    twice = [result["code"] for result in results if result["msg_key"] == results[-1]["msg_key"]]
    assert (len(results), twice) == (11, ["C100", "G140"])


@pytest.mark.parametrize(
    ("fault", "options", "paid"), [("no_credit", {}, 0), ("credit_part", {"k": 3}, 3), ("credit_part", {}, 5)]
)
def test_without_credit_items_from_one_on_are_refused(
    gateway: Stand, fault: str, options: dict[str, Any], paid: int
) -> None:
    gateway.control.set(fault, **options)
    codes = ["C100"] * paid + ["G150"] * (10 - paid)
    assert gateway.codes(*KEYS) == codes
    assert gateway.lines()[0]["codes"] == codes
    gateway.control.clear()
    assert gateway.codes(*KEYS) == ["C100"] * 10


def test_an_unknown_code_strikes_one_item_that_is_not_accepted(gateway: Stand) -> None:
    gateway.control.set("unknown_code")
    codes = gateway.codes(*KEYS)
    assert sorted(codes) == ["C100"] * 9 + ["X999"]
    assert gateway.lines()[0]["codes"] == codes


def test_a_huge_answer_is_whole_and_over_a_megabyte(gateway: Stand) -> None:
    gateway.control.set("huge")
    _, body = gateway.post(*KEYS)
    assert len(body) > 1_000_000
    assert told_keys(body) == KEYS


def test_close_idle_answers_whole_and_closes_without_a_word(gateway: Stand) -> None:
    gateway.control.set("close_idle")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as sock:
        sock.sendall(request_bytes("a"))
        said = b"".join(iter(lambda: sock.recv(65_536), b""))
    assert b"C100" in said
    assert b"close" not in said.lower()


def test_a_refusing_gateway_listens_again_on_its_port(gateway: Stand) -> None:
    kept = gateway.connect()
    exchange(kept, "a")
    gateway.control.set("refuse", seconds=1)
    with pytest.raises(ConnectionRefusedError):
        gateway.post("b")
    # The end is orderly, but a request that meets it may be answered with a reset.
    with pytest.raises(RST):
        exchange(kept, "c")
    kept.close()
    wait_for(lambda: is_open(gateway.port))
    assert gateway.codes("d") == ["C100"]
    assert [line["keys"] for line in gateway.lines()] == [["a"], ["d"]]


def test_clearing_ends_a_refusal(gateway: Stand) -> None:
    gateway.control.set("refuse", seconds=600)
    assert not is_open(gateway.port)
    gateway.control.clear()
    wait_for(lambda: is_open(gateway.port))


def test_a_known_key_is_told_as_double_to_its_user_only(gateway: Stand) -> None:
    gateway.codes("once")
    assert gateway.codes("once") == ["C100"]
    gateway.control.know_keys(on=True)
    assert gateway.codes("once", "new") == ["71003", "C100"]
    assert gateway.codes("once", user="other") == ["C100"]
    assert gateway.lines()[2]["codes"] == ["71003", "C100"]


def test_a_key_that_was_not_accepted_is_not_known(gateway: Stand) -> None:
    gateway.control.know_keys(on=True)
    gateway.control.set("no_credit")
    gateway.codes("poor")
    gateway.control.clear()
    assert gateway.codes("poor") == ["C100"]


def test_a_fault_strikes_its_share_and_the_same_seed_the_same_requests(gateway: Stand) -> None:
    def run(seed: int) -> list[str]:
        gateway.control.set("unauthorized", share=0.3, seed=seed)
        before = len(gateway.lines())
        for _ in range(100):
            exchange(connection, "a")
        return [line["fault"] for line in gateway.lines()[before:]]

    connection = gateway.connect()
    first, again, other = run(1), run(1), run(2)
    connection.close()
    assert first == again
    assert first != other
    assert 15 <= first.count("unauthorized") <= 45


def test_of_faults_that_stand_together_a_request_draws_at_most_one(gateway: Stand) -> None:
    gateway.control.set("unauthorized")
    gateway.control.set("no_credit")
    gateway.control.set("c400", share=0)
    for _ in range(10):
        gateway.post("a")
    faults = [line["fault"] for line in gateway.lines()]
    assert (faults.count("unauthorized"), faults.count("no_credit")) == (5, 5)


def test_a_fault_ends_with_its_time(gateway: Stand) -> None:
    gateway.control.set("no_credit", seconds=1)
    assert gateway.control.standing()["faults"][0]["fault"] == "no_credit"
    assert gateway.codes("a") == ["G150"]
    wait_for(lambda: not gateway.control.standing()["faults"])
    assert gateway.codes("a") == ["C100"]


@pytest.mark.parametrize(
    ("fault", "options", "told"),
    [
        ("rest_before", {}, "no fault 'rest_before'"),
        ("no_credit", {"share": 2}, "share is 2"),
        ("no_credit", {"seconds": 0}, "seconds is 0"),
        ("no_credit", {"k": 2}, "no_credit has no option k"),
        ("credit_part", {"k": "two"}, "k is 'two'"),
        ("http_500", {"accepted": 1}, "accepted is 1"),
        ("garbage", {"kind": "poem"}, "kind is 'poem'"),
        ("refuse", {}, "refuse needs seconds"),
    ],
)
def test_an_order_that_cannot_be_done_is_refused(
    gateway: Stand, fault: str, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(Refused, match=told):
        gateway.control.set(fault, **options)
    assert gateway.control.standing()["faults"] == []


def test_a_wrong_secret_is_refused_where_the_gateway_knows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, ledger = free_port(), tmp_path / "ledger"
    stand = Stand(port, GatewayControl(port), ledger)
    monkeypatch.setenv(SECRETS, json.dumps({"main": "hush-hush", "second": "another"}))
    with running("tests.chaos.gateway", "--port", port, "--ledger", ledger):
        stand.control.wait_ready()
        connection = stand.connect()
        right, _ = exchange(connection, "a")
        wrong, _ = exchange(connection, "b", user="second")
        connection.close()
        stats = stand.control.stats()
    assert (right, wrong, stats["wrong_secrets"], stats["accepted"]) == (200, 401, 1, 1)
    assert [(line["codes"], line["fault"]) for line in stand.lines()] == [
        (["C100"], ""),
        (["C401_3"], "wrong_secret"),
    ]


def test_a_killed_gateway_goes_on_in_its_ledger(tmp_path: Path) -> None:
    port, ledger = free_port(), tmp_path / "ledger"
    stand = Stand(port, GatewayControl(port), ledger)
    args = ("tests.chaos.gateway", "--port", port, "--ledger", ledger, "--knows-keys")
    with running(*args) as process:
        stand.control.wait_ready()
        stand.control.set("read_timeout")
        with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
            sock.sendall(request_bytes("unheard"))
            wait_for(stand.lines)
            process.kill()
            process.wait(5)
            assert read_to_end(sock) == b""
    with ledger.open("a") as file:
        file.write('{"n": 2, "torn')
    with running(*args):
        stand.control.wait_ready()
        # Without a door of its own for orders, what locks requests out would lock orders out for ever.
        with pytest.raises(Refused, match="reset_before needs seconds"):
            stand.control.set("reset_before")
        assert stand.codes("unheard", "new") == ["71003", "C100"]
    assert [line["n"] for line in stand.lines()] == [1, 2]


def request_bytes(*keys: str) -> bytes:
    body = json.dumps({"msg_data": [{"msg_key": key} for key in keys]}).encode()
    head = b"POST /mms-bulk/v2/send HTTP/1.1\r\nAuthorization: main;secret\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


def answer_bytes(gateway: Stand, *keys: str) -> bytes:
    """Send keys, and return all bytes that come until the gateway ends or has answered whole."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as sock:
        sock.sendall(request_bytes(*keys))
        return read_to_end(sock)


def read_to_end(sock: socket.socket) -> bytes:
    said = b""
    try:
        while not is_whole(said) and (piece := sock.recv(65_536)):
            said += piece
    except RST:
        pass
    return said


def is_whole(said: bytes) -> bool:
    head, end, body = said.partition(b"\r\n\r\n")
    return bool(end) and len(body) == int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])


def told_keys(body: bytes) -> list[str]:
    return [result["msg_key"] for result in json.loads(body)["results"]]


def is_readable(body: bytes) -> bool:
    try:
        results = json.loads(body)["results"]
        return all(isinstance(result["code"], str) for result in results)
    except (ValueError, TypeError, KeyError):
        return False


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True
