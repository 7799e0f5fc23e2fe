"""Scopes of suppressions as people and programs write them: the account, a sender or a refusal number."""

from __future__ import annotations

import re

from plexsend.gateway.numbers import normalise_sender
from plexsend.gateway.refusals import Refusal

_FORM = re.compile(r"(?:(sender|refusal)[: ])?(.*)", re.DOTALL)
_REFUSAL_NUMBER = re.compile(r"080\d{7,8}", re.ASCII)


def read_scope(written: str) -> str | None:
    """Return a scope as Redis keeps it, empty for the account; None where it is none.

    A number that cannot send, or be called, would cover nothing: the refusal would be lost.
    """
    words = written.strip()
    if words in ("", "account"):
        return ""
    matched = _FORM.fullmatch(words)
    kind, number = matched.groups() if matched else (None, "")
    digits = normalise_sender(number.strip())
    if isinstance(digits, Refusal):
        return None
    is_refusal = _REFUSAL_NUMBER.fullmatch(digits) is not None
    kind = kind or ("refusal" if is_refusal else "sender")
    return f"{kind} {digits}" if kind == "sender" or is_refusal else None
