"""A post of receipts is read for what is needed, and strictly for that."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.outbox.receipts import Receipt
from plexsend.web.posts import Unread, read_post

# As the gateway's guide shows it.
POSTED: dict[str, Any] = {
    "code": "0",
    "desc": "성공",
    "dest": "LGU",
    "request_date": "2022-10-22 13:52:40.000",
    "done_date": "2022-10-22 13:52:44.390",
    "msg_key": "4b68ca16-7aa8-4a17-b74c-2b8e4adb13f8",
    "echo_to_webhook": "echo test",
    "message_type": "MMS",
}
# 13:52:44.390 in Korea.
DONE_MS = 1666414364390


def body(*results: Any) -> bytes:
    return json.dumps({"results": [*results]}, ensure_ascii=False).encode()


def only(*results: Any) -> Receipt:
    post = read_post(body(*results))
    assert post.unread == ()
    (receipt,) = post.receipts
    return receipt


def why(raw: bytes) -> str:
    post = read_post(raw)
    assert post.receipts == ()
    (unread,) = post.unread
    return unread.why


def test_result_of_the_guide_is_read() -> None:
    assert only(POSTED) == Receipt("4b68ca16-7aa8-4a17-b74c-2b8e4adb13f8", "0", "LGU", DONE_MS)


def test_every_result_of_an_array_is_read_in_its_order() -> None:
    post = read_post(body(*({"msg_key": f"k{n}", "code": "0"} for n in range(300))))
    assert [receipt.msg_key for receipt in post.receipts] == [f"k{n}" for n in range(300)]


def test_only_key_and_code_are_needed() -> None:
    assert only({"msg_key": "k", "code": "d"}) == Receipt("k", "d", "", None)


@pytest.mark.parametrize(
    "strange",
    [
        {"dest": None, "done_date": None},
        {"dest": 7, "done_date": 20221022},
        {"dest": "01012345678", "done_date": "yesterday"},
        {"dest": "a carrier with a long name", "done_date": "2022-13-45 99:00:00"},
        {"dest": {"name": "SKT"}, "done_date": ["2022-10-22 13:52:44"]},
        {"dest": "1234567", "done_date": "0001-01-01 00:00:00"},
        {"done_date": "9999-12-31 23:59:59.999"},
        {"desc": {"deep": [[[[[]]]]]}, "echo_to_webhook": 4, "message_type": "FAX", "new": float("1e300")},
    ],
)
def test_what_is_not_needed_spoils_nothing(strange: dict[str, Any]) -> None:
    assert only({"msg_key": "k", "code": "0", **strange}) == Receipt("k", "0", "", None)


@pytest.mark.parametrize(
    "written",
    [
        "2022-10-22 13:52:44.390",
        "2022-10-22T13:52:44.390",
        "2022-10-22T04:52:44.390Z",
        "2022-10-22 04:52:44.390+00:00",
        " 2022-10-22 13:52:44.39 ",
    ],
)
def test_time_without_a_zone_is_koreas(written: str) -> None:
    assert only({"msg_key": "k", "code": "0", "done_date": written}).done_ms == DONE_MS


def test_time_without_separators_is_koreas_too() -> None:
    assert only({"msg_key": "k", "code": "0", "done_date": "20221022135244"}).done_ms == DONE_MS - 390


@pytest.mark.parametrize(("code", "read"), [("d", "d"), ("D", "D"), (" 0 ", "0"), (0, "0"), (71003, "71003")])
def test_code_keeps_its_case_and_may_be_a_number(code: Any, read: str) -> None:
    assert only({"msg_key": "k", "code": code}).code == read


@pytest.mark.parametrize(
    "code", [None, True, 0.0, -1, 10**12, "", "  ", "a code", "ㅁ", "x" * 25, ["0"], {"code": "0"}]
)
def test_what_is_not_a_code_is_not_guessed(code: Any) -> None:
    assert why(body({"msg_key": "k", "code": code})) == "a result without a code"


@pytest.mark.parametrize("key", [None, 4711, True, "", " k", "k ", "a b", "열쇠", "x" * 129, ["k"], {"k": 1}])
def test_what_is_not_a_key_is_not_guessed(key: Any) -> None:
    """A number is not one either: 0042 would become 42, which may be another message."""
    assert why(body({"msg_key": key, "code": "0"})) == "a result without a key"


def test_valid_neighbours_go_on() -> None:
    post = read_post(
        body({"msg_key": "a", "code": "0"}, "text", {"code": "0"}, {"msg_key": "b", "code": "1"})
    )
    assert [receipt.msg_key for receipt in post.receipts] == ["a", "b"]
    assert [unread.why for unread in post.unread] == [
        "a result that is not an object",
        "a result without a key",
    ]


@pytest.mark.parametrize(
    "envelope",
    [
        {"results": {"msg_key": "k", "code": "0"}},
        {"msg_key": "k", "code": "0"},
        [{"msg_key": "k", "code": "0"}],
        {"data": {"list": [{"msg_key": "k", "code": "0"}]}},
    ],
)
def test_result_in_another_envelope_is_found(envelope: Any) -> None:
    """The envelope of RCS is not known."""
    assert read_post(json.dumps(envelope).encode()).receipts == (Receipt("k", "0"),)


def test_nothing_is_looked_for_beside_results() -> None:
    forged = {"results": [], "other": [{"msg_key": "k", "code": "0"}]}
    assert why(json.dumps(forged).encode()) == "no result in it"


@pytest.mark.parametrize(
    "encoded",
    [
        json.dumps(POSTED, ensure_ascii=False).encode("cp949"),
        b"\xef\xbb\xbf" + json.dumps(POSTED, ensure_ascii=False).encode(),
        json.dumps(POSTED, ensure_ascii=False).encode("utf-16"),
        json.dumps(POSTED).encode() + b"\r\n\r\n",
    ],
)
def test_encoding_of_what_is_not_needed_does_not_matter(encoded: bytes) -> None:
    (receipt,) = read_post(encoded).receipts
    assert (receipt.msg_key, receipt.code, receipt.carrier) == (POSTED["msg_key"], "0", "LGU")


@pytest.mark.parametrize("name", ["msg_key", "code"])
def test_name_that_is_there_twice_with_two_values_is_not_guessed(name: str) -> None:
    assert why(b'{"results": [{"msg_key": "k", "code": "0", "%s": "1"}]}' % name.encode()) == "not JSON"
    assert read_post(b'{"results": [{"msg_key": "k", "code": "0", "desc": "a", "desc": "b"}]}').receipts


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"  \r\n", "empty"),
        (b"[" * 60_000, "not JSON"),
        (b'{"results": ' * 5_000, "not JSON"),
        (b"msg_key=k&code=0", "not JSON"),
        (b"<results><msg_key>k</msg_key></results>", "not JSON"),
        (b'{"results": [{"msg_key": "k", "code": "0"', "not JSON"),
        (b'{"results": [{"msg_key": "k", "code": ' + b"1" * 5_000 + b"}]}", "not JSON"),
        (b"\x1f\x8b\x08\x00\x00", "not JSON"),
        (b"null", "no result in it"),
        (b'"results"', "no result in it"),
        (b"{}", "no result in it"),
        (b'{"results": []}', "no result in it"),
        (b'{"results": null}', "a result that is not an object"),
        (b"[[[[[[{}]]]]]]", "no result in it"),
        (b"[" + b"[]," * 20_000 + b"[]]", "no result in it"),
    ],
)
def test_what_cannot_be_read_has_a_reason(raw: bytes, reason: str) -> None:
    assert why(raw) == reason


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_bytes_raise(raw: bytes) -> None:
    post = read_post(raw)
    assert post.receipts or post.unread


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["results", "msg_key", "code", "dest", "done_date"]), inner)
        ),
        max_leaves=12,
    )
)
def test_no_json_raises_and_each_receipt_has_a_key_and_a_code(found: Any) -> None:
    for receipt in read_post(json.dumps(found).encode()).receipts:
        assert receipt.msg_key
        assert receipt.code


SAID = ["01012345678", "010-1234-5678", "821012345678", "the text of a message", "echo-of-a-person"]


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(
            {"results": [{"msg_key": None, "code": "0", **dict(zip("abcde", SAID, strict=True))}]}
        ).encode(),
        json.dumps({"results": [{"code": "0", "echo_to_webhook": SAID[3], "dest": SAID[0]}]}).encode(),
        json.dumps({"text": SAID[3], "to": SAID[0], "from": [SAID[1], SAID[2]]}).encode() + b"}",
        f"to={SAID[0]}&text={SAID[3]}&code=0".encode(),
        f"<to>{SAID[2]}</to><text>{SAID[3]}</text>".encode(),
        f'{{"code": "0", "text": "{SAID[3]}'.encode(),
        f"the text of a message to {SAID[0]}".encode(),
    ],
)
def test_what_is_kept_of_it_holds_no_number_and_no_text(raw: bytes) -> None:
    (unread,) = read_post(raw).unread
    words = unread.words
    assert [word for word in SAID if word in words] == []
    assert 0 < len(words) <= 200


def test_what_is_kept_of_it_shows_what_came() -> None:
    (unread,) = read_post(
        body({"msg_key": "order-1", "code": None, "dest": "KT", "text": "secret words"})
    ).unread
    assert unread == Unread(
        "a result without a code", '{"msg_key": "order-1", "code": null, "dest": "KT", "text": "***"}'
    )


def test_post_of_thousands_that_are_no_results_leaves_a_few_to_look_at_and_is_counted() -> None:
    post = read_post(body(*({"code": "0"} for _ in range(3_000)), *([7] * 2_000)))
    assert post.receipts == ()
    *kept, keyless, other = post.unread
    assert [unread.words for unread in kept] == ['{"code": "0"}'] * 5
    assert keyless == Unread("a result without a key", "and 2,995 more", 2_995)
    assert other == Unread("a result that is not an object", "and 2,000 more", 2_000)
