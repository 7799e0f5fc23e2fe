"""docs/logs.md names the events that workers log."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`([a-z][a-z ,]+)`")


def code() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "worker").rglob("*.py")))


def events_of_page() -> set[tuple[str, str]]:
    """Return (level, event) of each row."""
    table = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8").partition("## What is logged\n")[2]
    rows = re.findall(r"^\| (info|warning|error) \| (.+?) \|", table, re.MULTILINE)
    return {(level, event) for level, cell in rows for event in NAMED.findall(cell)}


def test_events_of_the_page_are_logged_at_their_level() -> None:
    logged = code()
    events = events_of_page()
    assert len(events) > 5
    for level, event in events:
        calls = {"error": "error|exception"}.get(level, level)
        assert re.search(rf'log\.(?:{calls})\(\s*"{event}"', logged), (level, event)


def test_every_line_that_names_messages_is_on_the_page() -> None:
    calls = re.findall(r'log\.\w+\(\s*"([^"]+)",((?:[^()]|\([^()]*\))*)\)', code())
    naming = {
        event
        for event, fields in calls
        if "msg_keys" in fields or "**fields" in fields or "in_hand" in fields
    }
    assert naming == {event for _, event in events_of_page()}


def test_events_about_the_fleet_are_logged() -> None:
    page = (
        (ROOT / "docs" / "logs.md").read_text(encoding="utf-8").partition("## What is logged of the fleet")[2]
    )
    events = re.findall(r"`([a-z][a-z', ]+)`", page.partition("## What is logged")[0])
    assert len(events) > 5
    logged = code()
    assert [event for event in events if f'"{event}"' not in logged] == []


def test_events_of_a_server_of_receipts_are_logged_at_their_level() -> None:
    page = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8")
    section = page.partition("## What a server of receipts logs")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (info|warning|error) \| `([^`]+)` \|", section, re.MULTILINE)
    assert len(rows) > 5
    web = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "plexsend" / "web").glob("*.py"))
    logged = re.findall(r'log\.(info|warning|error)\(\s*"([^"]+)"', web)
    assert {*rows, ("info", "redis answers")} == {*logged}
