"""The rules of deploy/prometheus: each alert has a test, a remedy that is a command, and a page."""

from __future__ import annotations

import re
import shlex

import click

from plexsend.cli.app import app
from tests.deploy.alert_cases import CASES
from tests.deploy.alert_rules import DEPLOY, PROMETHEUS, RULES, rules
from tests.deploy.promtool import run, tool, written_tests

ALL = list(rules().values())


def test_rules_are_what_promtool_takes() -> None:
    ended = run(tool("promtool"), "check", "rules", RULES)
    assert (ended.returncode, f"{len(ALL)} rules found" in ended.stdout) == (0, True), ended


def test_every_alert_is_tested() -> None:
    assert {case.alert for case in CASES} == set(rules())
    for case in CASES:
        minute = case.fires[0]
        assert min(case.rests) < minute < max(case.rests), f"{case.alert}: before, while and after it fires"


def test_files_of_tests_hold_the_cases() -> None:
    for path, text in written_tests().items():
        assert path.read_text("utf-8") == text, "write them: python -m tests.deploy.promtool"


def test_every_alert_fires_on_its_cause_and_ends_and_none_fires_in_calm() -> None:
    ended = run(tool("promtool"), "test", "rules", *(path.name for path in written_tests()), cwd=PROMETHEUS)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_alert_has_its_words() -> None:
    for rule in ALL:
        assert rule.severity in ("page", "warn"), rule
        assert rule.runbook == f"docs/operating.md#{rule.name.lower()}"
        assert rule.summary.endswith("."), rule
    assert len({rule.summary for rule in ALL}) == len(ALL)


def test_readme_lists_every_alert_with_its_severity() -> None:
    readme = DEPLOY.joinpath("README.md").read_text("utf-8")
    listed = re.findall(r"^\| `(Plexsend\w+)` \| (\w+) \|", readme, re.MULTILINE)
    assert dict(listed) == {rule.name: rule.severity for rule in ALL}


def test_every_remedy_is_a_command() -> None:
    for rule in ALL:
        program, *words = shlex.split(re.sub(r"\{\{.*?\}\}", "main", rule.remedy))
        assert program == "plexsend", rule
        command: click.Command = app
        context = click.Context(app)
        while words and isinstance(command, click.Group):
            found = command.get_command(context, words.pop(0))
            assert found is not None, rule
            command = found
        command.make_context("it", words)


def test_no_alert_ends_while_the_server_of_metrics_is_started_anew() -> None:
    """PlexsendMetricsMissing fires two minutes later, and from then on no end is posted."""
    minutes = {rule.name: int(rule.stays.removesuffix("m") or "0") for rule in ALL}
    assert {name for name, its in minutes.items() if its < 3} == {"PlexsendMetricsMissing"}
    assert rules()["PlexsendMetricsMissing"].waits == "2m"


def test_every_rule_says_what_causes_it_and_how_it_ends() -> None:
    text = RULES.read_text("utf-8")
    for rule in ALL:
        comment = text.partition(f"- alert: {rule.name}\n")[0].rpartition("\n\n")[2]
        assert "# cause: " in comment, rule.name
        assert "ends: " in comment, rule.name
