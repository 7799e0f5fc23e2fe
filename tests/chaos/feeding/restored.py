"""Valkey is put back to a copy of its file older than 30 s while a campaign is fed and sent: nobody has two.

The gateway accepts a key again, so that a message that goes twice is seen twice. A person decides what Redis
forgot, and the run goes on. Then all that it has sent is archived and its records are removed, it goes on
once more, is cancelled, archived again, and another run asks for the rest of it.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from plexsend.campaigns import steering
from plexsend.outbox.runs.states import RunState
from tests.chaos.feeding.field import Field, TooLong
from tests.chaos.feeding.judge import judge_report
from tests.chaos.feeding.ledger import read_ledger
from tests.integration.campaigns.sending import DEFINITION, make_run, number_of, read, with_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.outbox.runs.run import Run

RATE = 300
"""Messages a second."""
_AHEAD = 1.5
"""With odd seeds the service has the rate, and the run is fed so many times as fast."""
_OLD_S = (31.0, 36.0)
_BEFORE_COPY_S = (1.0, 4.0)
_HELD_QUIET_S = 6.0
"""Nothing may go while a person is to decide."""
_GOES_ON_S = (4.0, 8.0)
_KEEP_DAYS = "0.0001"
_WHY = ("--reason", "tried out")
_REST = """name = "rest"
service = "sms-standard"
from = "02-2345-6789"
text = "#{이름}님 다시 안내드립니다"
[mapping]
receiver_number = "휴대폰번호"
"""


def play(folder: Path, rows: int, seed: int, say: Callable[[str], None]) -> list[str]:
    """Restore a copy under a run, and send the rest of it; return what is wrong."""
    chance = random.Random(seed)
    field = Field(folder, knows_keys=False, beats=1)
    archive = folder / "archive"
    try:
        field.gateway.wait_ready()
        is_fed_ahead = bool(seed % 2)
        if is_fed_ahead:
            field.command("policy", "set", DEFINITION.service, f"rate_per_s={RATE}", *_WHY)
        feeds_s = round(RATE * _AHEAD) if is_fed_ahead else RATE
        run = make_run(field.store, field.root, rows, definition=with_rate(feeds_s))
        _restore(field, run, chance, say)
        wrong = [*_held(field, run)]
        settled = field.command("rewound", "settle", "--as", "sent", "--yes")["settled"]
        now = read(field.store, run.group)
        say(f"  {settled} messages settled as sent; {now.why}")
        steering.resume(field.store, run)
        _send_on(field, chance)
        steering.pause(field.store, run, by="kim")
        _archive_all(field, run, archive, say)
        steering.resume(field.store, run)
        _send_on(field, chance)
        steering.cancel(field.store, run, field.root, by="kim")
        _archive_all(field, run, archive, say)
        wrong += judge_report(field, read(field.store, run.group), read_ledger(field.ledger), archive=archive)
        _ask_for_the_rest(field, say)
        wrong += _judge(field, run, archive, say)
    except TooLong as exc:
        return [str(exc)]
    finally:
        field.end()
    return wrong


def _restore(field: Field, run: Run, chance: random.Random, say: Callable[[str], None]) -> None:
    field.wait_until(lambda: field.requests() > 0, "nothing is sent")
    time.sleep(chance.uniform(*_BEFORE_COPY_S))
    copy, copied_s = field.valkey.copy(), time.time()
    fed = read(field.store, run.group).fed
    time.sleep(chance.uniform(*_OLD_S))
    sent = len(read_ledger(field.ledger).asked)
    since = read(field.store, run.group).fed
    field.valkey.restore(copy)
    say(
        f"  a copy that was {time.time() - copied_s:.0f} s old restored: row {fed:,} for {since:,}, "
        f"{sent:,} messages were sent"
    )


def _held(field: Field, run: Run) -> Iterator[str]:
    holds = f"{field.store.keys.account('main')}holds"
    field.wait_until(
        lambda: bool(field.store.client.hexists(holds, "account rewound main")), "nothing is held"
    )
    before = field.requests()
    time.sleep(_HELD_QUIET_S)
    if (since := field.requests()) != before:
        yield f"{since - before} requests while a person was to decide"
    # It is fed no more either where files know of rows that Redis does not.
    if (now := read(field.store, run.group)).state not in (RunState.PAUSED, RunState.RUNNING):
        yield f"it is {now.state}: {now.why}"


def _send_on(field: Field, chance: random.Random) -> None:
    before = field.requests()
    field.wait_until(lambda: field.requests() > before, "it does not go on")
    time.sleep(chance.uniform(*_GOES_ON_S))


def _archive_all(field: Field, run: Run, archive: Path, say: Callable[[str], None]) -> None:
    """Archive what has ended, and let its records go."""
    client, keys = field.store.client, field.store.keys
    ended = f"{keys.account('main')}ended"
    # What is being sent ends first.
    field.wait_until(lambda: not list(client.scan_iter("*:sending", count=5_000)), "requests are under way")
    field.command("archive", str(archive))
    field.command("policy", "set", "all", f"keep_days={_KEEP_DAYS}", *_WHY)
    field.wait_until(lambda: not client.llen(ended), "records are not removed", within_s=180.0)
    field.command("policy", "unset", "all", "keep_days")
    pattern = f"{keys.record('main', run.id)}-*"
    left = sum(1 for _ in client.scan_iter(pattern, count=5_000))
    say(f"  archived and removed; {left} records wait")


def _ask_for_the_rest(field: Field, say: Callable[[str], None]) -> None:
    path = field.folder / "rest.toml"
    path.write_text(_REST, "utf-8")
    created = field.command(
        "campaign", "create", str(path), "--from-run", "spring", "--only", "unsent", "--yes"
    )
    field.command("campaign", "start", "rest")
    run = read(field.store, "rest~1")
    say(f"  the rest: {run.rows:,} rows; {created.get('left')}")
    until_done = 60.0 + 3 * run.rows / RATE
    field.wait_until(
        lambda: read(field.store, run.group).state is RunState.DONE,
        "the rest is not done",
        within_s=until_done,
    )


def _judge(field: Field, run: Run, archive: Path, say: Callable[[str], None]) -> Iterator[str]:
    told = read_ledger(field.ledger)
    twice = told.twice
    if twice:
        yield f"{len(twice)} people were written to twice, such as row {int(twice[0][3:]) - 20_000_000}"
    unknown = {number_of(row) for row in range(run.rows)} - set(told.accepted_to)
    facts = field.command("campaign", "report", run.written, "--lang", "en", "--archive", str(archive))
    decided = sum(code["rows"] for code in facts["codes"] if code["code"] == "PERSON")
    lost = facts["fates"]["lost"]
    say(
        f"  of {run.rows:,} people {len(twice)} have two and {len(unknown)} nothing: "
        f"{lost} rows are lost from sight, {decided} were settled as sent"
    )
    if len(unknown) > lost + decided:
        yield f"{len(unknown)} people had nothing, and {lost + decided} rows are not known"
