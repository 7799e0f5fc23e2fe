"""The demo's sample: two files of MMS and one of RCS, always the same, some rows wrong on purpose."""

from __future__ import annotations

import csv
import json
import random
from typing import TYPE_CHECKING, TypeVar

from plexsend.demo.coupon import NAME, write_coupon
from plexsend.demo.sample_file import SampleFile
from plexsend.demo.sample_rcs import write_rcs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

T = TypeVar("T")

SEED = 20260301
BULK_ROWS = 2_100
STANDARD_ROWS = 400

_COLUMNS = ("msg_key", "title", "sender_number", "receiver_number", "msg", "file_path")
_SENDER = "02-2345-6789"
_NAMES = ("김하늘", "이도윤", "박서연", "최지호", "정유진", "강민준", "조은서", "윤태오")
_ITEMS = ("겨울 이불", "원두커피 1kg", "어린이 장화", "사과 한 상자", "무선 청소기", "수첩 세트")
_TITLES = ("배송 안내", "주문 확인", "행사 초대", "예약 안내")

# Receivers for which the sandbox has a fixed answer (docs/sandbox.md lists them).
_UNKNOWN_RECIPIENT = "010-9999-0141"
_UNKNOWN_SENDER = "010-9999-0140"
_UNEXPLAINED = "010-9999-0341"
_REFUSES_THE_REQUEST = "010-9999-0400"
# These it accepts, and posts a receipt for them that does not say delivered.
_NO_SUCH_NUMBER = "010-9998-0050"
_REFUSED_BY_RECIPIENT = "010-9998-0068"
_NO_RESULT = "010-9998-0053"


# The rows (1 the first) that differ, and in what. Those that the gateway refuses are spread over the file, so
# that there is always something to see; those that the import refuses are among them.
_BULK_ODDITIES: tuple[tuple[tuple[int, ...], Mapping[str, str]], ...] = (
    ((60, 333, 901, 1503, 1999), {"receiver_number": _UNKNOWN_RECIPIENT}),
    ((120, 1404), {"receiver_number": _UNKNOWN_SENDER}),
    ((666,), {"receiver_number": _UNEXPLAINED}),
    ((250,), {"receiver_number": _REFUSES_THE_REQUEST}),
    ((45, 980, 1850), {"receiver_number": _NO_SUCH_NUMBER}),
    ((512, 1750), {"receiver_number": _REFUSED_BY_RECIPIENT}),
    ((1300,), {"receiver_number": _NO_RESULT}),
    ((77, 1234), {"receiver_number": "010-123-45"}),
    ((888,), {"receiver_number": "02-555-0100"}),
    ((145, 1600), {"msg": "똠얌꿍 밀키트가 도착했습니다."}),
    ((502,), {"msg": "축하드립니다 🎉 당첨되셨습니다."}),
    ((707,), {"msg": "가" * 1001}),
    ((1111,), {"msg": ""}),
    ((1313,), {"title": "아주 긴 제목은 쉰 바이트를 넘어서는 순간부터 보낼 수가 없습니다"}),
    ((1717,), {"file_path": "|".join(f"https://img.shop.example/{number}.jpg" for number in range(4))}),
    ((2050,), {"file_path": "img.shop.example/no-scheme.jpg"}),
)
_STANDARD_ODDITIES: tuple[tuple[tuple[int, ...], Mapping[str, object]], ...] = (
    ((90,), {"receiver_number": _UNKNOWN_RECIPIENT}),
    ((33,), {"recipient": "010-2345-6789"}),
    ((155,), {"msg": None}),
    ((222,), {"receiver_number": 1023456789}),
    ((301,), {"sender_number": "02-1588-1234"}),
)
_COUPON = 7
"""The image in whose place the picture comes."""
_BROKEN_ROW = 266
"""A row of the second file that breaks off: it is not JSON."""


def write_sample(folder: Path, *, with_picture: bool = False) -> tuple[SampleFile, SampleFile, SampleFile]:
    """Write all files into the folder.

    `with_picture`: whether some rows show a picture that is beside them, and not an address.
    """
    chances = random.Random(SEED)  # noqa: S311  variety that repeats is wanted, not secrecy
    picture = ""
    if with_picture:
        write_coupon(folder)
        picture = NAME
    return (
        _write_table(folder / "sample-bulk.csv", chances, picture),
        _write_lines(folder / "sample-standard.jsonl", chances, picture),
        write_rcs(folder / "sample-rcs.jsonl", chances),
    )


def _write_table(path: Path, chances: random.Random, picture: str) -> SampleFile:
    keys, odd = [], _by_row(_BULK_ODDITIES)
    shown = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        for number in range(1, BULK_ROWS + 1):
            item = {**_item("bulk", number, chances, picture), **odd.get(number, {})}
            keys.append(str(item["msg_key"]))
            shown += item["file_path"] == picture
            writer.writerow(item)
    return SampleFile(path, "mms-bulk", tuple(keys), shown)


def _write_lines(path: Path, chances: random.Random, picture: str) -> SampleFile:
    keys, odd = [], _by_row(_STANDARD_ODDITIES)
    shown = 0
    with path.open("w", encoding="utf-8") as file:
        for number in range(1, STANDARD_ROWS + 1):
            item: dict[str, object] = {**_item("standard", number, chances, picture)}
            shown += item["file_path"] == picture
            item["file_path"] = [item["file_path"]]
            item |= odd.get(number, {})
            keys.append(str(item["msg_key"]))
            line = json.dumps(item, ensure_ascii=False)
            file.write(line[:40] if number == _BROKEN_ROW else line)
            file.write("\n")
    return SampleFile(path, "mms-standard", tuple(keys), shown)


def _by_row(oddities: Iterable[tuple[Iterable[int], T]]) -> dict[int, T]:
    return {row: changes for rows, changes in oddities for row in rows}


def _item(name: str, number: int, chances: random.Random, picture: str) -> dict[str, str]:
    customer, ordered = chances.choice(_NAMES), chances.choice(_ITEMS)
    price = chances.randrange(9, 90) * 1000 + 900
    return {
        "msg_key": f"demo-{name}-{number:04}",
        "title": chances.choice(_TITLES),
        "sender_number": _SENDER,
        # 0102 and 0103: mobile numbers by their form, and never one of the sandbox's own.
        "receiver_number": f"010-{chances.randrange(2000, 4000)}-{number:04}",
        "msg": (
            f"[한빛상점] {customer} 고객님, 주문하신 상품({ordered})이 "
            f"{chances.randrange(1, 29)}일 {chances.randrange(9, 19)}시에 도착할 예정입니다. "
            f"결제 금액: {price:,}원, 문의: 1588-0000"
        ),
        "file_path": _image(chances.randrange(1, 40), picture),
    }


def _image(number: int, picture: str) -> str:
    return picture if picture and number == _COUPON else f"https://img.shop.example/mms/{number}.jpg"
