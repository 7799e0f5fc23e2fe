"""What the gateway says, without what the request held."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.gateway.masking import LONGEST_WORDS, Mask

SECRET = "s3cr3t-of-someone"
TEXT = "홍길동 고객님, 주문하신 상품이\n오늘 도착합니다. Code 482910"


def body(**fields: Any) -> bytes:
    return json.dumps({"msg_key": "order-1", **fields}, ensure_ascii=False).encode()


def mask(text: str = TEXT, receiver: str = "01012345678", **more: Any) -> Mask:
    return Mask(
        f"someone;{SECRET}", [body(msg=text, receiver_number=receiver, sender_number="15881234", **more)]
    )


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        (None, ""),
        (5, ""),
        (["x"], ""),
        ("", ""),
        ("  a\r\n\tb\x00c\u200bd  ", "a b c d"),
        ("number 01012345678 is bad", "number **** is bad"),
        ("number 010-1234-5678 is bad", "number **** is bad"),
        ("number +82 10 1234 5678.", "number +****."),
        ("1234567 stays", "1234567 stays"),
        ("\ud83d half", "half"),
    ],
)
def test_words_are_one_line_without_numbers(given: object, cleaned: str) -> None:
    assert Mask().clean(given) == cleaned


@pytest.mark.parametrize("secret", ["s3cr3t", "a12345678b", 'quo"ted', "x" * 300, "s3", "pass"])
def test_secret_is_masked_whole(secret: str) -> None:
    assert Mask(f"user;{secret}").clean(f"unknown user;{secret}!") == "unknown user;****!"


@pytest.mark.parametrize("said", [SECRET[:6], SECRET[3:9], f"{SECRET[:5]}..."])
def test_part_of_the_secret_is_masked(said: str) -> None:
    assert mask().clean(f"bad key {said}").startswith("bad key ****")


def wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) for each in text)


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "said",
    [
        SECRET.upper(),
        f"SOMEONE;{SECRET.upper()}",
        SECRET.title(),
        wide(SECRET),
        in_base64(SECRET),
        in_base64(f"someone;{SECRET}"),
        in_base64(f"Authorization: someone;{SECRET}"),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        f"x{in_base64(SECRET)}",
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        "".join(f"\\x{each:02x}" for each in SECRET.encode()),
        "".join(f"%25{each:02x}" for each in SECRET.encode()),
    ],
)
def test_secret_is_masked_however_it_is_written(said: str) -> None:
    cleaned = mask().clean(f"bad key {said} (why)")
    assert cleaned.replace("=", "").lower() in {"bad key **** (why)", "bad key someone;**** (why)"}
    assert mask().quotes(said.replace(" ", ""))


@pytest.mark.parametrize("said", [in_base64("01012345678"), b"01012345678".hex(), wide("01012345678")])
def test_number_is_masked_however_it_is_written(said: str) -> None:
    assert mask().clean(f"bad number {said}").rstrip("=") == "bad number ****"


@pytest.mark.parametrize("said", ["YWJjZGVmZ2hpag==", "order-1/spring+first", "deadbeefcafe", "%41 and %zz"])
def test_what_looks_coded_and_quotes_nothing_stays(said: str) -> None:
    assert mask().clean(f"unknown {said}") == f"unknown {said.replace('%41', 'A')}"


@pytest.mark.parametrize(
    "said",
    [
        TEXT,
        TEXT.replace("\n", " "),
        "홍길동 고객님",
        "주문하신 상품이",
        "Code 482910",
        json.dumps(TEXT),
        json.dumps(TEXT, ensure_ascii=False),
        json.dumps({"msg_data": [{"msg": TEXT}]}),
        "".join(f"&#{ord(each)};" for each in TEXT),
        "%ED%99%8D%EA%B8%B8%EB%8F%99%20%EA%B3%A0%EA%B0%9D%EB%8B%98",
        quote_plus(TEXT),
        quote(quote(TEXT)),
        json.dumps(json.dumps(TEXT)),
        "".join(f"&amp;#x{ord(each):x};" for each in TEXT),
        "".join(f"\\u{{{ord(each):x}}}" for each in TEXT),
        "".join(f"\\x{each:02x}" for each in TEXT.encode()),
        TEXT.upper(),
        base64.b64encode(TEXT.encode()).decode(),
        "\u1112\u1169\u11bc\u1100\u1175\u11af\u1103\u1169\u11bc 고객님",
    ],
)
def test_text_that_was_sent_is_masked_however_it_is_quoted(said: str) -> None:
    cleaned = mask().clean(f"refused: {said} (why)")
    assert cleaned.startswith("refused: ")
    assert cleaned.endswith("(why)")
    for part in ("홍길동", "고객님", "주문하신", "482910"):
        assert part not in cleaned


def test_what_says_what_is_wrong_stays() -> None:
    words = "msg_data[0].title of order-1 must be at most 50 bytes, sender_number is not registered"
    assert mask(title="특가", header="0", msg_base_id="SMwThT00").clean(words) == words


@pytest.mark.parametrize(
    ("text", "said", "cleaned"),
    [
        ("안녕", "bad msg: 안녕", "bad msg: ****"),
        ("안녕", "안녕하세요", "안녕하세요"),
        ("482910", "code is 482910.", "code is ****."),
        ("4829", "code is 48291", "code is ****1"),
        ("hello", "said hello-world", "said ****-world"),
    ],
)
def test_short_text_is_masked_whole(text: str, said: str, cleaned: str) -> None:
    assert mask(text).clean(said) == cleaned


@pytest.mark.parametrize(
    "said",
    [
        "01012345678",
        "010-1234-5678",
        "(010) 1234 - 5678",
        "010/1234/5678",
        "+82 (0)10-1234-5678",
        "0082-10-1234-5678",
        "8210_1234_5678",
        "10.1234.5678",
        "010 - 1234 - 5678",
        "1588 -- 1234",
    ],
)
def test_number_that_was_sent_is_masked_in_any_spelling(said: str) -> None:
    cleaned = mask().clean(f"no {said} here")
    assert not any(each.isdigit() for each in cleaned), cleaned
    assert cleaned.startswith("no ")
    assert cleaned.endswith(" here")


def test_texts_of_every_item_and_in_every_depth_are_masked() -> None:
    items = [
        body(msg={"body": {"title": "Winter sale begins", "description": "all coats at half price"}}),
        body(buttons=[{"suggestions": [{"action": {"displayText": "Open the shop now"}}]}]),
        body(file_path=["https://pictures.example/private/token-77"]),
        b"no json",
        b"[1]",
    ]
    found = Mask("u;s", items)
    for said in ("Winter sale", "all coats at half", "Open the shop", "private/token-77"):
        assert found.clean(f"bad: {said}") == "bad: ****"


def test_words_are_cut() -> None:
    assert Mask().clean("x" * 100_000) == "x" * LONGEST_WORDS


def test_number_at_the_cut_is_masked_before() -> None:
    assert "0101" not in Mask().clean("x" * (LONGEST_WORDS - 5) + "01012345678")


def test_text_at_the_cut_is_masked_before() -> None:
    for before in range(185, 206):
        assert "홍길" not in mask().clean("x" * before + TEXT)


@pytest.mark.parametrize(
    ("word", "quotes"),
    [(SECRET, True), ("X-s3cr3t", True), ("010-1234-5678", True), ("X1", False), ("G999", False)],
)
def test_word_that_quotes_is_told_from_a_code(word: str, *, quotes: bool) -> None:
    assert mask(title="X1 or G").quotes(word) is quotes


@given(st.text(st.characters(exclude_categories=())))
def test_anything_becomes_one_printable_line(text: str) -> None:
    cleaned = mask().clean(text)
    assert len(cleaned) <= LONGEST_WORDS
    assert cleaned.isprintable()
    cleaned.encode()


@given(
    st.text(st.sampled_from("abc 가나다1-"), min_size=8, max_size=60),
    st.integers(0, 59),
    st.text(st.sampled_from("xyz "), max_size=250),
)
def test_no_run_of_eight_characters_of_a_text_is_ever_left(text: str, start: int, around: str) -> None:
    sent = " ".join(text.split())
    cleaned = Mask("u;zzzzzzzz", [body(msg=text)]).clean(f"{around}{sent[start:]}{around}")
    runs = {sent[at : at + 8] for at in range(len(sent) - 7)}
    assert not [run for run in runs if run in cleaned]
