"""A gateway that quotes what was sent: none of it in the log, the holds, the history or the dead letters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.reading import queries
from plexsend.outbox.reading.json_shapes import record_json
from tests.integration.worker.room import BULK, SETTINGS, Room, names

if TYPE_CHECKING:
    from plexsend.sandbox import Sandbox

SECRET = SETTINGS["PLEXSEND_ACCOUNT_MAIN"].partition(";")[2]


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("quoting_items", {"code": "G140"}),
        ("quoting_items", {"code": "C341"}),
        ("quoting_items", {"code": "G150"}),
        ("quoting_items", {"code": "C401_3"}),
        ("quoting_items", {"code": "C500_1"}),
        ("quoting_codes", {}),
        ("quoting_envelope", {"code": "C400_2", "status": 400}),
        ("quoting_envelope", {"code": "C404_1", "status": 404}),
        ("quoting_envelope", {"code": "X1", "status": 200}),
        ("quoting_envelope", {"code": "C500_1", "status": 503}),
    ],
)
def test_what_the_gateway_quotes_is_shown_nowhere(
    room: Room, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, kind: str, params: dict[str, Any]
) -> None:
    sandbox.add_fault(kind, times=2, **params)
    room.submit(BULK, names(10))
    room.drain(BULK)
    shown = [
        *(record.getMessage() for record in caplog.records),
        *(json.dumps(record_json(room.record(key)), ensure_ascii=False) for key in names(10)),
        *(repr(hold) for hold in queries.holds(room.store, "main")),
        repr(queries.look_at(room.store, BULK).counts),
    ]
    assert any("****" in words for words in shown) or kind == "quoting_codes", "nothing was quoted"
    for said in (SECRET, "안녕하세요", "01023456789", "0221234567", "https://images"):
        assert [words for words in shown if said in words] == []
