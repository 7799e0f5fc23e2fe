"""The page of a report in a real browser: it runs nothing, asks for nothing, and everybody can read it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.report.languages import Language
from plexsend.campaigns.report.page import page_of
from plexsend.gateway.codes import OWN_CODES
from plexsend.outbox.runs.states import RunState
from tests.browser.chromium import axe, chromium, require_chromium
from tests.unit.campaigns.report.samples import sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

LOOKS = (
    (RunState.RUNNING, Language.KOREAN, False),
    (RunState.DONE, Language.ENGLISH, False),
    (RunState.PAUSED, Language.KOREAN, True),
    (RunState.CANCELLED, Language.ENGLISH, True),
)
"""State, language, and whether the reader's screen is dark."""
ROWS = 4_000
WIDE, NARROW = 1_200, 400
MOST_SHEETS = 4
"""Of A4, with another run beside it."""

# Words of plots that lie over one another, stick out of their plot, or are too small or too pale to be read.
UNREADABLE = """() => {
  const light = rgb => {
    const parts = rgb.match(/[0-9.]+/g).map(Number).slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const contrast = (one, other) => {
    const [more, less] = [light(one), light(other)].sort((a, b) => b - a);
    return (more + 0.05) / (less + 0.05);
  };
  const paper = getComputedStyle(document.body).backgroundColor;
  const found = [];
  for (const plot of document.querySelectorAll('svg')) {
    const frame = plot.getBoundingClientRect();
    const words = [...plot.querySelectorAll('text')].map(text => [text, text.getBoundingClientRect()]);
    for (const [text, box] of words) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1)
        found.push(`sticks out: ${text.textContent}`);
      if (box.height < 10) found.push(`small: ${text.textContent}`);
      if (contrast(getComputedStyle(text).fill, paper) < 4.5) found.push(`pale: ${text.textContent}`);
    }
    for (let one = 0; one < words.length; one++) for (let other = one + 1; other < words.length; other++) {
      const [a, b] = [words[one][1], words[other][1]];
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4)
        found.push(`overlap: ${words[one][0].textContent} / ${words[other][0].textContent}`);
    }
    for (const shape of plot.querySelectorAll('rect')) {
      if (contrast(getComputedStyle(shape).fill, paper) < 3)
        found.push(`pale shape: ${shape.className.baseVal}`);
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require_chromium()
    with chromium() as browser:
        yield browser


class Opened:
    """A page that is open, with all that it asked for and said."""

    def __init__(self, browser: Browser, path: Path, *, width: int, dark: bool) -> None:
        self.page: Page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        self.asked: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())
        self.address = path.as_uri()

    def violations(self) -> list[str]:
        """Return what axe finds wrong."""
        self.page.evaluate(axe())
        found: dict[str, Any] = self.page.evaluate("axe.run()")
        assert len(found["passes"]) > 10
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]


@pytest.mark.parametrize(("state", "language", "dark"), LOOKS)
def test_everybody_can_read_it(
    browser: Browser, tmp_path: Path, state: RunState, language: Language, *, dark: bool
) -> None:
    path = tmp_path / "report.html"
    other = sample(RunState.DONE, rows=400, seed=2) if state is RunState.DONE else None
    path.write_text(page_of(sample(state, rows=ROWS), language, against=other), "utf-8")
    opened = Opened(browser, path, width=WIDE, dark=dark)
    page = opened.page
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(UNREADABLE) == []
    assert page.get_by_role("img").count() == page.get_by_role("table").count() > 5
    assert opened.violations() == []
    assert opened.asked == [opened.address]
    assert opened.said == []
    page.close()


def test_long_words_and_large_numbers_fit(browser: Browser, tmp_path: Path) -> None:
    report = sample(RunState.DONE, rows=ROWS, label="아주 긴 이름의 캠페인 " * 8)
    codes = tuple(
        replace(count, code=code, by_receipt=False, rows=count.rows + 10_000_000)
        for count, code in zip(report.codes, (*OWN_CODES, "C401_3", "G160"), strict=False)
    )
    carriers = tuple(replace(each, carrier="ALONGCARRIERNAME") for each in report.carriers)
    report = replace(report, codes=codes, carriers=carriers, why="x" * 300, state=RunState.PAUSED)
    path = tmp_path / "report.html"
    path.write_text(page_of(report, Language.ENGLISH), "utf-8")
    opened = Opened(browser, path, width=NARROW, dark=False)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= NARROW
    assert opened.page.evaluate(UNREADABLE) == []
    assert opened.page.get_by_text("its number had an advertisement within the days of").count() == 1
    opened.page.close()


def test_it_prints_on_a_few_sheets(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    other = sample(RunState.DONE, rows=ROWS, seed=2)
    path.write_text(page_of(sample(RunState.DONE, rows=ROWS), Language.KOREAN, against=other), "utf-8")
    opened = Opened(browser, path, width=WIDE, dark=True)
    printed = opened.page.pdf(prefer_css_page_size=True)
    sheets = re.findall(rb"/Type\s*/Page\b(?!s)", printed)
    assert 1 < len(sheets) <= MOST_SHEETS
    size = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", printed)
    assert size is not None
    assert (round(float(size[1])), round(float(size[2]))) == (595, 842)
    opened.page.emulate_media(media="print", color_scheme="dark")
    # Nobody prints a dark page.
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.page.evaluate(UNREADABLE) == []
    opened.page.close()
