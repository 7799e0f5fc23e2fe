"""The marks of an advertisement: `(광고)` and the sender's name in front, the free refusal number last.

The law asks for them in the text (Act on Promotion of Information and Communications Network Utilization,
article 50, and annex 6 of its decree): written exactly so, as text and not in the picture. An RCS message
shows the mark by its header and the number by its footer; those on a unified base (`RP…`) have neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.gateway.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plexsend.errors import Problem

MARK = "(광고)"
REFUSAL_WORDS = "무료수신거부"
UNIFIED_BASE = "RP"
"""How the ids of RCS message bases without header and footer begin."""

_VARIANT = re.compile(
    r"\s*(?:[\[({<【（〔「『*★][\s\W_]{0,2}(?:광[\s\W_]{0,3}고|ad)|(?:광[\s\W_]{0,3}고|ad)[\s\W_]{0,2}[\])}>】）〕」』])",
    re.IGNORECASE,
)
"""What is read as the mark by people and not by the law: brackets of another kind, blanks or dots between."""
_REFUSAL = re.compile(r"무료\s*(?:수신\s*)?거부\s*[:：]?\s*([0-9][0-9 -]{6,16}[0-9])")
_HINT = "plexsend writes the marks by itself: leave them out, or write them as the law asks."
_VARIANT_REFUSED = Refusal(f"begins with a variant of {MARK}, which the law forbids", _HINT)


@dataclass(frozen=True, slots=True)
class AdMarks:
    """What the advertisements of an account carry."""

    sender_name: str
    refusal_number: str
    """With or without hyphens, as it is to be shown."""

    @property
    def first(self) -> str:
        """What is put in front."""
        return f"{MARK} {self.sender_name}\n"

    @property
    def last(self) -> str:
        """What is put behind."""
        return f"\n{REFUSAL_WORDS} {self.refusal_number}"

    def is_number(self, written: str) -> bool:
        """Return whether this is the refusal number, however it is written."""
        return _digits(written) == _digits(self.refusal_number)


@dataclass(frozen=True, slots=True)
class Marked:
    """An item with its marks."""

    item: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()
    added: Mapping[str, str] | None = None
    """Path → what was added there, for those who are told that it is too long."""


def says_advertisement(item: Mapping[str, Any]) -> bool:
    """Return whether an item says by its own marks that it is an advertisement."""
    text = item.get("msg")
    if isinstance(text, str):
        return item.get("header") == "1" or text.lstrip().startswith(MARK)
    return item.get("header") == "1" or any(
        isinstance(text, str) and text.lstrip().startswith(MARK) for _, text in _first_texts(item)
    )


def is_unified(item: Mapping[str, Any]) -> bool:
    """Return whether an RCS item is on a unified base, which shows neither header nor footer."""
    return str(item.get("msg_base_id", "")).startswith(UNIFIED_BASE)


def put_marks(item: Mapping[str, Any], marks: AdMarks) -> Marked:
    """Return the item of an advertisement with the marks that it lacks, and what is wrong with those it has.

    Args:
        item: As callers write it, not judged yet: whatever is not text is left to those rules. Not changed.
        marks: Those of the account.
    """
    if "header" not in item:
        text, title = item.get("msg"), item.get("title")
        if isinstance(title, str) and _VARIANT.match(title):
            return Marked(item, (_VARIANT_REFUSED.at("title"),))
        return _in_text(item, "msg", text, marks) if isinstance(text, str) else Marked(item)
    if is_unified(item):
        return _in_card(item, marks)
    return _in_footer(item, marks)


def judge_marks(item: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return what is wrong with the marks that an advertisement has, whatever account sends it.

    What it lacks is not: that is put in. Name and number are of an account, and are not compared.
    """
    if "header" in item and not is_unified(item):
        return ()
    places = _card_places(item) if "header" in item else ("msg", "msg")
    title = item.get("title")
    if "header" not in item and isinstance(title, str) and _VARIANT.match(title):
        return (_VARIANT_REFUSED.at("title"),)
    if places is None:
        return ()
    first, last = (_text_at(item, path) for path in places)
    return (
        *(refusal.at(places[0]) for refusal in _judge_first(first, None)),
        *(refusal.at(places[1]) for refusal in _judge_last(last, None)),
    )


def why_not_marked(item: Mapping[str, Any], marks: AdMarks) -> str | None:
    """Return why the stored item of an advertisement must not go under these marks; None where it may."""
    marked = put_marks(item, marks)
    if marked.problems:
        return f"{marked.problems[0].field}: {marked.problems[0].reason}"
    if marked.item != item:
        return "it lacks what the law asks of advertisements: mark, sender's name or refusal number"
    return None


