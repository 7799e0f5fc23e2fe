"""docs/settings.md is what the settings are read by, and says who reads them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from plexsend.settings import VARIABLES, Policy, ReadBy, Settings, markdown_page
from plexsend.settings.variables import Variable, rows

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "settings.md"

# What was there before a setting had to say what it replaces. The list does not grow.
OLDEST = {
    f"PLEXSEND_{name}"
    for name in (
        *(
            "REDIS_URL",
            "BROKER_URL",
            "KEY_PREFIX",
            "ACCOUNT_<NAME>",
            "<PRODUCT>_URL",
            "RCS_DIALECT",
            "DURABLE",
        ),
        *("RESEND_WITHIN_S", "RECLAIM_S", "KEEP_DAYS", "RATE", "LINGER_MS", "CONNECTIONS", "ON_UNCERTAIN"),
        *("RETRY_FIRST_S", "RETRY_LONGEST_S", "RETRY_ATTEMPTS", "SHUT_FIRST_S", "SHUT_LONGEST_S"),
        *("CREDIT_HOLD_S", "CREDIT_HOLD_LONGEST_S"),
    )
}


def test_page_shows_every_setting_as_it_is_read() -> None:
    if PAGE.read_text(encoding="utf-8") != markdown_page():
        pytest.fail(
            "docs/settings.md differs from plexsend/settings. Write it anew with:\n  python -c 'from "
            'plexsend.settings import markdown_page; print(markdown_page(), end="")\' > docs/settings.md'
        )


def test_no_setting_is_missing_from_the_page() -> None:
    page = markdown_page()
    assert [row.name for row in VARIABLES if page.count(f"| `{row.name}`") != 1] == []


@pytest.mark.parametrize("row", VARIABLES, ids=lambda row: row.name)
def test_newer_setting_says_what_it_replaces_or_why_nothing(row: Variable[Any]) -> None:
    assert bool(row.replaces) is (row.name not in OLDEST), (
        f"the row of {row.name} in plexsend/settings/model.py says in `replaces=` which setting or habit it "
        "replaces, or why it replaces nothing; those of OLDEST say nothing, and nothing is added to OLDEST"
    )
    assert not row.replaces or (
        row.replaces.endswith(".") and f"`{row.name}`: {row.replaces}" in markdown_page()
    ), f"`replaces=` of {row.name} is a sentence that ends with a full stop, and the page shows it"


def test_eight_settings_are_the_ones_that_people_set() -> None:
    assert sum(row.in_readme for row in VARIABLES) == 8


ATTRIBUTES = [*rows(Settings).items(), *rows(Policy).items()]


@pytest.mark.parametrize(("attribute", "row"), ATTRIBUTES, ids=[name for name, _ in ATTRIBUTES])
def test_applications_read_what_is_said_to_be_theirs(attribute: str, row: Variable[Any]) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "producers").rglob("*.py")))
    read = re.search(rf"\.{attribute}\b", code) is not None
    assert (ReadBy.APPLICATIONS in row.readers) is read
