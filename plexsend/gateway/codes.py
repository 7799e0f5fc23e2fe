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


CODES = (
    # As a whole request's code C100 names nothing that was accepted, so it proves nothing about any item.
    Code("C100", Meaning.ACCEPTED, Meaning.UNCERTAIN, "accepted"),
    Code("C400_1", Meaning.REJECTED, Meaning.BAD_ITEM, "a value is of the wrong type"),
    Code("C400_2", Meaning.REJECTED, Meaning.BAD_ITEM, "a value is not allowed"),
    Code("C400_3", Meaning.REJECTED, Meaning.BAD_ITEM, "a required value is missing"),
    Code("C401_1", Meaning.UNAUTHORIZED, Meaning.UNAUTHORIZED, "the Authorization header is missing"),
    Code("C401_2", Meaning.UNAUTHORIZED, Meaning.UNAUTHORIZED, "the Authorization header is malformed"),
    Code("C401_3", Meaning.UNAUTHORIZED, Meaning.UNAUTHORIZED, "the user or its secret key is not known"),
    Code("C404_1", Meaning.UNSUITABLE, Meaning.UNSUITABLE, "there is no such API"),
    Code("C500_1", Meaning.UNCERTAIN, Meaning.UNCERTAIN, "the server is in trouble"),
    Code("G110", Meaning.UNSUITABLE, Meaning.UNSUITABLE, "the service does not belong to this URL"),
    # An envelope with these does not say which item it is about: sent alone, each gets an answer of its own.
    Code("G140", Meaning.REJECTED, Meaning.BAD_ITEM, "the sender number is invalid or not registered"),
    Code("G141", Meaning.REJECTED, Meaning.BAD_ITEM, "the recipient number is invalid"),
    Code("G142", Meaning.REJECTED, Meaning.BAD_ITEM, "echo_to_webhook is invalid"),
    Code("G150", Meaning.OUT_OF_CREDIT, Meaning.OUT_OF_CREDIT, "the credit does not suffice"),
    Code(
        "G160",
        Meaning.TOO_MANY_ITEMS,
        Meaning.TOO_MANY_ITEMS,
        "more messages than one transmission takes",
    ),
    # Known as a result code of RCS; what it would mean for a whole request is not known.
    Code("71003", Meaning.DUPLICATE, Meaning.UNSUITABLE, "the msg_key was used before"),
)
"""Every code that the guide explains, and 71003. Codes are case-sensitive."""

FAMILIES = (
    Code(r"C400(_\w{1,8})?", Meaning.REJECTED, Meaning.BAD_ITEM, "bad request"),
    Code(r"C401(_\w{1,8})?", Meaning.UNAUTHORIZED, Meaning.UNAUTHORIZED, "authorization"),
    Code(r"C404(_\w{1,8})?", Meaning.UNSUITABLE, Meaning.UNSUITABLE, "not found"),
    Code(r"C5\d\d(_\w{1,8})?", Meaning.UNCERTAIN, Meaning.UNCERTAIN, "server trouble"),
)
"""Codes that the guide does not list, numbered like those that it lists, as regular expressions."""

FRONT = "APIGW_"
"""What the numbers of NAVER's API gateway, which answers in front of API PLEX, are written behind."""

FRONT_ERRORS = (
    Code("APIGW_100", Meaning.UNKNOWN, Meaning.UNSUITABLE, "bad request"),
    Code("APIGW_200", Meaning.UNKNOWN, Meaning.UNAUTHORIZED, "authentication failed"),
    Code("APIGW_210", Meaning.UNKNOWN, Meaning.UNAUTHORIZED, "permission denied"),
    Code("APIGW_300", Meaning.UNKNOWN, Meaning.UNSUITABLE, "not found"),
    Code("APIGW_400", Meaning.UNKNOWN, Meaning.UNAVAILABLE, "quota exceeded"),
    Code("APIGW_410", Meaning.UNKNOWN, Meaning.UNAVAILABLE, "throttle limited"),
    Code("APIGW_420", Meaning.UNKNOWN, Meaning.UNAVAILABLE, "rate limited"),
    Code("APIGW_430", Meaning.UNKNOWN, Meaning.BAD_ITEM, "request too large"),
    # API PLEX behind it may have read the request, and accepted.
    Code("APIGW_500", Meaning.UNKNOWN, Meaning.UNCERTAIN, "no connection to API PLEX, or it broke"),
    Code("APIGW_510", Meaning.UNKNOWN, Meaning.UNCERTAIN, "API PLEX did not answer in time"),
    Code("APIGW_900", Meaning.UNKNOWN, Meaning.UNCERTAIN, "unexpected error"),
)
"""The errors of NAVER's API gateway. They come in a shape of their own, never as the code of an item."""


@dataclass(frozen=True, slots=True)
class OwnCode:
    """A code that plexsend itself writes where the gateway gave none."""

    words: str
    """What it means."""
    reason: str = ""
    """Of the result of a message that it kept from going; empty: its state says enough."""
    lasts: bool | None = None
    """Whether the same message to the same number would be kept back again; None: not known."""
    remedy: str = ""
    """What to do about it."""


OWN_CODES = {
    "PERSON": OwnCode("a person settled it"),
    "NO_BODY": OwnCode("its text was missing in Redis"),
    "NO_VERDICT": OwnCode("workers died while they had it"),
    "SUPPRESSED": OwnCode(
        "its number is suppressed",
        "suppressed",
        lasts=True,
        remedy="Since when and why: plexsend suppress check NUMBER",
    ),
    "AD_GAP": OwnCode(
        "its number had an advertisement within the days of the policy ad_gap_days",
        "ad_gap",
        lasts=False,
        remedy="Send it again once these days have passed, under another key",
    ),
    "AD_MARKS": OwnCode(
        "it lacks what the law asks of advertisements",
        "ad_marks",
        lasts=True,
        remedy="The policies sender_name and refusal_number may have changed since it was submitted: "
        "submit it again, and its marks are those of now",
    ),
    "NO_NUMBER_HASH": OwnCode(
        "nobody knows whether its number refused advertisements, since no hash of it is kept",
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


def code_words(code: str) -> str:
    """Return what the code of an answer, or one of plexsend's own, means; empty for a plain word."""
    found = find_code(code)
    if found is not None:
        return found.description
    own = OWN_CODES.get(code)
    if own is not None:
        return own.words
    return "a code that is not listed" if _NUMBERED.fullmatch(code) else ""
