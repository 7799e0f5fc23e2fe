"""Causes at the gateway: what it answers, how late, and its certificate."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from tests.rehearsal.scenes import Scene

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage

_SLOW_S = 8.0
_PARKED = "mms-finance"


def _slow(stage: Stage) -> None:
    stage.order(delay_s=_SLOW_S)
    stage.burst(1_500)


def _well(stage: Stage) -> None:
    stage.accept_all()


def answer(stage: Stage, *, answer: str, share: float = 1.0) -> None:
    """Let the gateway answer so, from now on."""
    stage.order(answer=answer, share=share)


def well_again(stage: Stage) -> None:
    """Let the gateway be well, and resume what waits for a person."""
    stage.accept_all()
    # What a person does who has mended it: lanes with a fault wait for that.
    for line in stage.fleet.must("holds", "--json", allow=(0, 1)).splitlines():
        hold = json.loads(line)
        if hold.get("reason") in {"fault", "credit"}:
            stage.fleet.must("resume", f"{hold['scope']}:{hold['what']}", allow=(0, 1))


def _park(stage: Stage) -> None:
    stage.fleet.must("policy", "set", f"{_PARKED}@main", "on_uncertain=park", "--reason", "rehearsal")
    stage.order(answer="reset", share=1.0)
    stage.burst(3, _PARKED)
    stage.wait(lambda: stage.counts()["uncertain"] > 0, "a message may have been sent")
    stage.accept_all()


def _settle(stage: Stage) -> None:
    for line in stage.fleet.must("uncertain", "list", "--json", allow=(0, 1)).splitlines():
        key = json.loads(line)["msg_key"]
        # The gateway's own list has it: it had accepted them, and its answer was lost.
        stage.fleet.must("uncertain", "settle", key, "accepted")
        stage.settled.add(key)


def _end_certificate(stage: Stage) -> None:
    _renew(stage, 10)


def _renew(stage: Stage, days: int) -> None:
    stage.order(certificate=str(stage.authority.issue(days)))
    # Workers look at their start, and once a day.
    stage.fleet.stop("worker-mms-1")
    stage.fleet.start("worker-mms")
    stage.fleet.wait_well("worker-mms-1")


SCENES = (
    Scene(
        ("PlexsendGatewaySlow", "PlexsendAllThreadsBusy", "PlexsendNothingEnds"),
        f"the gateway takes {_SLOW_S:g} s for each answer, and 1,500 messages come at once",
        "it answers after 100 ms",
        _slow,
        _well,
    ),
    Scene(
        ("PlexsendRequestsFail",),
        "the gateway cuts six of ten requests off, and accepts what was in them",
        "it answers",
        partial(answer, answer="reset", share=0.6),
        _well,
    ),
    Scene(
        ("PlexsendGatewayUnavailable",),
        "the gateway answers 503",
        "it answers",
        partial(answer, answer="unavailable"),
        _well,
    ),
    Scene(
        ("PlexsendLaneFault",),
        "the gateway answers 404",
        "it answers, and plexsend resume",
        partial(answer, answer="not_found"),
        well_again,
    ),
    Scene(
        ("PlexsendDeadLettersGrow",),
        "the gateway refuses every item with G140",
        "it accepts",
        partial(answer, answer="bad_item"),
        _well,
    ),
    Scene(
        ("PlexsendUnknownCodes",),
        "the gateway answers with a code that no guide names",
        "it does not any more",
        partial(answer, answer="new_code"),
        _well,
    ),
    Scene(
        ("PlexsendUncertainMessages",),
        "the gateway cuts off requests of a service whose policy is park",
        "plexsend uncertain settle, by the gateway's own list",
        _park,
        _settle,
        rate_per_s=0,
    ),
    Scene(
        ("PlexsendCertificateEnds",),
        "the gateway has a certificate that ends in ten days, as a worker sees at its start",
        "it has a new one, and a worker starts",
        _end_certificate,
        partial(_renew, days=300),
    ),
)
