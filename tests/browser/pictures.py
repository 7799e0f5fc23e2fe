"""`python -m tests.browser.pictures`: the pictures of a report in docs/, in four states."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image

from plexsend.campaigns.report.languages import Language
from plexsend.campaigns.report.page import page_of
from plexsend.outbox.runs.states import RunState
from tests.browser.chromium import chromium
from tests.unit.campaigns.report.samples import sample

DOCS = Path(__file__).parents[2] / "docs"
STATES = (RunState.RUNNING, RunState.DONE, RunState.PAUSED, RunState.CANCELLED)
_WIDTH, _HEIGHT = 900, 1_130
_COLOURS = 200
"""With the edges of its letters a page has more; with far fewer, colours that mean something are lost."""


def main() -> None:
    """Write them all."""
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for state in STATES:
            path = Path(folder) / "report.html"
            path.write_text(page_of(sample(state), Language.KOREAN), "utf-8")
            page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, color_scheme="light")
            page.goto(path.as_uri())
            shot = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
            shot.quantize(_COLOURS, dither=Image.Dither.NONE).save(DOCS / picture_of(state), optimize=True)
            page.close()


def picture_of(state: RunState) -> str:
    """Return the name of the picture of a state."""
    return f"campaign-report-{state.value}.png"


if __name__ == "__main__":
    main()
