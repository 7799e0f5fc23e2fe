"""`plexsend campaign template`: an empty list with the columns that a campaign needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.campaigns.definitions.definition import define
from plexsend.campaigns.recipients import open_recipients
from plexsend.outbox.runs.making import put_campaign

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

SPRING = """
name = "spring-sale"
service = "lms-bulk"
advertisement = true
recipients = "customers.xlsx"
text = "#{이름}님, #{쿠폰}"
[mapping]
receiver_number = "휴대폰번호"
"쿠폰" = "쿠폰 번호"
night_consent = "야간동의"
"""
COLUMNS = ["휴대폰번호", "이름", "쿠폰 번호", "야간동의"]


def test_an_empty_list_has_the_columns_of_the_texts(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "spring.toml"
    path.write_text(SPRING, encoding="utf-8")
    # Before there is a list.
    done = run("campaign", "template", str(path))
    assert (done.code, done.out.lstrip("\ufeff")) == (0, "휴대폰번호,이름,쿠폰 번호,야간동의\n")
    target = tmp_path / "recipients.csv"
    done = run("campaign", "template", str(path), "--output", str(target))
    assert done.code == 0
    assert "Fill in a row for each person" in done.out
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    with open_recipients(target) as recipients:
        assert (list(recipients.header), list(recipients.rows())) == (COLUMNS, [])
    again = run("campaign", "template", str(path), "--output", str(target))
    assert (again.code, "is there already" in again.err) == (2, True)
    (facts,) = run("campaign", "template", str(path), "--json").lines
    assert facts == {"columns": COLUMNS, "output": None}


def test_a_campaign_that_was_created_has_a_template_too(run: Callable[..., Any], store: Store) -> None:
    definition = define(name="spring-sale", service="lms-bulk", text="#{이름}님", cron="0 10 * * 1")
    put_campaign(store, "main", "spring-sale", definition=definition.as_json(), cron="0 10 * * 1", by="kim")
    done = run("campaign", "template", "spring-sale")
    assert (done.code, done.out.lstrip("\ufeff")) == (0, "휴대폰번호,이름\n")
    missing = run("campaign", "template", "spring-sail")
    assert (missing.code, "Did you mean spring-sale?" in missing.err) == (1, True)


def test_mistakes_of_the_definition_are_named(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "spring.toml"
    path.write_text('name = "a"\nservice = "lms-bulk"\nrat = 1\n', encoding="utf-8")
    done = run("campaign", "template", str(path))
    assert done.code == 2
    assert "rat: is not known. Did you mean rate?" in " ".join(done.err.split())
    assert done.err.count("text: is missing") == 1
    assert done.err.startswith(f"plexsend: {path}: the definition of the campaign is wrong.\n")
    missing = run("campaign", "template", str(tmp_path / "no.toml"))
    assert (
        missing.code,
        "no.toml: there is no such file. Check the path." in " ".join(missing.err.split()),
    ) == (1, True)
