"""docs/campaigns.md and docs/ko/campaigns.md: the commands about the definition and the list run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.batches import Outcome
from plexsend.outbox.runs import reading
from tests.integration.campaigns.run_bench import RunBench
from tests.integration.outbox.bench import Bench
from tests.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store


@pytest.mark.parametrize("page", ["docs/campaigns.md", "docs/ko/campaigns.md"])
def test_templates_of_the_page_are_written(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = Page.of(page)
    tmp_path.joinpath("spring.toml").write_text(shown.blocks("toml")[0], encoding="utf-8")
    commands = [line for line in shown.commands() if line.startswith("plexsend campaign template ")]
    assert len(commands) >= 2
    for line in commands:
        done = run(*shlex.split(line)[1:])
        assert done.code == 0, done.err
    header = tmp_path.joinpath("recipients.csv").read_text("utf-8-sig")
    assert header == "휴대폰번호,이름,쿠폰 번호\n"


PEOPLE = "휴대폰번호,이름\n010-2345-6781,김\n010-2345-6782,이\n010-2345-6783,박\n010-2345-6784,최\n"
OF_THE_LIST = ("template", "report", "check", "send", "start")
"""Verbs that other tests of the pages run."""


def definition(name: str, *, list_: bool) -> str:
    recipients = 'recipients = "list.csv"\n' if list_ else ""
    return f'name = "{name}"\nservice = "lms-bulk"\nfrom = "02-2345-6789"\ntext = "#{{이름}}님"\n{recipients}'


@pytest.mark.parametrize("page", ["docs/campaigns.md", "docs/ko/campaigns.md"])
def test_a_run_is_watched_and_steered_as_the_page_says(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, store: Store
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("list.csv").write_text(PEOPLE, "utf-8")
    for name in ("spring", "rest", "again", "sorry"):
        title = "spring-sale" if name == "spring" else name
        text = definition(title, list_=name == "spring")
        tmp_path.joinpath(f"{name}.toml").write_text(text, "utf-8")
    folder = {"PLEXSEND_CAMPAIGN_DIR": str(tmp_path / "campaigns")}

    def type_(line: str) -> None:
        done = run(*shlex.split(line)[1:], **folder)
        assert done.code == 0, (line, done.err)

    type_("plexsend campaign create spring.toml --yes")
    type_("plexsend campaign start spring-sale")
    lines = [line for line in Page.of(page).commands() if line.startswith("plexsend campaign ")]
    typed = [line for line in lines if line.split()[2] not in OF_THE_LIST]
    # It would be followed for ever, and nothing could be made of a run without recipients.
    last = [line for line in typed if "--follow" in line or line.split()[2] == "drop"]
    steering = [line for line in typed if line.split()[2] != "create" and line not in last]
    assert len(steering) == 10
    for line in steering[:-1]:
        type_(line)
    (group,) = {each.group for each in reading.runs(store)}
    spring = RunBench(Bench(store), 4, group=group)
    spring.feed(2)
    spring.send(Outcome.ACCEPTED, "C100")
    spring.receive("E", [spring.key(0)])
    spring.receive("0", [spring.key(1)])
    type_(steering[-1])
    for line in [line for line in typed if line.split()[2] == "create"]:
        type_(line)
    made = {each.name: (each.rows, each.source) for each in reading.runs(store)}
    assert made == {
        "spring-sale": (4, ""),
        "rest": (2, "spring-sale~1 unsent"),
        "again": (1, "spring-sale~1 failed"),
        "sorry": (1, "spring-sale~1 reached"),
    }
    for line in last:
        type_(line)
