"""The way to the gateway: slow names, silent addresses, a proxy, an authority of one's own."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.answers import WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.gateway.http.client import GatewayClient
from plexsend.gateway.http.exchange import Timeouts
from plexsend.gateway.http.handshake import shake_hands
from plexsend.gateway.http.hook import post_to_hook
from plexsend.gateway.http.way import Way
from plexsend.names import Names
from plexsend.settings.proxy_urls import proxy_address
from plexsend.stack.ports import free_port
from tests.integration.gateway.proxy import LOGIN, Proxy
from tests.integration.gateway.rude_gateway import Gateway, answering
from tests.integration.gateway.test_client import ACCEPTED, CERTIFICATE, only_meaning, post, secured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

QUICK = Timeouts(connect_s=0.3, least_s=0.05, start_s=3, read_s=5, deadline_s=8)
# The certificate is for localhost; with the dot it is not a name of this machine for plexsend.
NEARBY = "localhost."


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with closing(Gateway()) as server:
        server.serve = answering(ACCEPTED)
        yield server


@pytest.fixture
def silent() -> Iterator[Callable[[str, int], None]]:
    """Lets an address of this machine take no connection: a listener whose queue is full."""
    with ExitStack() as stack:

        def silence(address: str, port: int) -> None:
            listener = stack.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen(0)
            for _ in range(2):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)  # noqa: FBT003 - the standard library's signature
                waiting.connect_ex((address, port))

        yield silence


def resolver(*addresses: str, until: threading.Event | None = None) -> Callable[..., list[Any]]:
    """Return what finds these addresses for every name, at the earliest when the event is set."""

    def look_up(*_: Any) -> list[Any]:
        if until is not None:
            assert until.wait(30)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]

    return look_up


def client_of(
    gateway: Gateway,
    names: Names,
    *,
    timeouts: Timeouts | None = None,
    way: Way | None = None,
    scheme: str = "http",
) -> closing[GatewayClient]:
    urls = {"mms": f"{scheme}://{NEARBY}:{gateway.port}"}
    return closing(GatewayClient(urls, timeouts=timeouts, names=names, way=way))


def whole(answer: object) -> WholeAnswer:
    assert isinstance(answer, WholeAnswer)
    return answer


class TestNames:
    def test_slow_look_up_gives_back_once_names_itself_and_then_all_is_sent(self, gateway: Gateway) -> None:
        found = threading.Event()
        names = Names(resolver("127.0.0.1", until=found))
        with client_of(gateway, names, timeouts=Timeouts(start_s=0.05)) as client:
            answer = whole(post(client))
            assert (answer.meaning, answer.code) == (Meaning.UNAVAILABLE, "NAME_SLOW")
            assert "name servers did not say in 0.05 s where localhost is" in answer.desc
        found.set()
        with client_of(gateway, names) as client:
            assert only_meaning(post(client)) is Meaning.ACCEPTED

    def test_two_silent_addresses_before_a_good_one_delay_one_connection_and_no_other(
        self, gateway: Gateway, silent: Callable[[str, int], None]
    ) -> None:
        for address in ("127.0.0.2", "127.0.0.3"):
            silent(address, gateway.port)
        tried: list[Sequence[str]] = []

        class Watched(Names):
            def addresses(self, host: str, within_s: float) -> list[str]:
                found = super().addresses(host, within_s)
                tried.append(found)
                return found

        names = Watched(resolver("127.0.0.2", "127.0.0.3", "127.0.0.1"))
        for _ in range(2):
            with client_of(gateway, names, timeouts=QUICK) as client:
                assert only_meaning(post(client)) is Meaning.ACCEPTED
        assert [order[0] for order in tried] == ["127.0.0.2", "127.0.0.1"]

    def test_so_many_silent_addresses_that_the_time_is_over_are_passed_the_next_time(
        self, gateway: Gateway, silent: Callable[[str, int], None]
    ) -> None:
        dead = [f"127.0.0.{number}" for number in range(2, 8)]
        for address in dead:
            silent(address, gateway.port)
        names = Names(resolver(*dead, "127.0.0.1"))
        timeouts = Timeouts(connect_s=0.2, least_s=0.1, start_s=0.25, read_s=5, deadline_s=8)
        with client_of(gateway, names, timeouts=timeouts) as client:
            answer = whole(post(client))
            assert (answer.meaning, answer.code) == (Meaning.UNAVAILABLE, "CONNECT_TIMEOUT")
            for _ in range(3):
                answered = post(client)
                if not isinstance(answered, WholeAnswer):
                    break
        assert only_meaning(answered) is Meaning.ACCEPTED

    def test_address_that_fails_after_it_took_the_connection_is_passed_too(self, gateway: Gateway) -> None:
        gateway.serve = secured(answering(ACCEPTED))
        names = Names(resolver("127.0.0.2", "127.0.0.1"))
        way = Way(ca_file=str(CERTIFICATE))
        # It takes connections, and is silent in the handshake of TLS.
        with (
            socket.create_server(("127.0.0.2", gateway.port)),
            client_of(gateway, names, timeouts=QUICK, way=way, scheme="https") as client,
        ):
            assert whole(post(client)).code == "CONNECT_TIMEOUT"
            assert only_meaning(post(client)) is Meaning.ACCEPTED


@pytest.fixture
def proxies() -> Iterator[Callable[..., Proxy]]:
    with ExitStack() as stack:
        yield lambda port, **options: stack.enter_context(closing(Proxy(port, **options)))


def through(proxy: Proxy, *, login: str = "") -> Way:
    return Way(proxy_address("PLEXSEND_PROXY_URL", f"http://{login}{proxy.place}"), str(CERTIFICATE))


NOBODY = Names(resolver())


class TestProxy:
    def test_gateway_is_reached_through_it_and_looked_up_by_it(
        self, gateway: Gateway, proxies: Callable[..., Proxy]
    ) -> None:
        gateway.serve = secured(answering(ACCEPTED))
        proxy = proxies(gateway.port)
        way = through(proxy, login="kim:p%40ss@")
        with client_of(gateway, NOBODY, way=way, scheme="https") as client:
            for _ in range(3):
                assert only_meaning(post(client)) is Meaning.ACCEPTED
        assert (len(proxy.heads), gateway.connections, len(gateway.requests)) == (1, 1, 3)
        assert proxy.heads[0].startswith(f"CONNECT {NEARBY}:{gateway.port} HTTP/1.".encode())
        assert LOGIN in proxy.heads[0]
        # Neither the account's secret nor the proxy's goes to the other.
        assert b"Authorization: someone" not in proxy.heads[0]
        assert not any(b"proxy-authorization" in head.lower() for head, _ in gateway.requests)

    @pytest.mark.parametrize(
        ("refuses", "words"),
        [
            ("407 Proxy Authentication Required", "wants another login (407); it is in PLEXSEND_PROXY_URL"),
            ("403 Forbidden", "does not let localhost. be reached (403)"),
            ("503 Service Unavailable", "does not let localhost. be reached (503)"),
            ("hang up", "localhost. through the proxy 127.0.0.1 cannot be reached (closed)"),
        ],
    )
    def test_what_it_refuses_was_not_sent_and_the_hold_names_it(
        self, gateway: Gateway, proxies: Callable[..., Proxy], refuses: str, words: str
    ) -> None:
        way = through(proxies(gateway.port, refuses=refuses), login="kim:p%40ss@")
        with client_of(gateway, NOBODY, way=way, scheme="https") as client:
            answer = whole(post(client))
        assert (answer.meaning, answer.code) == (Meaning.UNAVAILABLE, "PROXY")
        assert words in answer.desc
        assert "the proxy 127.0.0.1" in answer.desc
        assert "p@ss" not in answer.desc
        assert gateway.requests == []

    def test_one_whose_answer_has_no_end_is_given_up_in_time(
        self, gateway: Gateway, proxies: Callable[..., Proxy]
    ) -> None:
        way = through(proxies(gateway.port, refuses="drip"))
        with client_of(gateway, NOBODY, timeouts=QUICK, way=way, scheme="https") as client:
            answer = whole(post(client))
        assert (answer.meaning, answer.code) == (Meaning.UNAVAILABLE, "CONNECT_TIMEOUT")
        assert "the proxy 127.0.0.1 does not answer in time" in answer.desc

    def test_one_that_is_not_there_is_named(self, gateway: Gateway) -> None:
        way = Way(proxy_address("PLEXSEND_PROXY_URL", f"http://127.0.0.1:{free_port()}"))
        with client_of(gateway, NOBODY, way=way, scheme="https") as client:
            answer = whole(post(client))
        assert (answer.meaning, answer.code) == (Meaning.UNAVAILABLE, "REFUSED")
        assert "the proxy 127.0.0.1 cannot be reached (connection refused)" in answer.desc

    def test_this_machine_itself_is_reached_without_it(
        self, gateway: Gateway, proxies: Callable[..., Proxy]
    ) -> None:
        proxy = proxies(gateway.port)
        with closing(GatewayClient({"mms": gateway.url}, way=through(proxy))) as client:
            assert only_meaning(post(client)) is Meaning.ACCEPTED
        gateway.serve = secured(answering(ACCEPTED))
        with closing(
            GatewayClient({"mms": f"https://localhost:{gateway.port}"}, way=through(proxy))
        ) as client:
            assert only_meaning(post(client)) is Meaning.ACCEPTED
        assert proxy.heads == []

    def test_chat_is_reached_through_it(self, gateway: Gateway, proxies: Callable[..., Proxy]) -> None:
        gateway.serve = secured(answering(b"HTTP/1.1 204 No Content\r\n\r\n"))
        proxy, refuses = proxies(gateway.port), proxies(gateway.port, refuses="403 Forbidden")
        url = f"https://{NEARBY}:{gateway.port}/services/token"
        assert post_to_hook(url, {"text": "x"}, way=through(proxy)) == ""
        assert post_to_hook(url, {"text": "x"}, way=through(refuses)) == (
            "the proxy does not let the hook be reached"
        )
        assert b"token" not in b"".join(proxy.heads)


class TestAuthorities:
    def test_file_that_is_gone_is_named_and_nothing_was_sent(self, gateway: Gateway, tmp_path: Path) -> None:
        file = tmp_path / "ca.pem"
        file.write_bytes(CERTIFICATE.read_bytes())
        gateway.serve = secured(answering(ACCEPTED))
        names = Names(resolver("127.0.0.1"))
        with client_of(gateway, names, way=Way(ca_file=str(file)), scheme="https") as client:
            assert only_meaning(post(client)) is Meaning.ACCEPTED
            file.unlink()
            answer = whole(post(client))
        assert (answer.meaning, answer.code) == (Meaning.UNAVAILABLE, "CA_FILE")

    def test_other_certificates_are_refused_with_the_setting_that_names_whose_are_trusted(
        self, gateway: Gateway
    ) -> None:
        gateway.serve = secured(answering(ACCEPTED))
        with client_of(gateway, Names(resolver("127.0.0.1")), scheme="https") as client:
            answer = whole(post(client))
        assert answer.code == "TLS"
        assert "the certificate of localhost is refused: self-signed certificate" in answer.desc
        assert "PLEXSEND_CA_FILE" in answer.desc


class TestHandshake:
    def test_it_goes_through_the_proxy(self, gateway: Gateway, proxies: Callable[..., Proxy]) -> None:
        gateway.serve = secured(answering(ACCEPTED))
        url, proxy = f"https://{NEARBY}:{gateway.port}", proxies(gateway.port)
        found = shake_hands(url, through(proxy, login="kim:p%40ss@"), timeout_s=5)
        assert (found.failure, found.protocol) == ("", "TLSv1.3")
        assert LOGIN in proxy.heads[0]
        refused = shake_hands(url, through(proxies(gateway.port, refuses="403 Forbidden")), timeout_s=5)
        assert refused.failure == "the proxy 127.0.0.1 does not let localhost. be reached (403)"

    def test_silent_addresses_are_named_and_the_time_of_the_look_up(
        self, gateway: Gateway, silent: Callable[[str, int], None]
    ) -> None:
        silent("127.0.0.2", gateway.port)
        names = Names(resolver("127.0.0.1", "127.0.0.2"))
        found = shake_hands(f"http://{NEARBY}:{gateway.port}", timeout_s=5, names=names)
        assert (found.failure, found.silent, found.addresses) == ("", ("127.0.0.2",), 2)
        assert found.host == "localhost"
