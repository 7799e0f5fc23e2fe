"""The report as CSV for spreadsheets: the user's own columns, then what became of each row."""

from __future__ import annotations

import csv
from functools import lru_cache
from typing import TYPE_CHECKING

from plexsend.campaigns.report.code_words import words_of
from plexsend.campaigns.report.row_fates import end_words, fate_words
from plexsend.spreadsheets import cell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from plexsend.campaigns.report.languages import Language
    from plexsend.campaigns.report.own_columns import OwnColumns
    from plexsend.campaigns.report.rows import ReportRow
    from plexsend.terminal.moments import WallClock

COLUMNS = (
    ("line", "행"),
    ("outcome", "결과"),
    ("fate", "상태"),
    ("code", "코드"),
    ("meaning", "코드 설명"),
    ("carrier", "통신사"),
    ("sent at", "발송 시각"),
    ("result at", "결과 시각"),
    ("attempts", "실패한 시도"),
    ("fallback", "대체 발송"),
    ("msg_key", "메시지 키"),
)
"""The report's own columns, in English and in Korean."""
_TIMES = frozenset({"sent at", "result at"})
_SECOND_MS = 1_000
_kept_cell = lru_cache(maxsize=4_096)(cell)


class ReportCsv:
    """Writes the rows of a report, a line each.

    Args:
        file: Where to; opened without a translation of line ends.
        own: Makes the cells of the user's columns.
        clock: For the times.
        language: Of the report's columns.
    """

    def __init__(self, file: TextIO, own: OwnColumns, clock: WallClock, language: Language) -> None:
        self._writer = csv.writer(file)
        self._own = own
        self._language = language
        self._yes = language.choose("yes", "예")
        # Messages that went in one request share their times.
        self._time = lru_cache(maxsize=4_096)(lambda second: clock.cell(second * _SECOND_MS))
        header = own.header()
        self._writer.writerow([*header, *_titles(header, clock, language)])

    def write(self, row: ReportRow) -> None:
        """Write one row."""
        language, message = self._language, row.message
        fate = [
            row.line,
            end_words(row.end, language),
            fate_words(row.fate, language),
        ]
        if message is None:
            particulars: Sequence[str | int] = ("", "", "", "", "", "")
        else:
            words = words_of(message.code, row.service, language, by_receipt=message.by_receipt)
            particulars = (
                _kept_cell(message.code),
                words,
                _kept_cell(message.carrier),
                self._moment(message.sent_ms),
                self._moment(message.done_ms if message.done_ms is not None else _ended(row)),
                message.attempts or "",
            )
        self._writer.writerow(
            [
                *self._own.cells(row.cells),
                *fate,
                *particulars,
                self._yes if row.is_fallback else "",
                _kept_cell(row.msg_key),
            ]
        )

    def _moment(self, at_ms: int | None) -> str:
        return "" if at_ms is None else self._time(at_ms // _SECOND_MS)


# What is accepted has no result before its receipt.
def _ended(row: ReportRow) -> int | None:
    message = row.message
    return None if message is None or message.sent_ms is not None else message.ended_ms


def _titles(header: Sequence[str], clock: WallClock, language: Language) -> list[str]:
    taken = set(header)
    titles = []
    for english, korean in COLUMNS:
        title = language.choose(english, korean)
        shown = clock.title(title) if english in _TIMES else title
        # A column of the user's may be called so.
        titles.append(f"{shown} (plexsend)" if shown in taken else shown)
    return titles
