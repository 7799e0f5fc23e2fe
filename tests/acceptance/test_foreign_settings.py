"""Variables of Celery in the environment of real processes: ignored, and named once."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from plexsend.settings.foreign import FOREIGN
from tests.acceptance.stand import CELERY

if TYPE_CHECKING:
    from tests.acceptance.conftest import MakeStand

NOWHERE = "redis://127.0.0.1:1/0"
WRONG = {name: NOWHERE if name.endswith("URL") or "BACKEND" in name else "no.such.module" for name in FOREIGN}

# Those of its command line take the place of the others, so each sort is tried by itself.
GROUPS = (
    [name for name in FOREIGN if name.startswith("CELERY")],
    [name for name in FOREIGN if not name.startswith("CELERY")],
)


def test_workers_beat_and_commands_of_one_fleet_meet_at_its_broker_whatever_celery_reads(
    valkey_url: str, make_stand: MakeStand
) -> None:
    stand = make_stand(valkey_url, "main")
    # `plexsend worker` and `celery -A worker worker` are the same process, loaded in two ways.
    wrong = stand.environ(**WRONG)
    first = stand.launch_plexsend("worker", "-n", "first@stand", "-Q", "mms-bulk", environ=wrong)
    second = stand.launch("worker", "-l", "INFO", "-n", "second@stand", "-Q", "sms-verify", environ=wrong)
    beat = stand.launch_plexsend("beat", environ=wrong)
    for worker in (first, second):
        worker.wait_for(" ready.")
    asked = [
        subprocess.Popen(
            [str(CELERY), "-A", "worker", "inspect", "-d", "first@stand,second@stand", "-t", "20", "ping"],
            cwd=stand.folder,
            env=stand.environ(**{name: WRONG[name] for name in names}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for names in GROUPS
    ]
    for names, process in zip(GROUPS, asked, strict=True):
        out, err = process.communicate(timeout=60)
        assert "first@stand: OK" in out, (names, err)
        assert "second@stand: OK" in out, names
        for name in names:
            assert err.count(f"plexsend: {name} is Celery's, and is ignored") == 1, err

    lane = stand.submit("mms-bulk", ["k1"])
    stand.wait_states({"accepted": 1}, lane)
    for worker in (first, second, beat):
        worker.wait_for("setting=CELERY_LOADER")
        for name in FOREIGN:
            assert worker.words.count(f"setting={name} ") == 1, (name, worker.words)
