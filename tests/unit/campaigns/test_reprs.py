"""What is logged by accident shows nobody's text and nobody's number."""

from __future__ import annotations

from plexsend.campaigns.checks.check_report import CheckReport, ShownRow
from plexsend.campaigns.checks.personalise import Personaliser
from plexsend.campaigns.definitions.definition import define
from plexsend.campaigns.testing_rows import TestedNumber
from plexsend.outbox.runs.run import Campaign, Run
from plexsend.outbox.runs.states import RunState

TEXT = "#{이름}님, 봄옷이 왔습니다."


def test_no_object_of_a_campaign_shows_a_text_or_a_number() -> None:
    definition = define(
        name="spring",
        service="lms-bulk",
        from_="02-2345-6789",
        title="봄옷이 왔습니다",
        text=TEXT,
        defaults={"이름": "봄옷이"},
        mapping={"receiver_number": "번호"},
    )
    rendered = Personaliser(definition, ("번호", "이름")).item(("01087654321", "봄옷이"))
    shown = ShownRow(2, "봄옷이", "봄옷이", 0, "the first")
    report = CheckReport(definition, ("번호", "이름"), shown=[shown])
    run = Run(
        group="spring~1", account="main", id="a" * 12, state=RunState.DRAFT, definition=definition.as_json()
    )
    campaign = Campaign(name="spring", account="main", id="a" * 12, definition=definition.as_json())
    seen = repr([definition, rendered, report, run, campaign, TestedNumber("01087654321", "test-1")])
    assert "봄옷이" not in seen
    assert "8765" not in seen
