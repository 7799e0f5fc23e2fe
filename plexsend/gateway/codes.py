"""The codes of the gateway's answers as data: what each means for one item and for a whole request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Meaning(Enum):
    """What an answer means, before it is decided what becomes of the message."""

    ACCEPTED = "accepted"
    """The gateway took the item."""
    REJECTED = "rejected"
    """The gateway will never take the item as it is."""
    DUPLICATE = "duplicate"
    """The gateway knows this `msg_key` already."""
    OUT_OF_CREDIT = "out_of_credit"
    """The account has no credit left; nothing was taken."""
    TOO_MANY_ITEMS = "too_many_items"
    """The request held too many items; nothing was taken."""
    BAD_ITEM = "bad_item"
    """Some item, not named, made the whole request fail; nothing was taken."""
    UNAUTHORIZED = "unauthorized"
    """The credentials are not accepted; nothing was taken."""
    UNSUITABLE = "unsuitable"
    """The request does not suit the gateway, a wrong URL perhaps; nothing was taken, a person must look."""
    UNAVAILABLE = "unavailable"
    """The gateway takes nothing at present; nothing was sent."""
    CONNECTED = "connected"
    """The gateway took a connection, too late for this request: nothing was sent, and the next one can go."""
    UNCERTAIN = "uncertain"
    """The gateway may or may not have taken it."""
    UNKNOWN = "unknown"
    """An item's code that is not known here; its meaning is never guessed."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code, or a family of codes, of the gateway."""

    code: str
    as_item: Meaning
    """What it means as the code of one item in `results`."""
    as_whole: Meaning
    """What it means as the code of an answer that names no items."""
    description: str
    """What it means, in English, to follow "G141: "."""
    korean: str
    """The same in Korean."""


CODES = (
    # As a whole request's code C100 names nothing that was accepted, so it proves nothing about any item.
    Code("C100", Meaning.ACCEPTED, Meaning.UNCERTAIN, "accepted", "접수됨"),
    Code("C400_1", Meaning.REJECTED, Meaning.BAD_ITEM, "a value is of the wrong type", "값의 형식 오류"),
    Code("C400_2", Meaning.REJECTED, Meaning.BAD_ITEM, "a value is not allowed", "허용되지 않는 값"),
    Code("C400_3", Meaning.REJECTED, Meaning.BAD_ITEM, "a required value is missing", "필수 값 누락"),
    Code(
        "C401_1",
        Meaning.UNAUTHORIZED,
        Meaning.UNAUTHORIZED,
        "the Authorization header is missing",
        "인증 헤더 없음",
    ),
    Code(
        "C401_2",
        Meaning.UNAUTHORIZED,
        Meaning.UNAUTHORIZED,
        "the Authorization header is malformed",
        "인증 헤더 형식 오류",
    ),
    Code(
        "C401_3",
        Meaning.UNAUTHORIZED,
        Meaning.UNAUTHORIZED,
        "the user or its secret key is not known",
        "사용자 ID 또는 비밀키 오류",
    ),
    Code("C404_1", Meaning.UNSUITABLE, Meaning.UNSUITABLE, "there is no such API", "존재하지 않는 API"),
    Code("C500_1", Meaning.UNCERTAIN, Meaning.UNCERTAIN, "the server is in trouble", "서버 오류"),
    Code(
        "G110",
        Meaning.UNSUITABLE,
        Meaning.UNSUITABLE,
        "the service does not belong to this URL",
        "URL과 서비스 불일치",
    ),
    # An envelope with these does not say which item it is about: sent alone, each gets an answer of its own.
    Code(
        "G140",
        Meaning.REJECTED,
        Meaning.BAD_ITEM,
        "the sender number is invalid or not registered",
        "발신번호 오류 또는 미등록",
    ),
    Code("G141", Meaning.REJECTED, Meaning.BAD_ITEM, "the recipient number is invalid", "수신번호 오류"),
    Code("G142", Meaning.REJECTED, Meaning.BAD_ITEM, "echo_to_webhook is invalid", "echo_to_webhook 값 오류"),
    Code("G150", Meaning.OUT_OF_CREDIT, Meaning.OUT_OF_CREDIT, "the credit does not suffice", "잔액 부족"),
    Code(
        "G160",
        Meaning.TOO_MANY_ITEMS,
        Meaning.TOO_MANY_ITEMS,
        "more messages than one transmission takes",
        "1회 전송 한도 초과",
    ),
    # Known as a result code of RCS; what it would mean for a whole request is not known.
    Code("71003", Meaning.DUPLICATE, Meaning.UNSUITABLE, "the msg_key was used before", "메시지 키 중복"),
)
"""Every code that the guide explains, and 71003. Codes are case-sensitive."""

FAMILIES = (
    Code(r"C400(_\w{1,8})?", Meaning.REJECTED, Meaning.BAD_ITEM, "bad request", "잘못된 요청"),
    Code(r"C401(_\w{1,8})?", Meaning.UNAUTHORIZED, Meaning.UNAUTHORIZED, "authorization", "인증 오류"),
    Code(r"C404(_\w{1,8})?", Meaning.UNSUITABLE, Meaning.UNSUITABLE, "not found", "찾을 수 없음"),
    Code(r"C5\d\d(_\w{1,8})?", Meaning.UNCERTAIN, Meaning.UNCERTAIN, "server trouble", "서버 장애"),
)
"""Codes that the guide does not list, numbered like those that it lists, as regular expressions."""

