"""Rules between the values of a definition, each of which is right by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from plexsend.campaigns.definitions.service_fields import fields_of_service, unknown_key
from plexsend.campaigns.definitions.shape import SENDER, WORDS, texts_of, variables_of
from plexsend.campaigns.definitions.template import stray_openings
from plexsend.campaigns.definitions.values import near_word
from plexsend.campaigns.recipients.columns import CONSENT_AT, NIGHT_CONSENT, RECEIVER
from plexsend.errors import Problem
from plexsend.gateway.receipt_codes import Family, family_of
from plexsend.producers.fallbacks import FALLBACK, FALLBACK_SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.campaigns.definitions.defined import Definition

_MAY_BE_MAPPED: Final = (RECEIVER, SENDER, *WORDS, NIGHT_CONSENT, CONSENT_AT)
_SPREADSHEETS: Final = frozenset({".xlsx", ".xlsm"})
_TEXTS: Final = frozenset({".csv", ".tsv", ".txt", ".jsonl", ".ndjson"})
_OF_FALLBACK: Final = frozenset({"service", "from", *WORDS})
_ONE_OF_TWO: Final = "Leave one of the two out."


def problems_between(definition: Definition, written: set[str]) -> Iterator[Problem]:
    """Yield what does not go together.

    Args:
        definition: The values that are right by themselves, and defaults for the others.
        written: The keys that the person wrote.
    """
    yield from _times(definition, written)
    yield from _recipients(definition)
    if definition.service:
        yield from _fallback(definition)
        yield from _mapping(definition)
    yield from _variables(definition)


def _times(definition: Definition, written: set[str]) -> Iterator[Problem]:
    if definition.cron is not None and definition.send_at_ms is not None:
        yield Problem("cron", "is given beside send_at, and each says when it starts", _ONE_OF_TWO)
    if definition.cron is not None and definition.expires_at_ms is not None:
        remedy = "Leave it out; a window ends each day's sending."
        yield Problem("expires_at", "is one moment, and a cron comes again and again", remedy)
    if (
        definition.expires_at_ms is not None
        and definition.send_at_ms is not None
        and definition.expires_at_ms <= definition.send_at_ms
    ):
        yield Problem(
            "expires_at", "is not after send_at, so nothing would ever be sent", "Correct one of the two."
        )
    if "pause_after" in written and definition.pause_at_failure_ratio is None:
        reason = "is given without pause_at_failure_ratio, and does nothing"
        yield Problem("pause_after", reason, "Give that too, or leave it out.")


def _recipients(definition: Definition) -> Iterator[Problem]:
    name = definition.recipients.lower().removesuffix(".gz")
    kind = Path(name).suffix
    if definition.sheet is not None and kind in _TEXTS:
        yield Problem("sheet", "is given for a list that is not a spreadsheet", "Leave it out.")
    if definition.encoding is not None and kind in _SPREADSHEETS:
        yield Problem("encoding", "is given for a spreadsheet, which has none", "Leave it out.")


def _fallback(definition: Definition) -> Iterator[Problem]:
    fallback = definition.fallback
    if fallback is None:
        return
    if family_of(definition.service) is not Family.RCS:
        yield Problem(FALLBACK, f"is for RCS, and the service is {definition.service}", "Leave it out.")
        return
    service = fallback.get("service")
    if service not in FALLBACK_SERVICES:
        reason = (
            "is missing" if service is None else f"is {str(service)[:40]!r}, not a service of SMS, LMS or MMS"
        )
        yield Problem(f"{FALLBACK}.service", reason, "Write mms-bulk, lms-bulk or sms-bulk.")
        return
    if not fallback.get("text"):
        yield Problem(f"{FALLBACK}.text", "is missing", "Write what is sent in place of the RCS message.")
    for key, value in fallback.items():
        if key in {"from", "title", "text"} and not isinstance(value, str):
            yield Problem(f"{FALLBACK}.{key}", "is not a text", "Put it in quotes.")
        if key == "images" and (
            not isinstance(value, list) or not all(isinstance(each, str) for each in value)
        ):
            yield Problem(f"{FALLBACK}.images", "is not a list of texts", 'Write a list: ["spring.jpg"].')
        if key not in _OF_FALLBACK and key not in fields_of_service(str(service)):
            problem = unknown_key(key, str(service), f"{FALLBACK}.")
            if problem is not None:
                yield problem


def _mapping(definition: Definition) -> Iterator[Problem]:
    may_be = {name for name, is_column in fields_of_service(definition.service).items() if is_column}
    variables = variables_of(texts_of(definition))
    for field, column in definition.mapping.items():
        name = f"mapping.{field}"
        if not column.strip():
            yield Problem(name, "names no column", "Write the name of a column, or leave it out.")
        if field in {NIGHT_CONSENT, CONSENT_AT} and not definition.advertisement:
            reason = "is about advertisements, and this is not one"
            yield Problem(name, reason, "Set advertisement = true, or leave it out.")
        if field in variables or field in {RECEIVER, NIGHT_CONSENT, CONSENT_AT}:
            continue
        if field not in may_be and field not in _MAY_BE_MAPPED:
            known = [*_MAY_BE_MAPPED, *sorted(may_be), *variables]
            remedy = near_word(field, known) or f"Fields are {', '.join(known)}."
            yield Problem(name, "is neither a field nor a variable of the texts", remedy.strip())
        elif field in definition.fields or (field in WORDS and getattr(definition, field)):
            yield Problem(name, f"is given twice, as a column and as {field}", _ONE_OF_TWO)
        elif field == SENDER and definition.sender:
            yield Problem(name, "is given twice, as a column and as from", _ONE_OF_TWO)


def _variables(definition: Definition) -> Iterator[Problem]:
    variables = variables_of(texts_of(definition))
    for name in definition.defaults:
        if name not in variables:
            near = near_word(name, list(variables))
            remedy = near or "Write it into a text as #{…}, or leave its default out."
            yield Problem(f"defaults.{name}", "is not a variable of the texts", remedy.strip())
    texts = {"title": definition.title, "text": definition.text}
    if definition.fallback is not None:
        texts |= {f"{FALLBACK}.{word}": definition.fallback.get(word, "") for word in ("title", "text")}
    for key, text in texts.items():
        if isinstance(text, str) and stray_openings(text):
            remedy = "Write #{name}, its name of 1 to 40 characters without blanks and brackets."
            yield Problem(key, "has a #{ that begins no variable, and would go out as it is", remedy)
