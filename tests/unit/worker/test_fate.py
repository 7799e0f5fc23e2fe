from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from plexsend.logs import get_logger
from tests.unit.worker.make import answer_items, answer_whole, make_full
from tests.unit.worker.test_verdicts import judge
from worker.fate import log_fate

if TYPE_CHECKING:
    from plexsend.gateway.answers import Answer

BATCH = make_full()


@pytest.mark.parametrize(
    ("answer", "level", "words"),
    [
        (answer_items(BATCH), "INFO", "batch sent"),
        (answer_items(BATCH, k1="G141"), "INFO", "batch sent"),
        (answer_items(BATCH, k1="missing"), "WARNING", "batch not sent whole"),
        (answer_whole(BATCH, 503), "WARNING", "shut: HTTP_503"),
        (answer_items(BATCH, k1="G150"), "WARNING", "credit: G150"),
        (answer_whole(BATCH, 401, "C401_3"), "ERROR", "hold=auth"),
        (answer_whole(BATCH, 404, "C404_1"), "ERROR", "hold=fault"),
    ],
)
def test_level_says_whether_somebody_must_look(
    caplog: pytest.LogCaptureFixture, answer: Answer, level: str, words: str
) -> None:
    caplog.set_level(logging.INFO)
    log_fate(get_logger("worker.test"), BATCH, judge(BATCH, answer))
    [record] = caplog.records
    assert record.levelname == level
    assert words in record.message
    assert "messages=10" in record.message
