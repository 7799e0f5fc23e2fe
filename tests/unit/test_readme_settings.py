"""The README's table of settings is part of the table that the settings are read by."""

from __future__ import annotations

from pathlib import Path

import pytest

from plexsend.settings import markdown_table

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- settings:begin -->", "<!-- settings:end -->"


def test_readme_shows_what_people_set_as_it_is_read() -> None:
    text = README.read_text(encoding="utf-8")
    assert (text.count(BEGIN), text.count(END)) == (1, 1), f"README.md needs one {BEGIN} and one {END}"
    assert "(docs/settings.md)" in text.partition(END)[2].partition("\n## ")[0], "where all the others are"
    shown = text.partition(BEGIN)[2].partition(END)[0].strip()
    if shown != markdown_table():
        pytest.fail(
            f"README.md's settings differ from plexsend/settings/model.py. Put between {BEGIN} and {END} "
            "what this prints:\n"
            "  python -c 'from plexsend.settings import markdown_table; print(markdown_table())'"
        )
