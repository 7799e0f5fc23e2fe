"""Causes in what comes back: receipts, and those who hear of results."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.rehearsal.scenes import Scene

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage

_LATE_S = 1_200
_STRANGERS = 150


def _order(stage: Stage, **orders: object) -> None:
    stage.order(**orders)


def _silence(stage: Stage) -> None:
    stage.order(receipts_to="")


def _speak(stage: Stage) -> None:
    stage.order(receipts_to=stage.receipts_url())


def _post_strangers(stage: Stage) -> None:
    stage.order(strangers=_STRANGERS)


def _stop_reader(stage: Stage) -> None:
    stage.fleet.stop("archive-1")


def _start_reader(stage: Stage) -> None:
    stage.fleet.start("archive")
    stage.fleet.wait_well("archive-1")


SCENES = (
    Scene(
        ("PlexsendManyUndelivered",),
        "receipts say of every message that it was not delivered (G410)",
        "they say delivered",
        partial(_order, receipts_code="G410"),
        partial(_order, receipts_code="0"),
    ),
    Scene(
        ("PlexsendReceiptsLate",),
        "receipts name a time of delivery twenty minutes ago",
        "they come in time",
        partial(_order, receipts_said_late_s=_LATE_S),
        partial(_order, receipts_said_late_s=0),
    ),
    Scene(
        ("PlexsendReceiptsSilent",),
        "the gateway accepts messages, and posts no receipts",
        "it posts",
        _silence,
        _speak,
    ),
    Scene(
        ("PlexsendReceiptsRefused",),
        f"{_STRANGERS} receipts of messages that nobody knows",
        "none more come",
        _post_strangers,
    ),
    Scene(
        ("PlexsendReaderBehind",),
        "`plexsend archive --follow` is stopped",
        "it runs again and catches up",
        _stop_reader,
        _start_reader,
        rate_per_s=80,
    ),
)
