"""The RCS part of the demo's sample: cards of both types in one file, some rows wrong on purpose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from plexsend.demo.sample_file import SampleFile

if TYPE_CHECKING:
    import random
    from pathlib import Path

RCS_ROWS = 240
RCS_SERVICE = "rcs-mms-bulk"

_BASE_IDS = {"RMM": "SMwThM00", "RMH": "SMwLhX00"}
_CARDS = (
    ("가을 세일 🍁", "전 품목 20% 할인, 이번 주말까지"),
    ("새 매장 안내", "한빛상점이 성수동에 문을 열었습니다"),
    ("포인트 소멸 예정", "이달 말까지 쓰실 수 있습니다"),
)

_IN_ITS_PLACE = "안내: https://www.shop.example/event"
_WITHOUT_RCS = "010-9997-4002"
"""A receiver for which the sandbox says in a receipt that the handset has no RCS (docs/sandbox.md)."""
FALLBACK_ROWS = (70, 151)
"""Rows to it, which name an LMS to be sent then."""

# Rows (1 the first) that the import refuses, and what differs in them.
_NO_BRAND_KEY, _NULL_TITLE, _OTHER_TYPE = 40, 120, 200


def write_rcs(path: Path, chances: random.Random) -> SampleFile:
    """Write the file: RMM and RMH in turn, so that only their lanes keep them apart."""
    keys = []
    with path.open("w", encoding="utf-8") as file:
        for number in range(1, RCS_ROWS + 1):
            item = _card(number, "RMM" if number % 2 else "RMH", chances)
            keys.append(str(item["msg_key"]))
            file.write(json.dumps(_spoil(item, number), ensure_ascii=False))
            file.write("\n")
    return SampleFile(path, RCS_SERVICE, tuple(keys))


def _card(number: int, msg_type: str, chances: random.Random) -> dict[str, object]:
    title, description = chances.choice(_CARDS)
    return {
        "msg_type": msg_type,
        "msg_key": f"demo-rcs-{number:04}",
        "sender_number": "02-2345-6789",
        "receiver_number": f"010-{chances.randrange(2000, 4000)}-{number:04}",
        "msg_base_id": _BASE_IDS[msg_type],
        "br_id": "BR.hanbit",
        "brand_key": "BK.hanbit",
        "header": "0",
        "footer": "080-123-4567",
        "msg": {"body": {"title": title, "description": description, "media": "maapfile://hanbit-card"}},
        "buttons": [{"suggestions": [_button(number)]}],
    }


def _button(number: int) -> dict[str, object]:
    action = {"urlAction": {"openUrl": {"url": f"https://www.shop.example/event/{number}"}}}
    return {"action": {**action, "displayText": "자세히 보기", "postback": {"data": ""}}}


def _spoil(item: dict[str, object], number: int) -> dict[str, object]:
    if number == _NO_BRAND_KEY:
        return {name: value for name, value in item.items() if name != "brand_key"}
    if number == _NULL_TITLE:
        return {**item, "msg": {"body": {"title": None, "description": "안내드립니다"}}}
    if number == _OTHER_TYPE:
        return {**item, "msg_type": "CAROUSEL"}
    if number in FALLBACK_ROWS:
        # Another number, since the sandbox would say the same of an LMS to that one.
        fallback = {"service": "lms-bulk", "receiver_number": item["receiver_number"], "msg": _IN_ITS_PLACE}
        return {**item, "receiver_number": _WITHOUT_RCS, "fallback": fallback}
    return item
