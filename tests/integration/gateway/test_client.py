"""The client against a gateway that misbehaves in every way that is known of gateways."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plexsend.errors import UsageError
from plexsend.gateway.answers import ItemAnswers, WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.gateway.environment import read_settings
from plexsend.gateway.http.client import GatewayClient
from plexsend.gateway.http.exchange import Timeouts
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import get_service
from tests.integration.gateway.rude_gateway import (
    Gateway,
    Serve,
    answering,
    answering_once,
    hang,
    http,
    read_then_reset,
    reset,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CERTIFICATE = Path(__file__).with_name("self_signed.pem")
"""A certificate for localhost and its key, made for these tests alone."""

SERVICE = get_service("mms-bulk")
CREDENTIALS = "someone;s3cr3t-of-someone"
QUICK = Timeouts(connect_s=0.4, start_s=5, read_s=0.3, deadline_s=0.5)
"""Short enough for tests that wait for a timeout; what they then assert does not hang on the exact time."""

ACCEPTED = http(b'{"results":[{"code":"C100","desc":"accepted","msg_key":"k1"}]}')


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with closing(Gateway()) as server:
        yield server


@pytest.fixture
def client(gateway: Gateway) -> Iterator[GatewayClient]:
    with closing(GatewayClient({"mms": gateway.url})) as made:
        yield made


@pytest.fixture
def quick(gateway: Gateway) -> Iterator[GatewayClient]:
    with closing(GatewayClient({"mms": gateway.url}, timeouts=QUICK)) as made:
        yield made


def post(client: GatewayClient, *keys: str) -> ItemAnswers | WholeAnswer:
    sent = keys or ("k1",)
    return client.post(SERVICE, CREDENTIALS, sent, [b'{"msg_key":"%s"}' % key.encode() for key in sent])


def uncertain(code: str) -> WholeAnswer:
    return WholeAnswer(Meaning.UNCERTAIN, code, "no usable answer came", None, explicit=False)


def shut(code: str) -> WholeAnswer:
    return WholeAnswer(Meaning.UNAVAILABLE, code, "nothing was sent", None, explicit=False)


def without_words(answer: ItemAnswers | WholeAnswer) -> WholeAnswer:
    """The answer, with no more words than that nothing was sent."""
    assert isinstance(answer, WholeAnswer)
    assert answer.desc.endswith(f" (seen from {socket.gethostname()}); nothing was sent")
    return replace(answer, desc="nothing was sent")


def only_meaning(answer: ItemAnswers | WholeAnswer, key: str = "k1") -> Meaning:
    assert isinstance(answer, ItemAnswers)
    return answer.by_key[key].meaning


class TestRequest:
    def test_example_request_of_the_guide_goes_out_byte_by_byte(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        gateway.serve = answering(ACCEPTED)
        items = [
            {
                "msg_key": key,
                "sub_id": "sub",
                "title": "제목",
                "sender_number": "02-2345-6789",
                "receiver_number": "010-2345-6789",
                "origin_cid": "1234567890",
                "msg": "안녕하세요\r\n“가을” ①",
                "echo_to_webhook": "에코 echo",
                "file_path": ["https://kr.object/api-plex-upload/image/mms/someone/1.jpg"],
            }
            for key in ("k1", "k2")
        ]
        bodies = [get_loader("mms-bulk").load(item).body for item in items]

        client.post(SERVICE, CREDENTIALS, ["k1", "k2"], bodies)

        head, body = gateway.requests[0]
        expected_item = (
            '{"msg_key":"%s","sub_id":"sub","title":"제목","sender_number":"0223456789",'
            '"receiver_number":"01023456789","origin_cid":"1234567890","msg":"안녕하세요\\n“가을” ①",'
            '"echo_to_webhook":"에코 echo",'
            '"file_path":["https://kr.object/api-plex-upload/image/mms/someone/1.jpg"]}'
        )
        expected_body = ('{"msg_data":[' + expected_item % "k1" + "," + expected_item % "k2" + "]}").encode()
        assert body == expected_body
        assert b"\\u" not in body
        assert sorted(head.decode().split("\r\n")) == sorted(
            [
                "POST /mms-bulk/v2/send HTTP/1.1",
                f"Host: 127.0.0.1:{gateway.port}",
                "Accept-Encoding: identity",
                f"Content-Length: {len(expected_body)}",
                "Authorization: someone;s3cr3t-of-someone",
                "Content-Type: application/json;charset=utf-8",
                "User-Agent: plexsend",
            ]
        )

    @pytest.mark.parametrize(
        ("dialect", "path", "brand", "copying"),
        [
            ("v1", "/rcs-mms-bulk/v1/send", "br_id", '"true"'),
            ("v2", "/rcs/v2/submit/rcs-mms-bulk", "brand_id", "true"),
        ],
    )
    def test_rcs_goes_out_byte_by_byte_in_either_dialect_with_its_variant_beside_the_items(
        self, gateway: Gateway, dialect: str, path: str, brand: str, copying: str
    ) -> None:
        gateway.serve = answering(ACCEPTED)
        settings = read_settings({"PLEXSEND_RCS_DIALECT": dialect, "PLEXSEND_RCS_URL": gateway.url})
        item = {
            "msg_key": "k1",
            "msg_type": "RMH",
            "sender_number": "1588-1234",
            "receiver_number": "010-2345-6789",
            "msg_base_id": "SMwLhX00",
            "br_id": "BR.1",
            "brand_key": "BK.1",
            "header": "1",
            "footer": "080-123-4567",
            "copy_allowed": True,
            "msg": {"body": {"title": "똠방각하", "media": "maapfile://1"}},
            "buttons": [{}],
        }
        loaded = get_loader("rcs-mms-bulk", settings).load(item)
        service = get_service("rcs-mms-bulk", settings)
        with closing(GatewayClient(settings.base_urls)) as client:
            client.post(service, CREDENTIALS, ["k1"], [loaded.body], variant=loaded.variant)

        head, body = gateway.requests[0]
        assert head.startswith(f"POST {path} HTTP/1.1".encode())
        assert (
            body
            == (
                '{"msg_data":[{"msg_key":"k1","sender_number":"15881234","receiver_number":"01023456789",'
                f'"msg_base_id":"SMwLhX00","{brand}":"BR.1","brand_key":"BK.1","header":"1",'
                f'"footer":"080-123-4567","copy_allowed":{copying},'
                '"msg":{"body":{"title":"똠방각하","media":"maapfile://1"}},"buttons":[{}]}],"msg_type":"RMH"}'
            ).encode()
        )

    @pytest.mark.parametrize(
        ("service_id", "variant"), [("rcs-mms-bulk", None), ("rcs-mms-bulk", "RMX"), ("sms-bulk", "RMM")]
    )
    def test_request_with_a_variant_that_its_product_does_not_have_is_not_made(
        self, gateway: Gateway, service_id: str, variant: str | None
    ) -> None:
        service = get_service(service_id)
        with closing(GatewayClient({service.product.name: gateway.url})) as client, pytest.raises(UsageError):
            client.post(service, CREDENTIALS, ["k1"], [b"{}"], variant=variant)
        assert gateway.requests == []

    def test_each_account_goes_out_under_its_own_name(self, gateway: Gateway, client: GatewayClient) -> None:
        gateway.serve = answering(ACCEPTED)
        for credentials in ("a;1", "b;2", "a;1"):
            client.post(SERVICE, credentials, ["k1"], [b"{}"])
        sent = [
            line for head, _ in gateway.requests for line in head.split(b"\r\n") if b"Authorization" in line
        ]
        assert sent == [b"Authorization: a;1", b"Authorization: b;2", b"Authorization: a;1"]

    def test_environment_has_no_say(
        self, gateway: Gateway, client: GatewayClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gateway.serve = answering(ACCEPTED)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
        assert only_meaning(post(client)) is Meaning.ACCEPTED

    def test_cookies_are_not_kept(self, gateway: Gateway, client: GatewayClient) -> None:
        gateway.serve = answering(http(b"{}", "200 OK", "Set-Cookie: a=b"))
        post(client)
        post(client)
        assert b"ookie" not in gateway.requests[1][0]

    @pytest.mark.parametrize(
        ("keys", "bodies"), [([], []), (["k"] * 11, [b"{}"] * 11), (["k1"], [b"{}"] * 2)]
    )
    def test_no_or_too_many_or_unmatched_items_are_refused_unsent(
        self, gateway: Gateway, client: GatewayClient, keys: list[str], bodies: list[bytes]
    ) -> None:
        with pytest.raises(UsageError):
            client.post(SERVICE, CREDENTIALS, keys, bodies)
        assert gateway.connections == 0

    @pytest.mark.parametrize("credentials", ["", "a;b\r\nX: y", "ä;b", "a; b"])
    def test_credentials_that_break_a_header_are_refused_without_showing_them(
        self, client: GatewayClient, credentials: str
    ) -> None:
        with pytest.raises(UsageError) as caught:
            client.post(SERVICE, credentials, ["k1"], [b"{}"])
        assert not credentials or credentials not in str(caught.value)

    def test_variant_of_a_product_without_variants_is_refused(self, client: GatewayClient) -> None:
        with pytest.raises(UsageError):
            client.post(SERVICE, CREDENTIALS, ["k1"], [b"{}"], variant="RMM")

    def test_product_without_a_url_is_refused(self) -> None:
        with closing(GatewayClient({})) as client, pytest.raises(UsageError):
            post(client)


class TestAnswer:
    def test_doubled_missing_and_foreign_keys_are_told_apart(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        results = [
            {"code": "C100", "desc": "ok", "msg_key": "k2"},
            {"code": "C100", "desc": "ok", "msg_key": "k1"},
            {"code": "G141", "desc": "bad", "msg_key": "k1"},
            {"code": "C100", "desc": "ok", "msg_key": "of another"},
        ]
        gateway.serve = answering(http(json.dumps({"results": results}).encode()))
        answer = post(client, "k1", "k2", "k3")
        assert isinstance(answer, ItemAnswers)
        assert [(key, item.meaning, item.code) for key, item in answer.by_key.items()] == [
            ("k1", Meaning.UNCERTAIN, "DOUBLED"),
            ("k2", Meaning.ACCEPTED, "C100"),
            ("k3", Meaning.UNCERTAIN, "MISSING"),
        ]
        assert answer.foreign == 1

    @pytest.mark.parametrize(
        ("status", "meaning"),
        [
            ("301 Moved", Meaning.UNSUITABLE),
            ("302 Found", Meaning.UNSUITABLE),
            ("307 Again", Meaning.UNSUITABLE),
        ],
    )
    def test_redirect_is_not_followed(
        self, gateway: Gateway, client: GatewayClient, status: str, meaning: Meaning
    ) -> None:
        gateway.serve = answering(http(b"", status, f"Location: {gateway.url}/elsewhere"))
        answer = post(client)
        assert isinstance(answer, WholeAnswer)
        assert answer.meaning is meaning
        assert len(gateway.requests) == 1

    @pytest.mark.parametrize(
        ("status", "meaning"),
        [("429 Too Many Requests", Meaning.UNAVAILABLE), ("503 Service Unavailable", Meaning.UNCERTAIN)],
    )
    def test_retry_after_reaches_the_caller_and_nothing_is_repeated(
        self, gateway: Gateway, client: GatewayClient, status: str, meaning: Meaning
    ) -> None:
        gateway.serve = answering(http(b"", status, "Retry-After: 7"))
        answer = post(client)
        assert isinstance(answer, WholeAnswer)
        assert (answer.meaning, answer.retry_after_s, answer.explicit) == (meaning, 7.0, True)
        assert len(gateway.requests) == 1

    def test_compressed_answer_is_read_though_none_was_asked_for(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        body = gzip.compress(ACCEPTED.partition(b"\r\n\r\n")[2])
        gateway.serve = answering(http(body, "200 OK", "Content-Encoding: gzip"))
        assert only_meaning(post(client)) is Meaning.ACCEPTED

    def test_chunked_answer_is_read(self, gateway: Gateway, client: GatewayClient) -> None:
        body = ACCEPTED.partition(b"\r\n\r\n")[2]
        chunked = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (9, body[:9], len(body) - 9, body[9:])
        gateway.serve = answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked)
        assert only_meaning(post(client)) is Meaning.ACCEPTED
        assert only_meaning(post(client)) is Meaning.ACCEPTED
        assert gateway.connections == 1

    def test_answer_without_a_length_ends_with_the_connection(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        def serve(sock: socket.socket, gateway: Gateway) -> None:
            gateway.read_request(sock)
            sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + ACCEPTED.partition(b"\r\n\r\n")[2])

        gateway.serve = serve
        assert only_meaning(post(client)) is Meaning.ACCEPTED

    def test_interim_answer_is_skipped(self, gateway: Gateway, client: GatewayClient) -> None:
        gateway.serve = answering(b"HTTP/1.1 100 Continue\r\n\r\n" + ACCEPTED)
        assert only_meaning(post(client)) is Meaning.ACCEPTED

    def test_secret_that_the_gateway_quotes_is_masked(self, gateway: Gateway, client: GatewayClient) -> None:
        envelope = {"code": "C401_3", "name": "x", "description": f"unknown {CREDENTIALS}"}
        gateway.serve = answering(http(json.dumps(envelope).encode(), "401 Unauthorized"))
        answer = post(client)
        assert isinstance(answer, WholeAnswer)
        assert (answer.meaning, answer.desc) == (Meaning.UNAUTHORIZED, "unknown someone;****")

    def test_secret_quoted_for_an_item_is_masked(self, gateway: Gateway, client: GatewayClient) -> None:
        results = [{"code": "G141", "desc": CREDENTIALS, "msg_key": "k1"}]
        gateway.serve = answering(http(json.dumps({"results": results}).encode()))
        answer = post(client)
        assert isinstance(answer, ItemAnswers)
        assert answer.by_key["k1"].desc == "someone;****"


class TestNoUsableAnswer:
    def test_reset_before_reading_is_uncertain(self, gateway: Gateway, client: GatewayClient) -> None:
        def serve(sock: socket.socket, _: Gateway) -> None:
            # Only once the body has come: a reset before it provably leaves nothing sent.
            while b"msg_data" not in sock.recv(65_536, socket.MSG_PEEK):
                pass
            reset(sock)

        gateway.serve = serve
        assert post(client) == uncertain("RESET")

    def test_reset_after_reading_is_uncertain(self, gateway: Gateway, client: GatewayClient) -> None:
        gateway.serve = read_then_reset
        assert post(client) == uncertain("RESET")
        assert len(gateway.requests) == 1

    def test_close_without_an_answer_is_uncertain_and_not_repeated(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        gateway.serve = lambda sock, gateway: gateway.read_request(sock)
        assert post(client) == uncertain("RESET")
        assert (len(gateway.requests), gateway.connections) == (1, 1)

    @pytest.mark.parametrize(
        "answer",
        [
            b"\x00\xff garbage that is no HTTP\r\n\r\n",
            b"HTTP/1.1 abc OK\r\n\r\n",
            ACCEPTED[:-5],
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"".join(b"H%d: x\r\n" % i for i in range(500)) + b"\r\n",
            b"HTTP/1.1 200 OK\r\nH: " + b"x" * 70_000 + b"\r\n\r\n",
        ],
        ids=[
            "no HTTP",
            "no status",
            "cut body",
            "cut head",
            "bad chunk",
            "many headers",
            "long header",
        ],
    )
    def test_answer_that_cannot_be_read_is_uncertain(
        self, gateway: Gateway, client: GatewayClient, answer: bytes
    ) -> None:
        def serve(sock: socket.socket, gateway: Gateway) -> None:
            gateway.read_request(sock)
            sock.sendall(answer)

        gateway.serve = serve
        assert post(client) == uncertain("BROKEN")

    def test_answer_with_a_false_encoding_is_read_as_it_came(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        bodies = (ACCEPTED.partition(b"\r\n\r\n")[2], b"not gzip")
        gateway.serve = answering(*(http(body, "200 OK", "Content-Encoding: gzip") for body in bodies))
        assert only_meaning(post(client)) is Meaning.ACCEPTED
        assert post(client) == WholeAnswer(Meaning.UNCERTAIN, "UNREADABLE", "", None, explicit=False)

    @pytest.mark.parametrize(
        "spoilt",
        [
            b"Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip",
            b"Content-Length: 100\r\n\r\ncut",
            b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"Content-Length: 2000000\r\n\r\n" + b" " * 2_000_000,
        ],
        ids=["false encoding", "cut", "bad chunk", "too large"],
    )
    @pytest.mark.parametrize(
        ("status", "meaning"),
        [
            (302, Meaning.UNSUITABLE),
            (401, Meaning.UNAUTHORIZED),
            (404, Meaning.UNSUITABLE),
            (429, Meaning.UNAVAILABLE),
            (503, Meaning.UNCERTAIN),
        ],
    )
    def test_status_keeps_its_meaning_where_the_body_cannot_be_read(
        self, gateway: Gateway, client: GatewayClient, status: int, meaning: Meaning, spoilt: bytes
    ) -> None:
        gateway.serve = answering_once(b"HTTP/1.1 %d X\r\nRetry-After: 7\r\n" % status + spoilt)
        answer = post(client)
        assert isinstance(answer, WholeAnswer)
        assert (answer.meaning, answer.code, answer.explicit) == (meaning, f"HTTP_{status}", True)
        assert answer.retry_after_s == (7 if status in {429, 503} else None)

    @pytest.mark.parametrize("status", [200, 400])
    def test_nothing_is_known_of_the_items_where_the_body_breaks_off(
        self, gateway: Gateway, client: GatewayClient, status: int
    ) -> None:
        answer = b'HTTP/1.1 %d X\r\nContent-Length: 100\r\n\r\n{"results":' % status
        gateway.serve = answering_once(answer)
        assert post(client) == uncertain("BROKEN")

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"results":5}', b"[" * 100_000])
    def test_success_without_a_readable_shape_is_uncertain(
        self, gateway: Gateway, client: GatewayClient, body: bytes
    ) -> None:
        gateway.serve = answering(http(body))
        answer = post(client)
        assert answer == WholeAnswer(Meaning.UNCERTAIN, "UNREADABLE", "", None, explicit=False)

    def test_too_large_an_answer_is_not_read_to_its_end(self, gateway: Gateway) -> None:
        sent_bytes = 0

        def serve(sock: socket.socket, gateway: Gateway) -> None:
            nonlocal sent_bytes
            gateway.read_request(sock)
            sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not gateway.stopping.is_set():
                sent_bytes += sock.send(b" " * 65_536)

        gateway.serve = serve
        with closing(GatewayClient({"mms": gateway.url}, max_answer_bytes=100_000)) as client:
            assert post(client) == uncertain("TOO_LARGE")
        assert sent_bytes < 20_000_000

    def test_answer_of_just_the_greatest_size_is_read(self, gateway: Gateway) -> None:
        body = ACCEPTED.partition(b"\r\n\r\n")[2]
        gateway.serve = answering(http(body))
        for limit, usable in ((len(body), True), (len(body) - 1, False)):
            with closing(GatewayClient({"mms": gateway.url}, max_answer_bytes=limit)) as client:
                assert (post(client) == uncertain("TOO_LARGE")) is not usable

    def test_small_compressed_answer_cannot_become_a_large_one(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        gateway.serve = answering(
            http(gzip.compress(b" " * 50_000_000, 1), "200 OK", "Content-Encoding: gzip")
        )
        assert post(client) == uncertain("TOO_LARGE")

    def test_silence_is_uncertain(self, gateway: Gateway, quick: GatewayClient) -> None:
        gateway.serve = hang
        assert post(quick) == uncertain("TIMEOUT")

    def test_silence_ends_at_the_deadline_though_a_single_read_may_take_longer(
        self, gateway: Gateway
    ) -> None:
        gateway.serve = hang
        timeouts = Timeouts(read_s=20, deadline_s=0.2)
        began_s = time.monotonic()
        with closing(GatewayClient({"mms": gateway.url}, timeouts=timeouts)) as client:
            assert post(client) == uncertain("TIMEOUT")
        assert time.monotonic() - began_s < 10

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 200 OK\r\nH: " + b"x" * 1000,
            ACCEPTED + b" " * 1000,
            b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
        ],
        ids=["in the headers", "in the body", "in interim answers"],
    )
    def test_slow_drip_ends_at_the_deadline(
        self, gateway: Gateway, quick: GatewayClient, answer: bytes
    ) -> None:
        dripped = answer.replace(b"Content-Length: ", b"Content-Length: 99")

        def serve(sock: socket.socket, gateway: Gateway) -> None:
            gateway.read_request(sock)
            for place in range(0, len(dripped), 4):
                sock.sendall(dripped[place : place + 4])
                # Faster than the timeout of a single read, which therefore never strikes.
                if gateway.stopping.wait(0.02):
                    return

        gateway.serve = serve
        began_s = time.monotonic()
        assert post(quick) == uncertain("TIMEOUT")
        # The whole drip would take seconds.
        assert time.monotonic() - began_s < 3 * QUICK.deadline_s

    def test_request_that_is_never_read_is_uncertain(self, gateway: Gateway, quick: GatewayClient) -> None:
        gateway.serve = lambda _, gateway: gateway.stopping.wait()
        answer = quick.post(SERVICE, CREDENTIALS, ["k1"], [b" " * 30_000_000])
        assert isinstance(answer, WholeAnswer)
        assert (answer.meaning, answer.explicit) == (Meaning.UNCERTAIN, False)


class TestNothingSent:
    def test_refused_connection_shuts(self, client: GatewayClient, gateway: Gateway) -> None:
        gateway.close()
        assert without_words(post(client)) == shut("REFUSED")

    def test_unknown_name_shuts(self) -> None:
        with closing(GatewayClient({"mms": "https://plexsend.invalid"})) as client:
            assert without_words(post(client)) == shut("NAME")

    def test_impossible_name_shuts(self) -> None:
        with closing(GatewayClient({"mms": f"https://{'x' * 64}.invalid"})) as client:
            assert only_shut(post(client))

    def test_connect_timeout_shuts(self) -> None:
        # A listener whose queue is full lets further connections hang.
        with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            for waiting in (first, second):
                waiting.setblocking(False)  # noqa: FBT003 - the standard library's signature
                waiting.connect_ex(listener.getsockname())
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with closing(GatewayClient({"mms": url}, timeouts=QUICK)) as client:
                assert without_words(post(client)) == shut("CONNECT_TIMEOUT")

    def test_tls_to_a_port_without_tls_shuts(self, gateway: Gateway) -> None:
        seen = []

        def serve(sock: socket.socket, _: Gateway) -> None:
            seen.append(sock.recv(65_536))
            sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        gateway.serve = serve
        with closing(GatewayClient({"mms": gateway.url.replace("http", "https")})) as client:
            assert without_words(post(client)) == shut("TLS")
        assert CREDENTIALS.encode() not in seen[0]

    def test_silence_in_the_tls_handshake_shuts(self, gateway: Gateway) -> None:
        gateway.serve = lambda _, gateway: gateway.stopping.wait()
        with closing(GatewayClient({"mms": gateway.url.replace("http", "https")}, timeouts=QUICK)) as client:
            assert without_words(post(client)) == shut("CONNECT_TIMEOUT")

    def test_certificate_that_nobody_vouches_for_shuts(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Nor may the environment vouch for it.
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
        gateway.serve = secured(answering(ACCEPTED))
        with closing(GatewayClient({"mms": f"https://localhost:{gateway.port}"})) as client:
            assert without_words(post(client)) == shut("TLS")
        assert gateway.requests == []

    def test_request_is_not_sent_when_connecting_took_too_long(self, gateway: Gateway) -> None:
        gateway.serve = answering(ACCEPTED)
        now_s = 0.0

        def clock() -> float:
            nonlocal now_s
            now_s += 6
            return now_s

        with closing(GatewayClient({"mms": gateway.url}, clock=clock)) as client:
            answer = post(client)
        assert isinstance(answer, WholeAnswer)
        assert (answer.meaning, answer.code) == (Meaning.CONNECTED, "LATE")
        gateway.close()
        assert gateway.requests == []

    def test_connection_that_came_too_late_is_kept_for_the_next_request(self, gateway: Gateway) -> None:
        gateway.serve = answering(ACCEPTED)
        now_s, step_s = 0.0, 2.0

        def clock() -> float:
            nonlocal now_s
            now_s += step_s
            return now_s

        with closing(GatewayClient({"mms": gateway.url}, clock=clock)) as client:
            late = post(client)
            step_s = 0.0
            assert only_meaning(post(client)) is Meaning.ACCEPTED
        assert isinstance(late, WholeAnswer)
        assert late.meaning is Meaning.CONNECTED
        assert (gateway.connections, len(gateway.requests)) == (1, 1)


class TestKeptConnection:
    def test_requests_of_a_thread_share_a_connection(self, gateway: Gateway, client: GatewayClient) -> None:
        answers = [
            ACCEPTED,
            http(b""),
            http(b"{}", "400 Bad Request"),
            http(b"", "302 Found", "Location: /x"),
            http(b"x" * 200_000, "500 Trouble"),
        ]
        gateway.serve = answering(*answers)
        for _ in range(6):
            post(client)
        assert (len(gateway.requests), gateway.connections) == (6, 1)

    @pytest.mark.parametrize("status", ["408 Request Timeout", "421 Misdirected Request"])
    def test_connection_for_which_the_server_is_the_wrong_one_is_not_used_again(
        self, gateway: Gateway, client: GatewayClient, status: str
    ) -> None:
        gateway.serve = answering(http(b"", status))
        answer = post(client)
        assert isinstance(answer, WholeAnswer)
        assert (answer.meaning, answer.code) == (Meaning.UNAVAILABLE, f"HTTP_{status[:3]}")
        post(client)
        assert gateway.connections == 2

    def test_threads_have_connections_of_their_own(self, gateway: Gateway, client: GatewayClient) -> None:
        gateway.serve = answering(ACCEPTED)
        together = threading.Barrier(4)
        answers: list[Meaning] = []

        def run() -> None:
            together.wait(5)
            answers.extend(only_meaning(post(client)) for _ in range(5))
            together.wait(5)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert answers == [Meaning.ACCEPTED] * 20
        assert gateway.connections == 4

    def test_connection_that_the_gateway_closed_is_replaced_unnoticed(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        closed = threading.Event()

        def serve(sock: socket.socket, gateway: Gateway) -> None:
            gateway.read_request(sock)
            sock.sendall(ACCEPTED)
            sock.close()
            closed.set()

        gateway.serve = serve
        for _ in range(3):
            closed.clear()
            assert only_meaning(post(client)) is Meaning.ACCEPTED
            assert closed.wait(5)
        assert gateway.connections == 3

    def test_close_in_the_middle_of_the_next_request_is_uncertain(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        def serve(sock: socket.socket, gateway: Gateway) -> None:
            gateway.read_request(sock)
            sock.sendall(ACCEPTED)
            gateway.read_request(sock)
            reset(sock)

        gateway.serve = serve
        assert only_meaning(post(client)) is Meaning.ACCEPTED
        assert post(client) == uncertain("RESET")
        assert gateway.connections == 1

    def test_second_answer_to_one_request_is_not_taken_for_the_next(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        gateway.serve = answering(ACCEPTED + http(b"", "401 Unauthorized"))
        assert only_meaning(post(client)) is Meaning.ACCEPTED
        assert only_meaning(post(client)) is Meaning.ACCEPTED

    @pytest.mark.parametrize(("idle_s", "connections"), [(19.9, 1), (20.0, 2)])
    def test_connection_is_given_up_after_lying_idle(
        self, gateway: Gateway, idle_s: float, connections: int
    ) -> None:
        gateway.serve = answering(ACCEPTED)
        now_s = 1000.0
        with closing(GatewayClient({"mms": gateway.url}, clock=lambda: now_s)) as client:
            post(client)
            now_s += idle_s
            post(client)
        assert gateway.connections == connections

    def test_broken_connection_is_not_used_again(self, gateway: Gateway, quick: GatewayClient) -> None:
        def serve(sock: socket.socket, gateway: Gateway) -> None:
            gateway.read_request(sock)
            if gateway.connections == 1:
                gateway.stopping.wait(1)
            sock.sendall(ACCEPTED)

        gateway.serve = serve
        assert post(quick) == uncertain("TIMEOUT")
        assert only_meaning(post(quick)) is Meaning.ACCEPTED

    def test_closed_client_leaves_no_connection_open_and_may_go_on(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        ended = threading.Event()

        def serve(sock: socket.socket, gateway: Gateway) -> None:
            answering(ACCEPTED)(sock, gateway)
            ended.set()

        gateway.serve = serve
        post(client)
        client.close()
        assert ended.wait(5)
        assert only_meaning(post(client)) is Meaning.ACCEPTED

    def test_thread_that_ends_takes_its_connection_along(
        self, gateway: Gateway, client: GatewayClient
    ) -> None:
        ended = threading.Event()

        def serve(sock: socket.socket, gateway: Gateway) -> None:
            answering(ACCEPTED)(sock, gateway)
            ended.set()

        gateway.serve = serve
        thread = threading.Thread(target=post, args=(client,))
        thread.start()
        thread.join(5)
        assert ended.wait(5)


class TestTls:
    """Over TLS with a certificate that this thread's channel is told to trust."""

    @pytest.fixture
    def trusting(self, gateway: Gateway) -> Iterator[GatewayClient]:
        url = f"https://localhost:{gateway.port}"
        with closing(GatewayClient({"mms": url}, timeouts=QUICK)) as made:
            made._channels.of_this_thread().verify = str(CERTIFICATE)
            yield made

    def test_requests_share_a_connection_that_is_verified(
        self, gateway: Gateway, trusting: GatewayClient
    ) -> None:
        gateway.serve = secured(answering(ACCEPTED))
        for _ in range(3):
            assert only_meaning(post(trusting)) is Meaning.ACCEPTED
        assert gateway.connections == 1

    def test_silence_is_uncertain(self, gateway: Gateway, trusting: GatewayClient) -> None:
        gateway.serve = secured(hang)
        assert post(trusting) == uncertain("TIMEOUT")

    def test_slow_drip_ends_at_the_deadline(self, gateway: Gateway, trusting: GatewayClient) -> None:
        def serve(sock: socket.socket, gateway: Gateway) -> None:
            gateway.read_request(sock)
            for byte in ACCEPTED:
                sock.sendall(bytes([byte]))
                if gateway.stopping.wait(0.02):
                    return

        gateway.serve = secured(serve)
        assert post(trusting) == uncertain("TIMEOUT")

    def test_large_request_goes_out_whole(self, gateway: Gateway, trusting: GatewayClient) -> None:
        gateway.serve = secured(answering(ACCEPTED))
        item = b'"' + b"x" * 1_000_000 + b'"'
        assert only_meaning(trusting.post(SERVICE, CREDENTIALS, ["k1"], [item])) is Meaning.ACCEPTED
        assert gateway.requests[0][1] == b'{"msg_data":[' + item + b"]}"

    def test_reset_is_uncertain(self, gateway: Gateway, trusting: GatewayClient) -> None:
        gateway.serve = secured(read_then_reset)
        assert post(trusting) == uncertain("RESET")


def secured(serve: Serve) -> Serve:
    """Return a `serve` that does the same over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    def serve_secured(sock: socket.socket, gateway: Gateway) -> None:
        with context.wrap_socket(sock, server_side=True) as wrapped:
            serve(wrapped, gateway)

    return serve_secured


def only_shut(answer: ItemAnswers | WholeAnswer) -> bool:
    return isinstance(answer, WholeAnswer) and answer.meaning is Meaning.UNAVAILABLE


def test_nothing_of_a_request_is_logged(
    gateway: Gateway, quick: GatewayClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    gateway.serve = answering(ACCEPTED, b"HTTP/1.1 200 OK\r\n garbage\r\n\r\n")
    for _ in range(2):
        quick.post(
            SERVICE,
            CREDENTIALS,
            ["k1"],
            ['{"msg":"비밀 body-text","receiver_number":"01023456789"}'.encode()],
        )
    assert not any(secret in caplog.text for secret in ("s3cr3t", "비밀", "body-text", "01023456789"))
