"""Celery's application: one broker and no results, whatever its environment says."""

from __future__ import annotations

import pytest
from celery.concurrency import get_implementation

from plexsend.gateway.environment import read_settings
from plexsend.settings.foreign import FOREIGN, take_out_foreign
from plexsend.worker.app import create_app
from plexsend.worker.threads import Pool

OURS = "redis://10.0.0.7:6380/3"


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("settings", [{"PLEXSEND_REDIS_URL": OURS}, {"PLEXSEND_BROKER_URL": OURS}])
def test_variable_of_celery_names_neither_the_broker_nor_a_backend(
    monkeypatch: pytest.MonkeyPatch, name: str, settings: dict[str, str]
) -> None:
    monkeypatch.setenv(name, "redis://elsewhere:1/0" if name.endswith("URL") else "no.such.module")
    app = create_app(read_settings(settings))
    for connection in (app.connection_for_read(), app.connection_for_write(), app.connection()):
        assert connection.as_uri(include_password=True).replace(":@", "") == OURS
    assert type(app.backend).__name__ == "DisabledBackend"
    assert [problem.field for problem in app.take_ignored()] == [name]
    # An option of a command comes later than the application.
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://elsewhere:1/0")
    assert app.connection_for_write().as_uri(include_password=True).replace(":@", "") == OURS


@pytest.mark.parametrize("name", ["threads", "plexsend.worker.threads:Pool"])
def test_pool_of_threads_is_the_one_whose_requests_end_by_themselves(name: str) -> None:
    create_app(read_settings({}))
    assert get_implementation(name) is Pool


def test_nothing_is_doubtful_where_celery_reads_nothing() -> None:
    assert take_out_foreign({"PLEXSEND_RATE": "1", "CELERY_BROKER_URL": ""}) == []
