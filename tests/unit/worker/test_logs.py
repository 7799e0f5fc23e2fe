"""What Celery's own loggers write: a tick a second is nothing that a person reads."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from plexsend.gateway.environment import read_settings
from plexsend.worker.app import create_app
from plexsend.worker.campaign_queue import FEED_TASK, TICK_TASK

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def loggers() -> Iterator[list[logging.Logger]]:
    found = [logging.getLogger(name) for name in ("celery.worker.strategy", "celery.app.trace")]
    before = [list(each.filters) for each in found]
    app = create_app(read_settings({}))
    app.log.setup_handlers(logging.getLogger("tests.nobody"), None, "%(message)s", colorize=False)
    yield found
    for each, filters in zip(found, before, strict=True):
        each.filters = filters


def test_lines_about_ticks_are_left_out_unless_one_failed(
    loggers: list[logging.Logger], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for logger in loggers:
            logger.info("Task %(name)s[%(id)s] received", {"name": TICK_TASK, "id": "1"})
            logger.info("Task %(name)s[%(id)s] received", {"name": FEED_TASK, "id": "2"})
            logger.error("Task %(name)s[%(id)s] failed", {"name": TICK_TASK, "id": "3"})
    assert caplog.messages == 2 * [f"Task {FEED_TASK}[2] received", f"Task {TICK_TASK}[3] failed"]
