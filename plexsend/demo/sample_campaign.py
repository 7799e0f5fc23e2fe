"""The campaign of the demo's sample: a definition, and a list as an office saves it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CAMPAIGN = "spring-sale"
CAMPAIGN_ROWS = 40
CAMPAIGN_LIST, DEFINITION_FILE = "customers.csv", "spring.toml"
RATE_PER_S = 20
"""Slow enough to be watched: two seconds."""

# The office's own encoding: that it is found out is part of the story.
_ENCODING = "cp949"
_COLUMNS = ("휴대폰번호", "이름", "지점")
_NAMES = ("김하늘", "이도윤", "박서연", "최지호", "정유진", "강민준", "조은서", "윤태오")
_BRANCHES = ("강남점", "서초점", "부산점")
_DEFINITION = f"""name = "{CAMPAIGN}"
label = "봄맞이 세일"
service = "lms-bulk"
from = "02-2345-6789"
title = "봄맞이 안내"
text = "#{{이름}}님, 봄옷이 #{{지점}}에 왔습니다."
recipients = "{CAMPAIGN_LIST}"
rate = {RATE_PER_S}
"""
_ODD_NUMBERS = {
    # A spreadsheet took its 0 away.
    3: "1035010003",
    # Already in the list.
    20: "010-3501-0010",
    # Of a shop, which takes no message.
    30: "02-555-0100",
    # The sandbox accepts it, and its receipt says that there is no such number.
    38: "010-9998-0050",
}
"""Row (1 the first) → the number that it has instead of a good one."""


def write_campaign(folder: Path) -> Path:
    """Write the list and the definition into a folder; return the definition's path."""
    with (folder / CAMPAIGN_LIST).open("w", encoding=_ENCODING, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for row in range(1, CAMPAIGN_ROWS + 1):
            number = _ODD_NUMBERS.get(row, f"010-3501-{row:04}")
            writer.writerow((number, _NAMES[row % len(_NAMES)], _BRANCHES[row % len(_BRANCHES)]))
    path = folder / DEFINITION_FILE
    path.write_text(_DEFINITION, encoding="utf-8")
    return path
