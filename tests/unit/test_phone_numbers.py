"""Telephone numbers are found in any writing, in every place that masks; what is none stays readable."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from plexsend.gateway.masking import Mask
from plexsend.logs import mask_text
from plexsend.outbox.strays import shown_key
from plexsend.phone_numbers import find_numbers
from plexsend.web.posts import read_post

if TYPE_CHECKING:
    from collections.abc import Callable

FULL_WIDTH = "".join(chr(0xFF10 + int(digit)) for digit in "01012345678")
WRITTEN = [
    "01012345678",
    "010-1234-5678",
    "010 1234 5678",
    "010.1234.5678",
    "010/1234/5678",
    "010_1234_5678",
    "010\u20131234\u20135678",
    "010\u00a01234\u00a05678",
    "010  1234  5678",
    "010) 1234-5678",
    "(010) 1234-5678",
    "010 12 34 56 78",
    "0 1 0 1 2 3 4 5 6 7 8",
    "1012345678",
    "10-1234-5678",
    "821012345678",
    "+821012345678",
    "+82 10 1234 5678",
    "+82-10-1234-5678",
    "+82 (0)10 1234 5678",
    "+82(10)1234-5678",
    "+82 10 12 34 56 78",
    "00821012345678",
    "0082 10 1234 5678",
    "(02) 2123-4567",
    "(02)2123-4567",
    "02-212-4567",
    "0212345678",
    "(031) 212-4567",
    "050-7123-45678"[:-1],
    "1588-1234",
    FULL_WIDTH,
    f"{FULL_WIDTH[:3]}-{FULL_WIDTH[3:7]}-{FULL_WIDTH[7:]}",
    "".join(f"\\u00{ord(digit):02x}" for digit in "01012345678"),
    json.dumps(FULL_WIDTH)[1:-1],
]
AROUND = ["{}", "to {} failed", '"{}"', "'{}'", "to={}&x=1", "[{}]", "{{to: {}}}", "a,{};b", "to%3D{}"]
READABLE = [
    "2026-11-29 10:15:22,123",
    "2026-10-15 22:12:34",
    "2026-01-01 01:02:33,123",
    "2026-10-15T22:12:34.123+09:00",
    "16:10:22.12",
    "order-20261129-000042",
    "1795917948123-0",
    "1795917948123",
    "4b68ca16-7aa8-4a17-b74c-2b8e4adb13f8",
    "127.0.0.1:6379",
    "10.0.12.34:8080",
    "C400_2 71003 G430",
    "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]",
    "0000000123",
]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("around", AROUND)
def test_number_is_found_however_it_is_written(written: str, around: str) -> None:
    text = around.format(written)
    (found,) = find_numbers(text)
    inside = text[found[0] : found[1]]
    assert inside.strip("+(") == written.strip("+(")
    masked = mask_text(text)
    assert "****" in masked
    assert inside not in masked


@pytest.mark.parametrize("text", READABLE)
def test_what_is_no_number_stays(text: str) -> None:
    assert list(find_numbers(text)) == []
    assert mask_text(text) == text


def test_numbers_in_a_list_are_each_found() -> None:
    assert [digits for _, _, digits in find_numbers("01012345678, 01087654321,0212345678")] == [
        "01012345678",
        "01087654321",
        "0212345678",
    ]


def in_logs(said: str) -> str:
    return mask_text(f"refused: {said}")


def in_words_of_the_gateway(said: str) -> str:
    return Mask().clean(f"bad number {said}")


def in_keys_of_strangers(said: str) -> str:
    return shown_key(f"order:{said}:1")


def in_posts(said: str) -> str:
    return "".join(each.words for each in read_post(json.dumps({"msg_key": f"k {said}"}).encode()).unread)


PLACES = [in_logs, in_words_of_the_gateway, in_keys_of_strangers, in_posts]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("written", WRITTEN)
def test_every_place_that_masks_masks_it(written: str, place: Callable[[str], str]) -> None:
    shown = place(written)
    # What the mask itself may show of it: three digits of the front, four of the end.
    assert not any(
        part in shown for part in ("1234", "123 4", "212", "7123", "1 2 3 4", FULL_WIDTH[3:7], "\\u0033")
    )
    assert written not in shown


def test_form_encoded_number_is_found() -> None:
    assert "1234" not in mask_text(quote("to=+82 10-1234-5678&code=0"))


@pytest.mark.parametrize(
    "text", ["1" * 100_000, "1-" * 50_000, "10 " * 30_000, "010-1234-" * 10_000, "\\u0030" * 20_000]
)
def test_long_text_takes_no_longer_than_it_is_long(text: str) -> None:
    # CPU time: on a machine with others beside it the clock on the wall says little.
    started = time.thread_time()
    mask_text(text)
    assert time.thread_time() - started < 2
