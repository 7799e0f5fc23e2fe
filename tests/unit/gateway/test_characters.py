"""Characters: what can be seen, Hangul in pieces, and text that was read in a wrong encoding."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.gateway.characters import compose_hangul, is_misread, shows_something

HANGUL = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=60)


@pytest.mark.parametrize(
    "text",
    ["", " \n\t", "\u200b", "\u3164", "\u2800 \u2800", "\ufeff\u00ad", "\u115f\u1160", "\u00a0\u3000\u2060"],
)
def test_a_text_of_blanks_alone_shows_nothing(text: str) -> None:
    assert not shows_something(text)


@pytest.mark.parametrize("text", [".", " a", "\u200b가", "♥\ufe0f", "\u1100"])
def test_a_text_with_any_character_that_is_seen_shows_something(text: str) -> None:
    assert shows_something(text)


@given(HANGUL, st.text(st.characters(categories=["P", "N", "Z"]), max_size=5))
def test_hangul_in_pieces_is_put_together_and_nothing_else_changes(text: str, other: str) -> None:
    assert compose_hangul(other + unicodedata.normalize("NFD", text)) == other + text


@pytest.mark.parametrize("text", ["\u212b", "e\u0301", "\u1100", "\u1112\u119e", "가나다"])
def test_what_is_not_hangul_in_pieces_stays_as_it_is(text: str) -> None:
    assert compose_hangul(text) == text


@given(HANGUL.filter(lambda text: len(text) % 2 == 0))
def test_korean_in_utf_8_that_was_read_as_cp949_is_noticed(text: str) -> None:
    try:
        read = text.encode().decode("cp949")
    except UnicodeDecodeError:
        return
    assert is_misread(read)
    assert is_misread(f"Hello, {read}")


@pytest.mark.parametrize("text", ["주문", "고객" * 100, "무료 쿠폰, 결제"])
@pytest.mark.parametrize("encoding", ["cp949", "latin-1"])
def test_some_that_decode_are_noticed(text: str, encoding: str) -> None:
    assert is_misread(text.encode().decode(encoding))


@given(HANGUL, st.text(st.characters(codec="cp949"), max_size=20))
def test_what_is_written_in_korean_is_not_doubted(text: str, other: str) -> None:
    # The bytes of some characters are UTF-8 by chance, never those of these three.
    assert not is_misread("고객님" + text + other)


@pytest.mark.parametrize(
    "text", ["", "hello", "안녕하세요", "㈜한글 ①번", "こんにちは", "漢字", "café", "😀"]
)
def test_plain_text_is_not_doubted(text: str) -> None:
    assert not is_misread(text)
