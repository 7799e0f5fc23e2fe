"""docs/sandbox.md against the tables in the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plexsend.sandbox import COURSES, KINDS, MAGIC, Behaviour
from plexsend.sandbox.__main__ import build_parser
from plexsend.sandbox.admin import PREFIX, ROUTES
from plexsend.sandbox.fields import Field, Kind, Shape
from plexsend.sandbox.products import LMS, MMS, PRODUCTS, RCS_V1, RCS_V2, SMS

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")
RECEIVER = re.compile(r"^01(0[2-9]\d{7}|[16789]\d{7,8})$")


def list_rows(heading: str) -> list[list[str]]:
    """Return the rows of the table whose first column has this heading, without code marks."""
    [table] = re.findall(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    return [
        [cell.strip().replace("`", "") for cell in row.strip("|").split("|")] for row in table.splitlines()
    ]


def tell_limit(field: Field, otherwise: str) -> str:
    if field.max_count is not None:
        return f"{field.max_count} {'entry' if field.max_count == 1 else 'entries'}"
    if field.span is not None:
        return f"{field.span[0]} to {field.span[1]}"
    if field.max_chars is not None:
        return f"{field.max_chars} characters"
    return otherwise if field.max_bytes is None else f"{field.max_bytes} bytes"


def walk(shape: Shape, way: str = "") -> Iterator[tuple[str, Field]]:
    """Yield every field with the way to it, but for objects that only hold others."""
    for field in shape.fields:
        here = f"{way}{field.name}"
        if field.shape is None or field.kind is Kind.OBJECTS:
            yield here, field
        if field.shape is not None:
            yield from walk(field.shape, f"{here}[]." if field.kind is Kind.OBJECTS else f"{here}.")


def test_products() -> None:
    rows = [[product.name, product.path, " ".join(product.services)] for product in PRODUCTS]
    assert list_rows("product") == rows


def test_fields_of_texts() -> None:
    limits = [{field.name: tell_limit(field, "yes") for field in p.item.fields} for p in (SMS, LMS, MMS)]
    rows = list_rows("field of a text")
    assert [row[:4] for row in rows] == [[name, *(p.get(name, "–") for p in limits)] for name in limits[-1]]
    required = [row[0] for row in rows if row[4].startswith("required")]
    assert required == [field.name for field in MMS.item.fields if field.required]


def test_fields_of_rcs() -> None:
    expected = {
        way.replace("buttons[].suggestions[].action.", "…"): (
            "yes" if field.required else "no",
            tell_limit(field, "–"),
        )
        for product in (RCS_V1, RCS_V2)
        for way, field in walk(product.item)
    }
    documented = {
        name.partition(" ")[0]: (row[1], row[2])
        for row in list_rows("field of RCS MMS")
        for name in row[0].split(", ")
    }
    assert documented == expected


def test_magic_numbers() -> None:
    assert list_rows("receiver") == [[magic.receiver, magic.meaning] for magic in MAGIC.values()]


@pytest.mark.parametrize("receiver", MAGIC)
def test_magic_number_has_the_form_of_a_mobile_number(receiver: str) -> None:
    assert RECEIVER.match(receiver)


def test_numbers_with_receipts_of_their_own() -> None:
    rows = [[course.receiver, course.meaning] for course in COURSES.values()]
    assert list_rows("receiver of receipts") == rows
    assert COURSES.keys().isdisjoint(MAGIC)


@pytest.mark.parametrize("receiver", COURSES)
def test_number_with_receipts_of_its_own_has_the_form_of_a_mobile_number(receiver: str) -> None:
    assert RECEIVER.match(receiver)


def test_faults() -> None:
    rows = [
        [
            kind.name,
            kind.meaning.replace("`", ""),
            ", ".join(f"{n} {json.dumps(v)}" for n, v in kind.params.items()) or "–",
        ]
        for kind in KINDS.values()
    ]
    assert list_rows("kind") == rows


def test_switches() -> None:
    documented = {row[0]: json.loads(row[1]) for row in list_rows("switch")}
    assert documented == Behaviour().to_json()


def test_routes() -> None:
    assert [row[0] for row in list_rows("route")] == [f"{method} {PREFIX}{path}" for method, path in ROUTES]


def test_options() -> None:
    actions = build_parser()._actions
    options = [action.option_strings[-1] for action in actions if "--help" not in action.option_strings]
    assert [row[0] for row in list_rows("option")] == options
