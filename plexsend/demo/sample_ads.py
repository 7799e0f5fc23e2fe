"""The advertisements of the demo's sample: a list as a marketing department writes it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from plexsend.demo.sample_file import SampleFile

if TYPE_CHECKING:
    from pathlib import Path

ADS_ROWS = 20
REFUSED = "010-3500-0007"
"""The receiver of one of them, who refused advertisements before."""

_SENDER = "02-2345-6789"
_COLUMNS = ("msg_key", "title", "sender_number", "receiver_number", "msg", "광고")


def write_ads(folder: Path) -> SampleFile:
    """Write the file: every row says of itself that it is an advertisement, and none has the marks."""
    path = folder / "sample-spring.csv"
    keys = [f"demo-spring-{number:04}" for number in range(1, ADS_ROWS + 1)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for number, key in enumerate(keys, 1):
            receiver = f"010-3500-{number:04}"
            writer.writerow(
                (key, "봄 할인", "02-2345-6789", receiver, "전 품목 20% 할인, 이번 주말까지", "Y")
            )
    return SampleFile(path, "lms-bulk", tuple(keys))
