"""The types of keys are those of the dictionary in dictionary.py."""

from __future__ import annotations

import re

import pytest

from plexsend.outbox.redis import dictionary
from plexsend.outbox.redis.key_types import (
    OF_ACCOUNT,
    OF_BUCKET,
    OF_DAY,
    OF_FLEET,
    OF_IMPORT,
    OF_LANE,
    OF_MESSAGE,
    OF_READER,
    OF_RUN,
    OF_SERVICE,
    is_begun_anew,
    type_in_account,
)

_ROW = re.compile(r"^p ?(\S.*?) +(string|hash|set|zset|list|stream)\b", re.MULTILINE)
NOT_HELD_TO = {("{a}:procs", "zset")}
"""Of one type while older programs are there, and of another on purpose then."""


def rows() -> set[tuple[str, str]]:
    """Return name and type of each row of the dictionary."""
    return set(_ROW.findall(dictionary.__doc__ or ""))


def test_every_key_of_the_dictionary_has_its_type() -> None:
    """A new key needs its row in key_types.py: audit names what another program puts in its place."""
    known = {
        *OF_FLEET.items(),
        *((f"{{a}}:{name}", kind) for name, kind in OF_ACCOUNT.items()),
        *((f"{{a}}:<service>:{name}", kind) for name, kind in OF_SERVICE.items()),
        *((f"{{a}}:{name}:<msg_key>", kind) for name, kind in OF_MESSAGE.items()),
        *((f"{{a}}:{name}:<name>", kind) for name, kind in OF_IMPORT.items()),
        *((f"{{a}}:{name}:<day>", kind) for name, kind in OF_DAY.items()),
        *((f"{{a}}:{name}:<name>", kind) for name, kind in OF_READER.items()),
        *((f"{{a}}:{name}:<n>", kind) for name, kind in OF_BUCKET.items()),
        *((f"{{a}}:{name}:<group>", kind) for name, kind in OF_RUN.items()),
        *((f"{{a}}:<lane>:{name}", kind) for name, kind in OF_LANE.items()),
    }
    # What is a route's is written so in the dictionary, and is a lane's name too.
    written = {(name.replace("<route>", "<lane>"), kind) for name, kind in rows()}
    assert len(written) > 40
    assert written - NOT_HELD_TO == known


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("m:a:b", "hash"),
        ("b:x@main:ready", "string"),
        ("import:today.csv", "hash"),
        ("readers:billing", "hash"),
        ("replay:billing", "stream"),
        ("suppressed:16383", "hash"),
        ("wake:routes", "set"),
        ("stats:20261128", "hash"),
        ("stats:spring", None),
        ("mms-bulk@main:ready", "zset"),
        ("rcs-mms-bulk.RMM/spring~2@main:counts", "hash"),
        ("mms-bulk@main:wake:held", "zset"),
        ("mms-bulk:rate", "string"),
        ("run:spring~2", "hash"),
        ("fates:spring~2", "string"),
        ("live", "set"),
        ("mms-bulk:line:groups", "zset"),
        ("procs", None),
        ("something", None),
        ("mms-bulk@main:something", None),
        ("m:", None),
    ],
)
def test_type_follows_from_the_name(name: str, kind: str | None) -> None:
    assert type_in_account(name) == kind


@pytest.mark.parametrize(
    ("name", "anew"),
    [
        ("{main}:mms-bulk@main:ready", True),
        ("{main}:wake", True),
        ("{main}:holds", False),
        ("{main}:lanes", False),
        ("{main}:m:k", False),
        ("{main}:run:spring~2", False),
        ("{main}:due", False),
        ("alive", True),
        ("lanes", False),
        ("policy", False),
    ],
)
def test_what_decides_is_not_begun_anew(name: str, *, anew: bool) -> None:
    assert is_begun_anew(name) is anew
