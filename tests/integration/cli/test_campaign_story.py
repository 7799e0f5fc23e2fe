"""The first campaign of docs/campaigns.md and docs/ko/campaigns.md, from the Excel file to the report."""

from __future__ import annotations

import shlex
import stat
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.feeds.feeding import Feeder
from plexsend.campaigns.ticks.ticking import Ticker
from plexsend.gateway.environment import read_settings
from plexsend.gateway.http.client import GatewayClient
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.queries import lanes
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.states import RunState
from plexsend.sandbox import Sandbox, SandboxAdmin
from tests.integration.worker.room import Room
from tests.pages import Page
from tests.spreadsheets import write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

PAGES = ["docs/campaigns.md", "docs/ko/campaigns.md"]
HEADER = ("휴대폰번호", "이름", "쿠폰 번호", "지점")
GOOD: list[tuple[object, ...]] = [
    ("010-2222-7001", "김철수", "S-1", "강남점"),
    (1_022_227_002, "이영희", "S-2", "강남점"),
    (1_022_227_003, "박지민", "S-3", "서초점"),
    ("010-2222-7004", "", "S-4", "서초점"),
    ("010-2222-7001", "김철수", "S-1", "강남점"),
    ("010-2222-7005", "한소희", "S-6", "서초점"),
]
MORE = [(f"010-2222-{7_100 + row}", "윤서준", f"S-{row}", "부산점") for row in range(30)]
WRONG: list[tuple[object, ...]] = [
    *GOOD[:5],
    ("02-123-4567", "김반장", "S-5", "강남점"),
    GOOD[5],
    ("010-2222-7006", "이모지😀", "S-7", "서초점"),
]
PEOPLE = 35
"""Numbers in the list that is right."""


@dataclass
class Story:
    """The folder of a marketing person, the command line, and a worker."""

    store: Store
    folder: Path
    run: Callable[..., Any]
    room: Room
    url: str
    typed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settings = {"PLEXSEND_CAMPAIGN_DIR": str(self.folder / "campaigns")}
        account = {"PLEXSEND_ACCOUNT_MAIN": "u;s"}
        own = read_settings({**account, **self.settings})
        self.feeder, self.ticker = Feeder(self.store, own), Ticker(self.store, own)

    def type(self, line: str, *more: str, code: int = 0) -> Any:
        """Type a command of the page; `more` is what a person answers to its question."""
        self.typed.append(line)
        done = self.run(*shlex.split(line)[1:], *more, **self.settings)
        assert done.code == code, (line, done.out, done.err)
        return done

    def feed(self) -> None:
        """Feed what runs, as a worker does."""
        for wanted in self.ticker.tick():
            self.feeder.feed(wanted.account, wanted.group)

    def send(self) -> None:
        """Send what waits, have the telephones' receipts, and let it end."""
        for lane in lanes(self.store):
            self.room.drain(lane)
        for run in reading.runs(self.store, "main"):
            take_receipts(self.store, "main", [Receipt(run.key_of(row), "0") for row in range(run.rows)])
        self.ticker.tick()

    def accepted_rows(self) -> Counter[str]:
        """Return how many rows of each run the gateway accepted: none of them twice."""
        accepted = SandboxAdmin(self.url).list_accepted()
        assert {*accepted.values()} == {1}
        return Counter(key.partition("-")[0] for key in accepted)

    def read(self, group: str) -> Run:
        """Return a run as it is."""
        found = reading.run(self.store, "main", group)
        assert found is not None
        return found


@pytest.fixture
def story(
    store: Store, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Story]:
    monkeypatch.chdir(tmp_path)
    put(store, Where(), {"rate_per_s": 0, "linger_ms": 0}, by="story", reason="a test's own")
    with Sandbox() as sandbox:
        client = GatewayClient({"lms": sandbox.url})
        yield Story(store, tmp_path, run, Room(store, client), sandbox.url)
        client.close()


def is_checked(story: Story, shown: Page, check: str, errors: str, create: str) -> None:
    """A list with mistakes: all of them are named, as the page shows it, and nothing is created."""
    write_workbook(story.folder / "customers.xlsx", {"고객": [HEADER, *WRONG]})
    checked = story.type(check, code=1)
    said = " ".join((checked.out + checked.err).split())
    for words in (
        "has 9 digits",
        "U+1F600 (😀) at position 4 is not in EUC-KR",
        "Plan: 5 messages in 1 request",
    ):
        assert words in said
    # What the page shows is what is printed, but for the columns, which follow the terminal.
    sample = next(block for block in shown.blocks("text") if block.startswith("customers.xlsx"))
    whole = [line for line in sample.splitlines() if line and line[0] not in " l"]
    assert len(whole) == 5
    assert [line for line in whole if " ".join(line.split()) not in said] == []
    story.type(errors, code=1)
    assert (story.folder / "errors.csv").read_text("utf-8-sig").count("\n") == 3
    story.run(*shlex.split(create)[1:], "--yes", **story.settings)
    assert list(reading.runs(story.store)) == []


def is_corrected_midway(story: Story, cancel: str, rest: str, start: str) -> None:
    """Some of it goes, and then the mistake is seen: those who had nothing yet get the right text."""
    story.feed()
    story.send()
    story.type(cancel, "--yes")
    definition = story.folder / "spring.toml"
    definition.write_text(definition.read_text("utf-8").replace("봄옷이", "새 봄옷이"), "utf-8")
    story.type(rest, "--yes")
    story.type(start)
    story.feed()
    story.send()
    first, second = (story.read(f"spring-sale~{number}") for number in (1, 2))
    assert (first.state, second.state) == (RunState.CANCELLED, RunState.DONE)
    assert second.source == "spring-sale~1 unsent"
    sent = story.accepted_rows()
    assert 0 < sent[first.id] < PEOPLE
    assert sent[second.id] == second.rows == PEOPLE - sent[first.id], "each person once, over both runs"


@pytest.mark.parametrize("page", PAGES)
def test_the_first_campaign_goes_as_the_page_tells(story: Story, page: str) -> None:
    shown = Page.of(page)
    lines = [line for block in shown.blocks("sh") for line in block.splitlines()]
    (template, check, errors, create, to_me, longest, start, follow, pause, resume, cancel, rest) = lines[:12]
    again, report, listed = lines[12:]
    (story.folder / "spring.toml").write_text(shown.blocks("toml")[0], "utf-8")
    story.type(template)
    assert (story.folder / "empty.csv").read_text("utf-8-sig") == "휴대폰번호,이름,쿠폰 번호\n"
    is_checked(story, shown, check, errors, create)
    write_workbook(story.folder / "customers.xlsx", {"고객": [HEADER, *GOOD, *MORE]})
    story.type(check)
    story.type(create, "--yes")
    for line in (to_me, longest, start, pause):
        story.type(line)
    story.feed()
    assert story.read("spring-sale~1").fed == 0, "it is paused"
    story.type(resume)
    # So that there is a midway.
    story.type("plexsend campaign rate spring-sale 1")
    is_corrected_midway(story, cancel, rest, again)
    assert "성공 success" in story.type(follow).out
    story.type(report)
    rows = story.read("spring-sale~2").rows
    assert (story.folder / "report.csv").read_text("utf-8-sig").count("\n") == rows + 1
    for name in ("report.html", "report.csv", "errors.csv"):
        assert stat.S_IMODE((story.folder / name).stat().st_mode) == 0o600
    assert "spring-sale/2" in story.type(listed).out
    assert {*lines} <= {*story.typed}
