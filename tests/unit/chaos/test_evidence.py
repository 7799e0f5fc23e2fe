"""Ledgers are read as they grow, and through the last words of a process that was killed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.chaos.evidence import GatewayLedger, ProducerLedgers

if TYPE_CHECKING:
    from pathlib import Path


def test_a_line_cut_by_a_kill_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "application.jsonl"
    path.write_bytes(b'{"at": 1.0, "asked": ["b1.a.1"]}\n{"at": 1.1, "told": {"b1.a.1": "ad')
    ledgers = ProducerLedgers()
    ledgers.read(path)
    assert ledgers.told["b1.a.1"].added_at is None
    with path.open("ab") as file:
        file.write(b'{"at": 2.0, "asked": ["b1.a.2"]}\n{"at": 2.1, "told": {"b1.a.2": "added"}}\n')
    ledgers.read(path)
    assert ledgers.told["b1.a.2"].added_at == 2.1
    assert ledgers.told["b1.a.1"].added_at is None


def test_a_duplicate_is_told_to_be_there(tmp_path: Path) -> None:
    path = tmp_path / "application.jsonl"
    lines = (
        {"at": 1, "asked": ["k"]},
        {"at": 2, "told": {"k": "unknown"}},
        {"at": 3, "told": {"k": "duplicates"}},
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    ledgers = ProducerLedgers()
    ledgers.read(path)
    assert (ledgers.told["k"].added_at, ledgers.told["k"].added_from) == (3, 1)


def test_what_is_told_unknown_or_not_added_is_not_promised(tmp_path: Path) -> None:
    path = tmp_path / "application.jsonl"
    path.write_text('{"at": 1, "asked": ["k", "l"]}\n{"at": 2, "told": {"k": "unknown", "l": "not_added"}}\n')
    ledgers = ProducerLedgers()
    ledgers.read(path)
    assert [each.added_at for each in ledgers.told.values()] == [None, None]


def test_the_gateways_ledger_is_read_on_from_where_it_ended(tmp_path: Path) -> None:
    ledger = GatewayLedger(tmp_path / "gateway.jsonl")
    ledger.read()
    facts = {"path": "/x/v2/send", "user": "u", "msg_type": "", "fault": "", "answer": "whole"}
    line = json.dumps({"n": 1, "at": 5.0, "keys": ["k"], "codes": ["C100"], **facts}) + "\n"
    ledger.path.write_text(line)
    ledger.read()
    with ledger.path.open("a") as file:
        file.write(line)
    ledger.read()
    assert [request.keys for request in ledger.requests] == [("k",), ("k",)]


def test_what_a_closed_group_refused_is_known_as_refused(tmp_path: Path) -> None:
    path = tmp_path / "application.jsonl"
    lines = (
        {"at": 1, "asked": ["k", "l"], "later": True},
        {"at": 2, "told": {"k": "unknown"}},
        {"at": 3, "told": {"k": "closed", "l": "closed"}},
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    ledgers = ProducerLedgers()
    ledgers.read(path)
    found = [(each.refused_at, each.doubted, each.later) for each in ledgers.told.values()]
    assert found == [(3, True, True), (3, False, True)]
