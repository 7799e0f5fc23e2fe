"""Receiver numbers whose messages are accepted and then get receipts of a fixed kind.

Beside them, `010-9997-xxxx` gets a receipt with the code `7xxxx`. Every other accepted message gets one
receipt that says delivered, or what the switches make of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from plexsend.sandbox.receipt_words import WORDS


@dataclass(frozen=True, slots=True)
class Post:
    """One receipt of a course."""

    code: str = ""
    """As it is posted, whatever the product; empty: the product's own, by `delivered`."""
    delivered: bool = True
    after_ms: int = 0
    """How much later than other receipts."""


DELIVERED = Post()


@dataclass(frozen=True, slots=True)
class Course:
    """What receipts an accepted message gets."""

    receiver: str
    meaning: str
    posts: tuple[Post, ...]
    early: bool = False
    """Whether the first is posted before the sending request is answered."""


LATE_MS = 3000
"""How late a late receipt comes."""
AFTERWARDS_MS = 500
"""How long after the first receipt a second one comes that says something else."""
UNHEARD_OF = "Z9"
"""A code that no guide lists."""

_RCS_CODES = "0109997"

_NAMED = (
    Course("01099989000", "no receipt ever comes", ()),
    Course(
        "01099989001", "delivered; the receipt comes before the request is answered", (DELIVERED,), early=True
    ),
    Course("01099989002", "delivered; the receipt comes twice", (DELIVERED, DELIVERED)),
    Course("01099989003", "delivered; the receipt comes 3 s late", (Post(after_ms=LATE_MS),)),
    Course(
        "01099989004",
        "delivered, and half a second later a receipt that says not delivered",
        (DELIVERED, Post(delivered=False, after_ms=AFTERWARDS_MS)),
    ),
    Course(
        "01099989005",
        "not delivered, and half a second later a receipt that says delivered",
        (Post(delivered=False), Post(after_ms=AFTERWARDS_MS)),
    ),
    Course("01099989006", "a receipt with the code Z9, which no guide lists", (Post(UNHEARD_OF),)),
)


def _number_of(code: str) -> str:
    """Return the number of a code: the place of its letter in ASCII, or its figures behind the G."""
    return f"01099980{ord(code) if len(code) == 1 else int(code[1:]):03}"


COURSES = {
    course.receiver: course
    for course in (
        *_NAMED,
        *(
            Course(_number_of(code), f"a receipt with the code {code}", (Post(code),))
            for code in WORDS
            # Those of RCS have five figures, and numbers of their own.
            if not code.isdecimal() or len(code) == 1
        ),
    )
}
"""Every number with a course, by itself."""


def course_of(receiver: str) -> Course | None:
    """Return the course of a receiver, or None where the switches decide."""
    if receiver.startswith(_RCS_CODES) and len(receiver) == len(_RCS_CODES) + 4:
        code = f"7{receiver[-4:]}"
        return Course(receiver, f"a receipt with the code {code}", (Post(code),))
    return COURSES.get(receiver)
