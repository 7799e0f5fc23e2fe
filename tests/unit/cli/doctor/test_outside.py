"""What the broker, the gateway and the fleet answered, a row each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plexsend.cli.doctor.outside import broker_rows, gateway_rows, name_rows, upload_rows
from plexsend.cli.doctor.rows import Grade
from plexsend.cli.doctor.serving import agreement_rows, serving_rows
from plexsend.gateway.http.handshake import Handshake
from plexsend.outbox.fleet import Announcement, FleetProcess
from plexsend.outbox.reading.disagreements import disagreements
from plexsend.outbox.reading.flow import PartFacts
from plexsend.worker.broker import BrokerState

NOW_S = 1_800_000_000.0
DAY_S = 86_400


def test_a_broker_that_answers_shows_what_waits() -> None:
    (row,) = broker_rows(BrokerState({"mms-bulk": 12, "mms-finance": 0}), "redis://h:6379/0")
    assert (row.grade, row.found) == (Grade.OK, "redis://h:6379/0 answers; doorbells that wait: mms-bulk 12")


def test_a_broker_that_does_not_answer_is_wrong() -> None:
    (row,) = broker_rows(BrokerState(failure="Connection refused"), "redis://h:6379/0")
    assert row.grade is Grade.WRONG
    assert "Connection refused" in row.found


@pytest.mark.parametrize(
    ("hands", "grade"),
    [
        (Handshake(protocol="TLSv1.3", ends_s=NOW_S + 90 * DAY_S), Grade.OK),
        (Handshake(protocol="TLSv1.3", ends_s=NOW_S + 3 * DAY_S), Grade.DOUBTFUL),
        (Handshake(), Grade.OK),
        (Handshake("its name is not found"), Grade.WRONG),
    ],
)
def test_an_address_of_the_gateway(hands: Handshake, grade: Grade) -> None:
    (row,) = gateway_rows({"https://plex.example": hands}, now_s=NOW_S)
    assert row.grade is grade
    assert "https://plex.example" in row.found


OF_GATEWAY = {"mms": "https://mms.example", "rcs-mms": "https://rcs.example", "sms": "http://127.0.0.1:1"}
PICTURES = "https://pictures.example"


@pytest.mark.parametrize(
    ("url", "hands", "said"),
    [
        (PICTURES, Handshake(protocol="TLSv1.3", ends_s=NOW_S + 90 * DAY_S), [(Grade.OK, "TLSv1.3")]),
        (PICTURES, Handshake(protocol="TLSv1.3", ends_s=NOW_S + 3 * DAY_S), [(Grade.DOUBTFUL, "ends in 3")]),
        (PICTURES, Handshake("connection refused"), [(Grade.DOUBTFUL, "connection refused")]),
        ("https://mms.example", Handshake(), [(Grade.OK, "pictures go to https://mms.example")]),
        (
            "http://127.0.0.1:8080",
            Handshake(),
            [(Grade.OK, "without TLS"), (Grade.DOUBTFUL, "messages that show them to https://mms.example")],
        ),
    ],
)
def test_where_pictures_go(url: str, hands: Handshake, said: list[tuple[Grade, str]]) -> None:
    rows = list(upload_rows(url, hands, OF_GATEWAY, now_s=NOW_S))
    assert [row.grade for row in rows] == [grade for grade, _ in said]
    for row, (_, words) in zip(rows, said, strict=True):
        assert words in row.found
        assert row.what == "upload"
        assert "nothing can be sent" not in row.why


def test_a_slow_look_up_and_silent_addresses_are_named_once_for_each_host() -> None:
    hands = Handshake(protocol="TLSv1.3", host="h.example", name_s=5.01, silent=("10.0.0.9",), addresses=3)
    well = Handshake(host="other.example", name_s=0.02, addresses=2)
    slow, silent = name_rows({"https://h.example": hands, "https://h.example:8443": hands, "https://o": well})
    assert (slow.grade, slow.found) == (Grade.DOUBTFUL, "h.example: looked up in 5.0 s")
    assert "/etc/resolv.conf" in slow.remedy
    assert (silent.grade, silent.found) == (Grade.DOUBTFUL, "h.example: 1 of 3 do not answer (10.0.0.9)")


def worker(pid: int, *services: str, **changed: Any) -> FleetProcess:
    announced = Announcement("web1", pid, "0.3.0", 2, 1, services, 16, secrets={"main": "aa"})
    return FleetProcess(f"p{pid}", replace(announced, **changed), 0)


BULK = PartFacts("mms-bulk", "main", waiting=3, processes=1)


def test_what_waits_without_a_worker_is_named_with_what_to_type() -> None:
    lonely = PartFacts("mms-finance", "main", scheduled=1, unserved_because="nobody has its secret")
    (row,) = serving_rows([BULK, lonely, PartFacts("mms-bulk", "shop")])
    assert (row.grade, row.found) == (Grade.WRONG, "mms-finance of account main: 1 message waits")
    assert row.why == "nobody has its secret"
    (row,) = serving_rows([PartFacts("mms-finance", "main", waiting=1)])
    assert "plexsend worker -Q mms-finance" in row.why


def test_with_workers_for_all_that_waits_nothing_is_the_matter() -> None:
    assert [row.grade for row in serving_rows([BULK])] == [Grade.OK]
    assert [row.found for row in serving_rows([])] == ["nothing waits"]


def test_workers_that_disagree_are_doubtful_and_those_that_agree_are_counted() -> None:
    agreed = [worker(7, "mms-bulk"), worker(8, "mms-bulk")]
    (row,) = agreement_rows(agreed, disagreements(agreed))
    assert (row.grade, row.found) == (Grade.OK, "2 worker processes are alive, without disagreement")
    apart = [worker(7), worker(8, secrets={"main": "bb"})]
    (row,) = agreement_rows(apart, disagreements(apart))
    assert row.grade is Grade.DOUBTFUL
    assert "the secret of account main" in row.found
    assert "plexsend policy" not in row.remedy
    asking = [worker(7, asks={"all": {"keep_days": "3"}}), worker(8, asks={"all": {"keep_days": "9"}})]
    (row,) = agreement_rows(asking, disagreements(asking))
    assert "`plexsend policy set`" in row.remedy
    assert list(agreement_rows([], [])) == []