FRONT = "APIGW_"
"""What the numbers of NAVER's API gateway, which answers in front of API PLEX, are written behind."""

FRONT_ERRORS = (
    Code("APIGW_100", Meaning.UNKNOWN, Meaning.UNSUITABLE, "bad request", "잘못된 요청"),
    Code("APIGW_200", Meaning.UNKNOWN, Meaning.UNAUTHORIZED, "authentication failed", "인증 실패"),
    Code("APIGW_210", Meaning.UNKNOWN, Meaning.UNAUTHORIZED, "permission denied", "권한 없음"),
    Code("APIGW_300", Meaning.UNKNOWN, Meaning.UNSUITABLE, "not found", "찾을 수 없음"),
    Code("APIGW_400", Meaning.UNKNOWN, Meaning.UNAVAILABLE, "quota exceeded", "호출 한도 초과"),
    Code("APIGW_410", Meaning.UNKNOWN, Meaning.UNAVAILABLE, "throttle limited", "호출 속도 제한"),
    Code("APIGW_420", Meaning.UNKNOWN, Meaning.UNAVAILABLE, "rate limited", "호출 횟수 제한"),
    Code("APIGW_430", Meaning.UNKNOWN, Meaning.BAD_ITEM, "request too large", "요청 크기 초과"),
    # API PLEX behind it may have read the request, and accepted.
    Code(
        "APIGW_500",
        Meaning.UNKNOWN,
        Meaning.UNCERTAIN,
        "no connection to API PLEX, or it broke",
        "API PLEX 연결 실패 또는 끊김",
    ),
    Code(
        "APIGW_510",
        Meaning.UNKNOWN,
        Meaning.UNCERTAIN,
        "API PLEX did not answer in time",
        "API PLEX 응답 시간 초과",
    ),
    Code("APIGW_900", Meaning.UNKNOWN, Meaning.UNCERTAIN, "unexpected error", "예기치 않은 오류"),
)
"""The errors of NAVER's API gateway. They come in a shape of their own, never as the code of an item."""


@dataclass(frozen=True, slots=True)
class OwnCode:
    """A code that plexsend itself writes where the gateway gave none."""

    words: str
    """What it means."""
    korean: str
    """The same in Korean."""
    reason: str = ""
    """Of the result of a message that it kept from going; empty: its state says enough."""
    lasts: bool | None = None
    """Whether the same message to the same number would be kept back again; None: not known."""
    remedy: str = ""
    """What to do about it."""


OWN_CODES = {
    "PERSON": OwnCode("a person settled it", "담당자가 처리함"),
    "NO_BODY": OwnCode("its text was missing in Redis", "Redis에 메시지 본문 없음"),
    "NO_VERDICT": OwnCode("workers died while they had it", "처리 중 작업자 중단"),
    "SUPPRESSED": OwnCode(
        "its number is suppressed",
        "수신거부 번호",
        "suppressed",
        lasts=True,
        remedy="Since when and why: plexsend suppress check NUMBER",
    ),
    "AD_GAP": OwnCode(
        "its number had an advertisement within the days of the policy ad_gap_days",
        "광고 발송 간격(ad_gap_days) 제한",
        "ad_gap",
        lasts=False,
        remedy="Send it again once these days have passed, under another key",
    ),
    "AD_MARKS": OwnCode(
        "it lacks what the law asks of advertisements",
        "광고 표시 의무 사항 누락",
        "ad_marks",
        lasts=True,
        remedy="The policies sender_name and refusal_number may have changed since it was submitted: "
        "submit it again, and its marks are those of now",
    ),
    "NO_NUMBER_HASH": OwnCode(
        "nobody knows whether its number refused advertisements, since no hash of it is kept",
        "수신거부 여부 확인 불가(번호 해시 없음)",
        "no_number_hash",
        lasts=True,
        remedy="Submit it again where PLEXSEND_NUMBER_KEY is set",
    ),
}
"""Codes that plexsend itself writes, and what they mean."""

_NUMBERED = re.compile(r"[A-Za-z]?\d\w*", re.ASCII)
"""How the gateway's codes look, unlike words of the client such as TIMEOUT."""

_BY_CODE = {code.code: code for code in (*CODES, *FRONT_ERRORS)}
_FAMILIES = tuple((re.compile(family.code, re.ASCII), family) for family in FAMILIES)


def find_code(code: str) -> Code | None:
    """Return the row of a code, or of its family; None if neither is known."""
    known = _BY_CODE.get(code)
    if known is not None:
        return known
    return next((family for pattern, family in _FAMILIES if pattern.fullmatch(code)), None)


def code_words(code: str, *, korean: bool = False) -> str:
    """Return what the code of an answer, or one of plexsend's own, means; empty for a plain word."""
    found = find_code(code)
    if found is not None:
        return found.korean if korean else found.description
    own = OWN_CODES.get(code)
    if own is not None:
        return own.korean if korean else own.words
    if not _NUMBERED.fullmatch(code):
        return ""
    return "알려지지 않은 코드" if korean else "a code that is not listed"
