"""What the codes of a report mean, in the language of the report."""

from __future__ import annotations

from functools import lru_cache

from plexsend.campaigns.report.languages import Language
from plexsend.gateway.codes import code_words
from plexsend.gateway.receipt_codes import family_of, receipt_code


@lru_cache(maxsize=1_024)
def words_of(code: str, service: str, language: Language, *, by_receipt: bool) -> str:
    """Return what a code means; empty where there is none, and for a plain word.

    Args:
        code: Of a receipt or of an answer.
        service: What the message went through: a receipt's code is read by that.
        language: Of the words.
        by_receipt: Whether a receipt said it.
    """
    if not code:
        return ""
    if not by_receipt:
        return code_words(code, korean=language is Language.KOREAN)
    found = receipt_code(family_of(service), code)
    return language.choose(found.words, found.korean)
