"""What living workers disagree about is named, with who says what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plexsend.outbox.fleet import Announcement, FleetProcess
from plexsend.outbox.form import OLD_FORM
from plexsend.outbox.policies.in_force import Agreed, PersonsValue
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.disagreements import disagreements

BASE = Announcement(
    host="web1",
    pid=7,
    version="0.3.0",
    form=2,
    since_ms=1,
    services=("mms-bulk",),
    threads=16,
    asks={"mms-bulk": {"rate_per_s": "20"}},
    secrets={"main": "aaaa"},
    urls={"mms": "https://x.example"},
)


def process(pid: int, *, silent_ms: int = 0, **changed: Any) -> FleetProcess:
    return FleetProcess(f"p{pid}", replace(BASE, pid=pid, **changed), silent_ms)


def test_those_that_say_the_same_agree() -> None:
    assert disagreements([process(7), process(8)]) == []


def test_an_ask_that_only_one_makes_is_not_a_disagreement() -> None:
    assert disagreements([process(7), process(8, asks={})]) == []


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (
            {"asks": {"mms-bulk": {"rate_per_s": "10"}}},
            "rate_per_s of mms-bulk: web1 pid 7 asks for 20; web1 pid 8 asks for 10",
        ),
        (
            {"urls": {"mms": "http://127.0.0.1:1"}},
            "the gateway's address of mms: web1 pid 8 uses http://127.0.0.1:1; web1 pid 7 uses https://x.example",
        ),
        (
            {"secrets": {"main": "bbbb"}},
            "the secret of account main: web1 pid 7 has secret A; web1 pid 8 has secret B",
        ),
        ({"number_key": "cccc"}, "PLEXSEND_NUMBER_KEY: web1 pid 7 has none; web1 pid 8 has key B"),
    ],
)
def test_who_says_what_is_named_and_no_fingerprint(changed: dict[str, Any], text: str) -> None:
    (found,) = disagreements([process(7), process(8, **changed)])
    sides = text.partition(": ")[2].split("; ")
    assert (found.what, sorted(found.text.partition(": ")[2].split("; "))) == (
        text.partition(": ")[0],
        sorted(sides),
    )
    assert not any(fingerprint in found.text for fingerprint in ("aaaa", "bbbb", "cccc"))


def test_the_many_come_first_and_are_not_all_named() -> None:
    (found,) = disagreements(
        [process(9, asks={"mms-bulk": {"rate_per_s": "10"}}), *(process(pid) for pid in range(1, 6))]
    )
    assert found.text.startswith(
        "rate_per_s of mms-bulk: web1 pid 1, web1 pid 2, web1 pid 3 and 2 more asks for 20; "
    )
    assert found.seen_by("web1 pid 1") == "rate_per_s of mms-bulk: web1 pid 9 asks for 10"
    assert found.seen_by("web9 pid 1") == ""


@pytest.mark.parametrize("where", [Where("mms-bulk"), Where()])
def test_what_a_person_set_for_the_fleet_settles_it(where: Where) -> None:
    apart = [process(7), process(8, asks={"mms-bulk": {"rate_per_s": "10"}})]
    agreed = Agreed(set_values={(where, "rate_per_s"): PersonsValue("15", "kim", "new contract", 1)})
    assert disagreements(apart, agreed) == []
    elsewhere = Agreed(set_values={(Where("mms-finance"), "rate_per_s"): PersonsValue("15", "kim", "n", 1)})
    assert len(disagreements(apart, elsewhere)) == 1


@pytest.mark.parametrize("gone", [{"silent_ms": 6_000}, {"form": OLD_FORM}])
def test_those_that_are_gone_or_older_take_no_part(gone: dict[str, Any]) -> None:
    assert disagreements([process(7), process(8, secrets={"main": "bbbb"}, **gone)]) == []


def test_another_folder_of_campaigns_is_a_disagreement_of_those_that_feed() -> None:
    feeding = [process(pid, feeds=True, folder=folder) for pid, folder in ((7, "ab"), (8, "ab"), (9, "cd"))]
    (found,) = disagreements([*feeding, process(10, folder="ef"), process(11, feeds=True)])
    assert found.text == (
        "PLEXSEND_CAMPAIGN_DIR: web1 pid 7, web1 pid 8 sees folder A; web1 pid 9 sees folder B"
    )
    lame = process(9, feeds=True, folder="cannot use it: Permission denied")
    (found,) = disagreements([feeding[0], lame])
    assert "web1 pid 9 cannot use it: Permission denied" in found.text
