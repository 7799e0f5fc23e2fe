"""Campaigns of a rehearsal: a definition and a list in files, and the commands of a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage

_DEFINITION = """\
name = "{name}"
service = "lms-bulk"
from = "02-2345-6789"
title = "봄맞이 안내"
text = "#{{이름}}님, 봄옷이 왔습니다."
recipients = "{name}.csv"
{more}
[mapping]
receiver_number = "휴대폰번호"
"""


def create(stage: Stage, name: str, rows: int, *, starts_in_s: float | None = None, more: str = "") -> None:
    """Create a campaign; with `starts_in_s` it starts by itself.

    Args:
        more: Further lines of its definition.
    """
    folder = stage.folder / "seen"
    if starts_in_s is not None:
        at = datetime.now(UTC) + timedelta(seconds=starts_in_s)
        more += f"send_at = {at:%Y-%m-%dT%H:%M:%S}+00:00\n"
    lines = [f"0108{number:07d},고객{number}" for number in range(rows)]
    (folder / f"{name}.csv").write_text("\n".join(["휴대폰번호,이름", *lines]), "utf-8")
    definition = folder / f"{name}.toml"
    definition.write_text(_DEFINITION.format(name=name, more=more), "utf-8")
    stage.fleet.must("campaign", "create", str(definition), "--yes")
