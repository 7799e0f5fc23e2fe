"""By which names answers are counted: a label must have few values, whatever a gateway makes up."""

from __future__ import annotations

import re

from plexsend.gateway.answers import DOUBLED, MISSING, UNREADABLE
from plexsend.gateway.codes import CODES, FAMILIES, FRONT_ERRORS
from plexsend.outbox.metrics import OTHER

CLIENT_WORDS = frozenset(
    {
        *(DOUBLED, MISSING, UNREADABLE),
        # Nothing was sent.
        *("CA_FILE", "CLOSED", "CONNECT_TIMEOUT", "LATE", "NAME", "NAME_SLOW", "PROXY", "REFUSED", "TLS"),
        # It may have been sent.
        *("BROKEN", "RESET", "TIMEOUT", "TOO_LARGE"),
    }
)
"""What the client says where the gateway gave no code."""

NOT_ANSWERS = frozenset(
    {
        *(
            "AD_MARKS",
            "INVALID",
            "NEWER_STAMP",
            "NEW_SECRET",
            "NIGHT",
            "NO_REQUEST",
            "NO_VERDICT",
            "ONLY_TO",
            "POLICIES",
        ),
        *("STALE", "STOPPING"),
    }
)
"""Codes of verdicts that the worker gave by itself: nobody answered."""

_KNOWN = frozenset(code.code for code in (*CODES, *FRONT_ERRORS)) | CLIENT_WORDS
_FAMILIES = tuple(
    (re.compile(family.code, re.ASCII), family.code.partition("(")[0].replace(r"\d\d", "xx"))
    for family in FAMILIES
)
_STATUS = re.compile(r"HTTP_[1-5]\d\d", re.ASCII)


def label_of(code: str) -> str | None:
    """Return the name by which an answer is counted; None where the code is not an answer's."""
    if code in NOT_ANSWERS:
        return None
    if code in _KNOWN or _STATUS.fullmatch(code):
        return code
    return next((label for pattern, label in _FAMILIES if pattern.fullmatch(code)), OTHER)
