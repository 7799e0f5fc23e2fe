"""Causes in an account: its credit, and what the law asks of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.rehearsal.causes_gateway import answer, well_again
from tests.rehearsal.scenes import Scene

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage

_WHO = "010-9999-0001"


def _refuse(stage: Stage) -> None:
    stage.fleet.must("suppress", "add", _WHO, "--kind", "ads", "--reason", "by phone")


def _tell(stage: Stage) -> None:
    stage.fleet.must("suppress", "told", _WHO)


SCENES = (
    Scene(
        ("PlexsendOutOfCredit",),
        "the gateway answers G150",
        "it accepts, after a top-up, and plexsend resume",
        partial(answer, answer="credit"),
        well_again,
    ),
    Scene(
        ("PlexsendRefusalsUnanswered",),
        "somebody refuses advertisements, and nobody answers",
        "plexsend suppress told",
        _refuse,
        _tell,
    ),
)
