"""Headings: what people call the columns of their lists in Korean."""

from __future__ import annotations

import unicodedata

from plexsend.producers.advertisements import ADVERTISEMENT, NIGHT_CONSENT

RECEIVERS = (
    *("수신번호", "수신자번호", "받는번호", "받는사람번호", "휴대폰", "휴대폰번호"),
    *("휴대전화", "휴대전화번호", "핸드폰", "핸드폰번호", "전화번호", "연락처"),
)
"""Of the number that is written to."""

_NAMES = {
    "receiver_number": RECEIVERS,
    "sender_number": ("발신번호", "발신자번호", "보내는번호", "회신번호"),
    "title": ("제목",),
    "msg": ("내용", "본문", "메시지", "문자내용"),
    "file_path": ("이미지", "사진", "그림", "첨부이미지"),
    "send_at": ("예약시간", "예약일시", "발송시간", "발송일시"),
    "expires_at": ("만료시간", "만료일시"),
    ADVERTISEMENT: ("광고",),
    NIGHT_CONSENT: ("야간동의",),
}
KOREAN = {korean: column for column, names in _NAMES.items() for korean in names}
"""Heading, without its blanks → the column that it names."""


def plain(heading: str) -> str:
    """Return a heading without blanks, in small letters, its Hangul in one piece (a Mac takes it apart)."""
    return "".join(unicodedata.normalize("NFC", heading).split()).lower()
