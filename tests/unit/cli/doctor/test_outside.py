"""What the broker, the gateway and the fleet answered, a row each."""

from __future__ import annotations

import pytest

from plexsend.cli.doctor.outside import broker_rows, gateway_rows
from plexsend.cli.doctor.rows import Grade
from plexsend.cli.doctor.serving import serving_rows
from plexsend.gateway.http.handshake import Handshake
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
    ("hands", "sends", "grade"),
    [
        (Handshake(protocol="TLSv1.3", ends_s=NOW_S + 90 * DAY_S), True, Grade.OK),
        (Handshake(protocol="TLSv1.3", ends_s=NOW_S + 3 * DAY_S), True, Grade.DOUBTFUL),
        (Handshake(), True, Grade.OK),
        (Handshake("its name is not found"), True, Grade.WRONG),
        (Handshake("its name is not found"), False, Grade.DOUBTFUL),
    ],
)
def test_an_address_of_the_gateway(hands: Handshake, *, sends: bool, grade: Grade) -> None:
    (row,) = gateway_rows({"https://plex.example": hands}, now_s=NOW_S, sends=sends)
    assert row.grade is grade
    assert "https://plex.example" in row.found


def test_what_waits_without_a_worker_is_named_with_what_to_type() -> None:
    waiting = {("mms-bulk", "main"): 3, ("mms-finance", "main"): 1, ("mms-finance", "shop"): 0}
    (row,) = serving_rows(waiting, {("mms-bulk", "main")})
    assert row.grade is Grade.WRONG
    assert "mms-finance of account main: 1 message waits" in row.found
    assert "plexsend worker -Q mms-finance" in row.remedy


def test_with_workers_for_all_that_waits_nothing_is_the_matter() -> None:
    (row,) = serving_rows({("mms-bulk", "main"): 3}, {("mms-bulk", "main")})
    assert row.grade is Grade.OK
