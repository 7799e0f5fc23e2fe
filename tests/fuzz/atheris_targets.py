"""The same claims, guided by coverage: `python -m tests.fuzz atheris answers` (or items, wire, rows)."""

from __future__ import annotations

import io
import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import atheris

with atheris.instrument_imports(include=["plexsend", "producers"]):
    from datetime import UTC, datetime

    from plexsend.errors import FileProblem, InvalidItem
    from plexsend.gateway.answers import ItemAnswers, read_answer
    from plexsend.gateway.codes import Meaning
    from plexsend.gateway.items import get_loader
    from plexsend.producers.files.columns import columns_of
    from plexsend.producers.files.jsonl import read_objects
    from plexsend.producers.files.lines import Encoding, read_lines
    from plexsend.producers.files.table import read_table

if TYPE_CHECKING:
    from collections.abc import Callable

_NOW = datetime(2026, 3, 1, tzinfo=UTC)
_KEYS = ["k1", "1234"]
_SERVICES = ("mms-bulk", "rcs-mms-bulk", "sms-bulk", "lms-bulk")


def read_any_answer(data: bytes) -> None:
    """Every key has one meaning, and none is accepted without a code."""
    answer = read_answer(200 if data[:1] < b"\x80" else 503, None, data[1:], _KEYS, _NOW)
    if isinstance(answer, ItemAnswers):
        assert list(answer.by_key) == _KEYS
        accepted = [item for item in answer.by_key.values() if item.meaning is Meaning.ACCEPTED]
        assert not accepted or b"C100" in data or b"\\u" in data
    else:
        assert answer.meaning is not Meaning.ACCEPTED


def load_any_item(data: bytes) -> None:
    """Whatever JSON says: an item, or InvalidItem."""
    try:
        raw: Any = json.loads(data)
    except (ValueError, RecursionError):
        return
    for service in _SERVICES:
        _load(partial(get_loader(service).load, raw))


def load_any_body(data: bytes) -> None:
    """Whatever is stored: an item, which is let pass again as the same bytes, or InvalidItem."""
    for service in _SERVICES:
        loader = get_loader(service)
        item = _load(partial(loader.load_wire, data))
        if item is not None:
            assert loader.load_wire(item.body, variant=item.variant).body == item.body


def read_any_rows(data: bytes) -> None:
    """Whatever a file holds: rows, or one FileProblem."""
    for encoding in Encoding:
        list(read_objects(read_lines(io.BytesIO(data), encoding)))
        try:
            list(read_table(read_lines(io.BytesIO(data), encoding), columns_of("lms-bulk")))
            list(read_table(read_lines(io.BytesIO(data), encoding), None))
        except FileProblem:
            continue


def _load(load: Callable[[], Any]) -> Any:
    try:
        return load()
    except InvalidItem:
        return None


TARGETS = {"answers": read_any_answer, "items": load_any_item, "wire": load_any_body, "rows": read_any_rows}


_LMS = b'{"msg_key":"k1","sender_number":"15881234","receiver_number":"01023456789","msg":"x"}'
_RCS = (
    b'{"msg_type":"RMM","msg_key":"k1","sender_number":"15881234","receiver_number":"01023456789",'
    b'"msg_base_id":"SMwThT00","br_id":"B","brand_key":"K","header":"0","msg":{"body":{"title":"t"}},"buttons":'
    b'[{"suggestions":[{"action":{"mapAction":{"showLocation":{"location":{"query":"q"}}},"displayText":"d"}}]}]}'
)
_SEEDS = (
    _LMS,
    _RCS,
    b' {"results":[{"msg_key":"k1","code":"C100","desc":"d"},{"msg_key":1234,"code":"G140"}]}',
    b' {"code":"C400_1","name":"n","description":"d"}',
    b'sender_number,receiver_number,msg\n15881234,01023456789,"a\nb"\n',
)


def main(args: list[str]) -> None:
    """Fuzz the target that is named first; the rest are libFuzzer's own arguments."""
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(_SEEDS):
            Path(corpus, str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], corpus, *args[1:]], TARGETS[args[0]])
        atheris.Fuzz()
