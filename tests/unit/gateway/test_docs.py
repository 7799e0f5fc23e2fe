"""The products' pages are held to the code: their examples are loaded, their tables compared."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import InvalidItem
from plexsend.gateway.euckr import REPLACEMENTS
from plexsend.gateway.items import SCHEMAS, get_loader
from plexsend.gateway.services import PRODUCTS, SERVICES
from plexsend.producers.files.columns import columns_of
from plexsend.producers.files.row_file import open_rows
from tests.unit.gateway.pages import DOCS, PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXAMPLES = [
    (product, fields, errors)
    for product, page in PAGES.items()
    for fields, errors in page.examples
    if "action" not in fields
]


def test_every_product_has_a_page() -> None:
    assert PAGES.keys() == PRODUCTS.keys()


@pytest.mark.parametrize("product", PAGES)
def test_page_has_examples_of_both_kinds_and_names_its_services(product: str) -> None:
    page = PAGES[product]
    assert [bool(errors) for name, _, errors in EXAMPLES if name == product] == [False, False, True]
    services = [service.id for service in SERVICES.values() if service.product.name == product]
    assert product == "mms" or all(f"`{service}`" in page.text for service in services)


@pytest.mark.parametrize(("product", "fields", "errors"), EXAMPLES)
def test_example_loads_or_is_refused_in_the_words_that_stand_below_it(
    product: str, fields: dict[str, object], errors: list[str]
) -> None:
    told: list[str] = []
    try:
        item = get_loader(f"{product}-bulk").load(fields, default_key="a-default")
    except InvalidItem as invalid:
        told = [str(problem) for problem in invalid.problems]
    else:
        assert item.warnings == ()
    assert told == errors


def test_every_action_has_an_example_that_goes_out_as_it_stands() -> None:
    page = PAGES["rcs-mms"]
    buttons = [example for example, _ in page.examples if "action" in example]
    names = [next(iter(button["action"])) for button in buttons]
    schema = SCHEMAS["rcs-mms"]().rules()["buttons"]["entry"]["fields"]["suggestions"]["entry"]["fields"]
    actions = [name for name in schema["action"]["fields"] if name.endswith("Action")]
    assert list(dict.fromkeys(names)) == actions
    for button in buttons:
        item = get_loader("rcs-mms-bulk").load({**page.items[0], "buttons": [{"suggestions": [button]}]})
        assert json.loads(item.body)["buttons"] == [{"suggestions": [button]}]
        assert item.warnings == ()


@pytest.mark.parametrize(
    ("product", "printed"),
    [
        ("mms", "made-up-key () ()\n"),
        ("rcs-mms", "notice-000001 RMH ()\n"),
        ("sms", "made-up-key () ()\n"),
        ("lms", "made-up-key () ()\n"),
    ],
)
def test_python_example_runs(product: str, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGES[product]
    exec(page.only("python"), {"fields": page.examples[1][0]})  # noqa: S102 - the page's own example
    assert capsys.readouterr().out == printed


def leaves(rules: dict[str, Any], before: str = "") -> Iterator[tuple[str, bool]]:
    """Yield every field that holds a value, with whether its object needs it."""
    for name, rule in rules.items():
        if rule["kind"] in {"Object", "_Postback"}:
            yield from leaves(rule["fields"], f"{before}{name}.")
        else:
            yield before + name, rule["required"]


@pytest.mark.parametrize("product", PAGES)
def test_tables_name_every_field(product: str) -> None:
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (yes|no) \|", PAGES[product].text, re.MULTILINE))
    rules = SCHEMAS[product]().rules()
    expected = dict(leaves(rules))
    if product == "rcs-mms":
        # The page says of the numbered keys that they are the same, and of the card that it is needed.
        expected = {name: needed for name, needed in expected.items() if not name.endswith("1")}
        expected["msg.body"] = True
        card = rules["buttons"]["entry"]["fields"]
        expected |= dict(leaves(card["suggestions"]["entry"]["fields"]["action"]["fields"]))
    else:
        # Required of a stored item, but plexsend assigns one where the caller gives none.
        expected["msg_key"] = False
    assert rows == {name: "yes" if needed else "no" for name, needed in expected.items()}


def test_table_names_every_replacement() -> None:
    rows = re.findall(r"^\| (U\+[^|]+) \| [^|]* \| ([^|]+) \|$", PAGES["mms"].text, re.MULTILINE)
    words = {"a space": " ", "nothing": ""}
    listed = {
        chr(int(code_point, 16)): words.get(written, written)
        for characters, written in rows
        for code_point in re.findall(r"U\+([0-9A-F]{4})", characters)
    }
    assert listed == REPLACEMENTS


def test_table_of_rcs_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "example.csv"
    path.write_text(PAGES["rcs-mms"].only("csv"), "utf-8")
    with open_rows(path, columns=columns_of("rcs-mms-bulk")) as rows:
        items = [get_loader("rcs-mms-bulk").load(row.item) for row in rows]
    assert [(item.msg_key, item.variant, item.warnings) for item in items] == [
        ("c-1", "RMM", ()),
        ("c-2", "RMH", ()),
    ]


@pytest.mark.parametrize("product", PAGES)
def test_links_between_pages_lead_somewhere(product: str) -> None:
    for name, anchor in re.findall(r"\]\((\w[\w-]*\.md)(?:#([\w-]+))?\)", PAGES[product].text):
        target = DOCS.joinpath(name).read_text("utf-8")
        headings = [
            heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", target, re.MULTILINE)
        ]
        assert not anchor or anchor in headings
