"""The codes of delivery results as data: what the gateway's webhook says became of a message.

They are other codes than those of an answer (`codes.py`). They are case-sensitive, and belong to a family of
products: our own record of the message says which, never what the receipt says of its type. Where the guide
leaves open what a code means, the words here say no more than it does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Family(StrEnum):
    """Products that share one table of codes."""

    SMS = "sms"
    """SMS, LMS and MMS."""
    RCS = "rcs"
    """RCS in all its forms."""


class ReceiptClass(StrEnum):
    """What a code of a receipt means for its message."""

    DELIVERED = "delivered"
    """It reached the handset, perhaps its spam box."""
    TEMPORARY = "temporary"
    """Not delivered: something that passes kept it from the handset."""
    PERMANENT = "permanent"
    """Not delivered, and the same message would fail again."""
    NO_SUCH_NUMBER = "no_such_number"
    """Not delivered: nobody has this number."""
    REFUSED = "refused"
    """Not delivered: the recipient refuses such messages."""
    DUPLICATE = "duplicate"
    """The gateway took this `msg_key` before: the earlier request stands, so nothing is said against it."""
    CREDIT = "credit"
    """Not delivered: the account had nothing left to pay with."""
    UNKNOWN = "unknown"
    """The outcome is not known, or the code is not; such a message is never sent again by itself."""


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """One code of a receipt, and what a person may want to read of it."""

    code: str
    kind: ReceiptClass
    words: str
    """What it means, in English, to follow "code 2: "."""
    korean: str
    """The same in Korean."""
    remedy: str
    """What a person can do, a sentence; '' where nothing is to be done."""


_REMEDIES: Mapping[ReceiptClass, str] = MappingProxyType(
    {
        ReceiptClass.DELIVERED: "",
        ReceiptClass.TEMPORARY: "Send it again later, under a new msg_key.",
        ReceiptClass.PERMANENT: "Mend what is named before you send it again under a new msg_key.",
        ReceiptClass.NO_SUCH_NUMBER: "Take the number off your lists, or correct it.",
        ReceiptClass.REFUSED: "Send this number no more advertisements.",
        ReceiptClass.DUPLICATE: "Nothing to do: the earlier request with this msg_key stands.",
        ReceiptClass.CREDIT: "Add credit in the service console, then send it again under a new msg_key.",
        ReceiptClass.UNKNOWN: "Ask the recipient or the gateway's support before you send it again.",
    }
)
"""Class → what helps, where a code says nothing better."""

GATEWAY_ADDRESSES = ("43.202.205.42", "52.78.51.46")
"""From where API PLEX posts receipts, by its guide."""

_HANDSET = "Nothing to mend in the message; reach the recipient another way."
_TEXT = "Change the text before you send it again under a new msg_key."
_SUPPORT = "Ask the gateway's support, naming the msg_key."


def _row(code: str, kind: ReceiptClass, words: str, korean: str, remedy: str = "") -> ReceiptCode:
    return ReceiptCode(code, kind, words, korean, remedy or _REMEDIES[kind])


_C = ReceiptClass
SMS_CODES = (
    _row("0", _C.DELIVERED, "delivered", "전달됨"),
    _row("q", _C.DUPLICATE, "duplicate key blocked", "메시지 키 중복으로 차단"),
    _row("c", _C.DUPLICATE, "duplicate key blocked", "메시지 키 중복으로 차단"),
    _row(
        "d",
        _C.PERMANENT,
        "duplicate recipient blocked",
        "수신번호 중복으로 차단",
        "Nothing to do: another message to this number passed shortly before.",
    ),
    _row(
        "p",
        _C.PERMANENT,
        "duplicate text blocked",
        "메시지 내용 중복으로 차단",
        "Nothing to do: the same text to this number passed shortly before.",
    ),
    _row("G410", _C.TEMPORARY, "the gateway could not pass it on", "API PLEX에서 중계사로 전송 실패"),
    _row("e", _C.TEMPORARY, "error inside the gateway", "중계사 내부 오류"),
    _row("G430", _C.UNKNOWN, "the gateway got no result in time", "중계사 결과 수신 시간 초과"),
    _row("5", _C.UNKNOWN, "the carrier gave no result", "통신사 결과 미수신"),
    _row("o", _C.UNKNOWN, "outcome not known", "결과 알 수 없음"),
    _row("1", _C.TEMPORARY, "time exceeded", "전송 시간 초과"),
    _row("8", _C.TEMPORARY, "handset busy", "단말기 통화 중"),
    _row("9", _C.TEMPORARY, "no coverage", "음영 지역"),
    _row("A", _C.TEMPORARY, "the handset's store is full", "단말기 메시지 저장 공간 초과"),
    _row("B", _C.TEMPORARY, "number suspended for a time", "단말기 일시 정지"),
    _row("E", _C.TEMPORARY, "handset switched off", "단말기 전원 꺼짐"),
    _row("J", _C.TEMPORARY, "handset cannot be reached", "단말기 호 불가"),
    _row("L", _C.TEMPORARY, "the carrier's queue is full", "통신사 대기열 초과"),
    _row("M", _C.TEMPORARY, "failure of the radio network", "무선망 오류"),
    _row("2", _C.NO_SUCH_NUMBER, "no such number", "없는 번호 또는 미가입자"),
    _row("D", _C.REFUSED, "refused by the recipient", "수신자가 수신 거절"),
    _row("C", _C.PERMANENT, "trouble with the handset", "기타 단말기 문제", _HANDSET),
    _row("F", _C.PERMANENT, "other failure", "기타 오류", _SUPPORT),
    _row("G", _C.PERMANENT, "format error inside the gateway", "내부 형식 오류", _SUPPORT),
    _row("H", _C.PERMANENT, "format error at the carrier", "통신사 형식 오류", _SUPPORT),
    _row("I", _C.PERMANENT, "handset does not support this", "미지원 단말기", _HANDSET),
    _row("K", _C.PERMANENT, "deleted by the carrier", "통신사에서 메시지 삭제", _SUPPORT),
    _row("S", _C.PERMANENT, "blocked as spam", "스팸으로 차단", _TEXT),
    _row("U", _C.PERMANENT, "content not accepted", "메시지 내용 오류", _TEXT),
    _row(
        "V",
        _C.PERMANENT,
        "size not accepted",
        "크기 초과",
        "Shorten the text or use smaller pictures, then send it again under a new msg_key.",
    ),
    _row("b", _C.PERMANENT, "no permission to send this", "발송 권한 없음", _SUPPORT),
    _row("t", _C.PERMANENT, "count exceeded", "발송 건수 초과", _SUPPORT),
    _row("a", _C.CREDIT, "insufficient count", "잔여 건수 부족"),
)
"""Of SMS, LMS and MMS."""

RCS_CODES = (
    _row("00000", _C.DELIVERED, "delivered", "전달됨"),
    _row("71003", _C.DUPLICATE, "duplicate key", "메시지 키 중복"),
    _row("71004", _C.PERMANENT, "a field has a wrong form", "요청 항목 형식 오류"),
    _row("71005", _C.PERMANENT, "the request is not JSON", "요청 JSON 오류", _SUPPORT),
    _row("71006", _C.PERMANENT, "data not found", "데이터 없음"),
    _row("72001", _C.PERMANENT, "wrong form of a phone number", "전화번호 형식 오류"),
    _row("72002", _C.PERMANENT, "cannot be handled in its state", "처리할 수 없는 상태", _SUPPORT),
    _row("73001", _C.PERMANENT, "wrong type of file", "파일 유형 오류"),
    _row("73002", _C.PERMANENT, "error in a file's attributes", "파일 속성 오류"),
    _row("73003", _C.PERMANENT, "file id missing or malformed", "파일 ID 없음 또는 형식 오류"),
    # By analogy with the carriers' 54002. The guide does not list it.
    _row("74002", _C.PERMANENT, "handset without RCS (likely)", "RCS 미지원 단말기 (추정)", _HANDSET),
    _row("75102", _C.PERMANENT, "no such agency", "존재하지 않는 대행사"),
    _row(
        "75103",
        _C.PERMANENT,
        "the agency has no right for the brand",
        "브랜드 대행 권한 없음",
        "Give 'CJ올리브네트웍스' the agency right for the brand in the RCS Biz Center.",
    ),
)
"""Of RCS."""

_TABLES: Mapping[Family, Mapping[str, ReceiptCode]] = MappingProxyType(
    {
        Family.SMS: MappingProxyType({row.code: row for row in SMS_CODES}),
        Family.RCS: MappingProxyType({row.code: row for row in RCS_CODES}),
    }
)
_RCS_FAILED = re.compile(r"7[0-9]{4}")


def family_of(product: str) -> Family:
    """Return the family whose codes a product's receipts carry.

    Args:
        product: Its name, or a service id: both begin alike (`rcs-mms`, `rcs-mms-bulk`).
    """
    return Family.RCS if product.startswith("rcs") else Family.SMS


def is_listed(family: Family, code: str) -> bool:
    """Return whether a family has this code, or for RCS one of its numbers."""
    return code in _TABLES[family] or (family is Family.RCS and _RCS_FAILED.fullmatch(code) is not None)


def receipt_code(family: Family, code: str) -> ReceiptCode:
    """Return what a code means in a family; never raises, and never guesses.

    A code that is not listed is UNKNOWN, but for RCS every 7xxxx failed.
    """
    listed = _TABLES[family].get(code)
    if listed is not None:
        return listed
    if family is Family.RCS and _RCS_FAILED.fullmatch(code):
        return ReceiptCode(code, ReceiptClass.PERMANENT, "RCS failure", "RCS 발송 실패", _SUPPORT)
    return ReceiptCode(
        code,
        ReceiptClass.UNKNOWN,
        "a code that is not listed",
        "알려지지 않은 코드",
        _REMEDIES[ReceiptClass.UNKNOWN],
    )
