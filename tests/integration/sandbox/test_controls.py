"""The controls, once in this process and once over HTTP: every test runs on both."""

from __future__ import annotations

import http.client
import inspect
import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox import Behaviour, Duplicates, Sandbox, SandboxAdmin
from plexsend.sandbox.controls import Controls

if TYPE_CHECKING:
    Either = Sandbox | SandboxAdmin


def list_signatures(owner: type) -> dict[str, str]:
    return {
        name: str(inspect.signature(member)) if inspect.isfunction(member) else "property"
        for name, member in vars(owner).items()
        if not name.startswith("_")
    }


def test_both_offer_the_same() -> None:
    assert list_signatures(SandboxAdmin) == list_signatures(Controls)


def test_accepted_and_duplicates(controls: Either, client: Any) -> None:
    client.send("a", "b")
    client.send("a")
    assert controls.accepted == controls.list_accepted("main") == {"a": 1, "b": 1}
    assert controls.duplicates == controls.list_duplicates("main") == {"a": 1}
    assert controls.list_accepted("nobody") == {}


def test_stats(controls: Either, sandbox: Sandbox, client: Any) -> None:
    client.send("a", "b")
    stats = controls.get_stats()
    assert stats == sandbox.get_stats()
    assert (stats.batch_sizes, stats.statuses) == ({2: 1}, {200: 1})
    # Asking is no request.
    assert (stats.connections, stats.requests) == (1, 1)


def test_requests_and_arrivals(controls: Either, sandbox: Sandbox, client: Any) -> None:
    client.send("a")
    [seen] = controls.list_requests()
    assert (seen.method, seen.path, seen.body) == ("POST", "/mms-bulk/v2/send", None)
    assert seen == sandbox.list_requests()[0]
    [arrival] = controls.list_arrivals()
    assert (arrival.service, arrival.account, arrival.items) == ("mms-bulk", "main", 1)
    assert arrival == sandbox.list_arrivals()[0]


def test_kept_bodies_come_as_they_were_sent() -> None:
    with Sandbox(keep_bodies=True) as sandbox:
        connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
        connection.request("POST", "/nowhere?x=1", b"\x00\xff", {"Authorization": "main;secret"})
        connection.getresponse().read()
        connection.close()
        [seen] = SandboxAdmin(sandbox.url).list_requests()
        assert (seen.path, seen.body) == ("/nowhere?x=1", b"\x00\xff")
        assert "secret" not in str(seen.headers)
        assert sandbox.list_requests() == [seen]


def test_faults(controls: Either, client: Any) -> None:
    first = controls.add_fault("server_error", times=1, service="mms-bulk", status=502)
    second = controls.add_fault("empty", for_s=60)
    assert [(fault["number"], fault["kind"]) for fault in controls.list_faults()] == [
        (first, "server_error"),
        (second, "empty"),
    ]
    assert client.send("a")[0] == 502
    controls.clear_faults(second)
    assert client.send("a")[0] == 200
    controls.add_fault("empty")
    controls.clear_faults()
    assert controls.list_faults() == []


def test_faults_never_befall_the_controls(controls: Either) -> None:
    controls.add_fault("reset_before_reading")
    assert len(controls.list_faults()) == 1


def test_credit(controls: Either, client: Any) -> None:
    assert controls.get_credit("main") is None
    controls.set_credit(1)
    assert controls.get_credit("main") == 1
    codes = {result["msg_key"]: result["code"] for result in client.send("a", "b")[1]["results"]}
    assert codes == {"a": "C100", "b": "G150"}
    controls.add_credit(2, account="main")
    controls.set_credit(5, account="other")
    assert (controls.get_credit("main"), controls.get_credit("other")) == (2, 5)
    controls.set_credit(None, account="main")
    assert controls.get_credit("main") is None


def test_credentials(controls: Either, client: Any) -> None:
    assert controls.list_accounts() is None
    controls.set_credentials("main", "another")
    assert controls.list_accounts() == ["main"]
    assert client.send("a")[1]["code"] == "C401_3"
    controls.set_credentials("main", "secret")
    assert client.send("a")[0] == 200
    controls.set_credentials("main", None)
    assert controls.list_accounts() == []


def test_limit(controls: Either, client: Any, request_bytes: Any) -> None:
    controls.set_limit(1)
    assert controls.get_behaviour().messages_per_s == 1
    body = client.exchange(request_bytes("a", "b"))
    assert body.startswith(b"HTTP/1.1 429 ")
    assert b"Retry-After: 1\r\n" in body
    controls.set_limit(None)
    assert client.send("a", "b")[0] == 200


def test_behaviour(controls: Either, client: Any) -> None:
    assert controls.get_behaviour() == Behaviour()
    controls.change_behaviour(duplicates=Duplicates.ACCEPT, envelope_for=frozenset({"G150"}))
    client.send("a")
    client.send("a")
    assert controls.accepted == {"a": 2}
    assert controls.get_behaviour().envelope_for == {"G150"}


def test_reset(controls: Either, client: Any) -> None:
    controls.set_credit(10)
    client.send("a")
    controls.add_fault("empty")
    controls.reset()
    assert (controls.accepted, controls.list_requests(), controls.list_faults()) == ({}, [], [])
    assert controls.get_stats().requests == 0
    assert controls.get_credit("main") == 9


def test_mistakes_are_named(controls: Either) -> None:
    with pytest.raises(ValueError) as caught:
        controls.add_fault("flood")
    assert "'flood'" in str(caught.value)
    with pytest.raises(ValueError) as caught:
        controls.change_behaviour(speed=1)
    assert "'speed'" in str(caught.value)
    with pytest.raises(ValueError):
        controls.set_credit(-1)
    with pytest.raises(ValueError):
        controls.set_credentials("a b", "c")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nothing", b"", 404),
        ("POST", "stats", b"", 404),
        ("POST", "faults", b"{", 400),
        ("POST", "faults", b"[]", 400),
        ("POST", "faults", b"\xff", 400),
        ("POST", "faults", b"[" * 100_000, 400),
        ("POST", "faults", b'{"kind": []}', 400),
        ("POST", "faults", b'{"kind": "empty", "params": 1}', 400),
        ("POST", "credit", b"{}", 400),
        ("POST", "credit", b'{"messages": "5"}', 400),
        ("POST", "credentials", b'{"account": 5, "secret": 5}', 400),
        ("POST", "behaviour", b'{"envelope_for": 5}', 400),
        ("DELETE", "faults", b'{"number": 99}', 200),
    ],
)
def test_administration_answers_nonsense(
    sandbox: Sandbox, method: str, path: str, body: bytes, status: int
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    connection.request(method, f"/_sandbox/{path}", body)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    assert response.status == status
    assert set(answer) == ({"value"} if status == 200 else {"error"})


def test_url_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError):
        SandboxAdmin("127.0.0.1:8080")