def _in_text(item: Mapping[str, Any], path: str, text: str, marks: AdMarks) -> Marked:
    problems = [refusal.at(path) for refusal in (*_judge_first(text, marks), *_judge_last(text, marks))]
    if problems:
        return Marked(item, tuple(problems))
    before, behind = _missing_first(text, marks), _missing_last(text, marks)
    if not before and not behind:
        return Marked(item)
    return Marked({**item, path: f"{before}{text}{behind}"}, added={path: before + behind})


def _in_footer(item: Mapping[str, Any], marks: AdMarks) -> Marked:
    footer = item.get("footer")
    if footer is None or footer == "":
        return Marked({**item, "footer": marks.refusal_number})
    if isinstance(footer, str) and not marks.is_number(footer):
        refusal = Refusal(
            "is not the refusal number of this account (policy refusal_number)",
            "Leave it out: plexsend fills it in. Or correct the policy.",
        )
        return Marked(item, (refusal.at("footer"),))
    return Marked(item)


def _card_places(item: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the paths of a card's title and description; None where it has no body."""
    msg = item.get("msg")
    body = msg.get("body") if isinstance(msg, dict) else None
    if not isinstance(body, dict):
        return None
    number = "1" if any(name in body for name in ("title1", "description1", "media1")) else ""
    return f"msg.body.title{number}", f"msg.body.description{number}"


def _text_at(item: Mapping[str, Any], path: str) -> str:
    """Return the text at a path; empty where there is none, or something else."""
    found: Any = item
    for name in path.split("."):
        found = found.get(name)
    return found if isinstance(found, str) else ""


def _in_card(item: Mapping[str, Any], marks: AdMarks) -> Marked:
    places = _card_places(item)
    if places is None:
        return Marked(item)
    msg, (title, description) = item["msg"], (path.rpartition(".")[2] for path in places)
    body = msg["body"]
    first, last = body.get(title) or "", body.get(description) or ""
    if not isinstance(first, str) or not isinstance(last, str):
        return Marked(item)
    problems = [refusal.at(f"msg.body.{title}") for refusal in _judge_first(first, marks, in_title=True)]
    problems += [refusal.at(f"msg.body.{description}") for refusal in _judge_last(last, marks)]
    if problems:
        return Marked(item, tuple(problems))
    titled = _titled(first, marks)
    behind = _missing_last(last, marks)
    whole = f"{last}{behind}" if last else behind.lstrip()
    if (titled, whole) == (first, last):
        return Marked(item)
    card = {**body, title: titled, description: whole}
    added = {f"msg.body.{title}": titled.removesuffix(first), f"msg.body.{description}": behind}
    return Marked({**item, "msg": {**msg, "body": card}}, added=added)


def _titled(title: str, marks: AdMarks) -> str:
    rest = title.removeprefix(MARK).lstrip()
    return f"{MARK} {rest if marks.sender_name in rest else f'{marks.sender_name} {rest}'.rstrip()}"


# None: whose marks they are is not known.
def _judge_first(text: str, marks: AdMarks | None, *, in_title: bool = False) -> Iterator[Refusal]:
    start = text.lstrip()
    if start.startswith(MARK):
        rest = start[len(MARK) :].lstrip()
        if marks is not None and not in_title and not rest.startswith(marks.sender_name):
            yield Refusal(
                f"has {MARK} in front, and behind it not the sender's name (policy sender_name)", _HINT
            )
        if text != start:
            yield Refusal(f"has blanks before {MARK}, which must be first", _HINT)
    elif MARK in text:
        yield Refusal(f"has {MARK}, but not in front", _HINT)
    elif _VARIANT.match(text):
        yield _VARIANT_REFUSED


def _judge_last(text: str, marks: AdMarks | None) -> Iterator[Refusal]:
    found = list(_REFUSAL.finditer(text))
    if not found:
        return
    last = found[-1]
    if text[last.end() :].strip():
        yield Refusal("has the refusal number, but something behind it: it must be last", _HINT)
    if marks is not None and not marks.is_number(last[1]):
        yield Refusal(
            "ends with another refusal number than the one of this account (policy refusal_number)", _HINT
        )


def _missing_first(text: str, marks: AdMarks) -> str:
    if text.startswith(MARK):
        return ""
    return f"{MARK} " if text.startswith(marks.sender_name) else marks.first


def _missing_last(text: str, marks: AdMarks) -> str:
    return "" if _REFUSAL.search(text) else marks.last


def _first_texts(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    msg = item.get("msg")
    if isinstance(msg, dict):
        body = msg.get("body")
        if isinstance(body, dict):
            for name in ("title", "title1"):
                yield name, body.get(name)
    else:
        yield "msg", msg


def _digits(written: str) -> str:
    return re.sub(r"\D", "", written)
