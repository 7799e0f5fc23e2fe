"""The table of types is that of the dictionary of keys."""

from __future__ import annotations

import re

import pytest

from plexsend.outbox.redis import keys
from plexsend.outbox.redis.key_types import LEFT, MESSAGE_KEYS, TYPES

ROWS = re.findall(r"^p(?:\{a\}:| )(\S+) +(set|string|hash|list|zset) ", keys.__doc__ or "", re.MULTILINE)
DICTIONARY = {
    (name.removeprefix("<lane>:").removeprefix("<route>:").removeprefix("<service>:"), kind)
    for name, kind in ROWS
}
# Of the first it is only asked whether it is there; the second is of an older program.
BESIDE = {("here", "string"), ("procs", "zset")}


def test_every_key_has_its_type() -> None:
    listed = {tuple(row.rstrip(LEFT).split("=")) for rows in TYPES.values() for row in rows}
    messages = {(f"{start}:<msg_key>", kind) for start, kind in MESSAGE_KEYS.items()}
    assert len(DICTIONARY) > 30
    assert listed | messages == DICTIONARY - BESIDE


@pytest.mark.parametrize("name", ["holds", "closed", "lanes", "policy"])
def test_what_loosens_something_when_it_is_gone_is_left_to_a_person(name: str) -> None:
    assert any(row.startswith(f"{name}=") and row.endswith(LEFT) for row in TYPES["ACCOUNT_KEYS"])
