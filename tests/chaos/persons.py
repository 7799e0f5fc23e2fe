"""What persons do during a run: commands of plexsend, called until they succeed, and what was answered."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

from redis import Redis

from tests.chaos.evidence import DailyLimit, GroupAct
from tests.chaos.in_force import SetValue
from tests.chaos.law import Refusals
from tests.chaos.load import ACCOUNTS, LANE_OF_CODE, NAME, ONCE_A_DAY, REFUSAL_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tests.chaos.law import Refusal
    from tests.chaos.world import World

_COMMAND_S = 60.0
_ANSWERED_WITHIN_S = 30.0
_AGAIN_S = 0.3
_REASON = ("--reason", "chaos")


@dataclass
class Persons:
    """The persons of a world; what they did is evidence."""

    world: World
    group_acts: list[GroupAct] = field(default_factory=list)
    set_values: list[SetValue] = field(default_factory=list)
    daily_limits: list[DailyLimit] = field(default_factory=list)
    refusals: Refusals = field(default_factory=Refusals)
    once_a_day_since: float = inf

    def ask(self, *arguments: str) -> dict[str, Any] | None:
        """Call a command until Redis lets it answer; returns its last line as data, None where it never does.

        What it refuses is an answer too: a person who asks again, since the first answer was lost, may hear
        that there is nothing left to do.
        """
        until = time.monotonic() + _ANSWERED_WITHIN_S
        while True:
            done = subprocess.run(
                self.world.plexsend(*arguments, "--json"),
                cwd=self.world.folder,
                env=self.world.environ(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_COMMAND_S,
                check=False,
            )
            self._log(arguments, done)
            lines = [
                json.loads(line) for line in (done.stderr + done.stdout).splitlines() if line.startswith(b"{")
            ]
            said: dict[str, Any] = lines[-1] if lines else {}
            if done.returncode == 0 or said.get("error", {}).get("kind") == "refused":
                return said
            if time.monotonic() > until:
                return None
            time.sleep(_AGAIN_S)

    def cancel_group(self, account: str, group: str) -> dict[str, Any] | None:
        """Cancel a group, which closes it."""
        return self._act("close", account, group, "cancel", f"group:{group}", "--yes", *_REASON)

    def open_group(self, account: str, group: str) -> None:
        """Resume a group: whatever holds it ends, and it is open."""
        self._act("open", account, group, "resume", f"group:{group}")

    def pause_group(self, account: str, group: str) -> None:
        """Pause a group."""
        self._act("pause", account, group, "pause", f"group:{group}", *_REASON)

    def put_off_group(self, account: str, group: str, seconds: float) -> dict[str, Any] | None:
        """Give what waits in a group a time to come."""
        due = time.time() + seconds
        moment = datetime.fromtimestamp(due, UTC).isoformat(timespec="milliseconds")
        words = ("reschedule", f"group:{group}", moment)
        return self._act("reschedule", account, group, *words, due_at=due)

    def begin_advertising(self) -> None:
        """Say what advertisements carry, and that one account sends a number one a day."""
        for account in ACCOUNTS:
            self.set_policy(f"@{account}", "sender_name", NAME)
            self.set_policy(f"@{account}", "refusal_number", REFUSAL_NUMBER)
        self.once_a_day_since = self.set_policy(f"@{ONCE_A_DAY}", "ad_gap_days", "1").answered_at

    def suppress(self, account: str, numbers: Collection[str], kind: str, *scope: str) -> list[Refusal]:
        """Suppress numbers."""
        found = self.refusals.add(account, numbers, kind, time.time())
        words = ("suppress", "add", *numbers, "--kind", kind, *scope, "--account", account, *_REASON)
        if self.ask(*words) is not None:
            for each in found:
                each.answered_at = time.time()
        return found

    def take_back(self, account: str, refusals: Collection[Refusal]) -> None:
        """Let numbers be written to again, whatever was suppressed."""
        numbers = {each.number for each in refusals}
        every = [each for number in numbers for each in self.refusals.of(account, number)]
        for each in every:
            each.taken_back_at = min(each.taken_back_at, time.time())
        if numbers and self.ask("suppress", "remove", *sorted(numbers), "--account", account) is not None:
            for each in every:
                each.gone_at = min(each.gone_at, time.time())

    def requeue(self, lane: str, account: str) -> int:
        """Send the dead letters of a lane again; returns how many."""
        said = self.ask("dead", "requeue", "--lane", lane, "--account", account)
        return int((said or {}).get("requeued", 0))

    def open_hours(self) -> None:
        """Take back what was said of quiet hours."""
        for each in self.set_values:
            if each.name == "quiet_hours":
                self.unset_policy(each)

    def settle_rewound(self, as_: str) -> dict[str, Any] | None:
        """Decide about what Redis forgot, in all accounts."""
        return self.ask("rewound", "settle", "--as", as_, "--yes")

    def set_policy(self, where: str, name: str, value: str) -> SetValue:
        """Set a policy, in place of what was set there before."""
        each = SetValue(where, name, value, time.time())
        before = [
            old for old in self.set_values if (old.where, old.name, old.end_asked_at) == (where, name, inf)
        ]
        for old in before:
            old.end_asked_at = each.asked_at
        self.set_values.append(each)
        if self.ask("policy", "set", where, f"{name}={value}", *_REASON) is not None:
            each.answered_at = time.time()
            for old in before:
                old.ended_at = each.answered_at
        return each

    def unset_policy(self, each: SetValue) -> None:
        """Take back what was set, unless something else was set there since."""
        if each.end_asked_at == inf:
            each.end_asked_at = time.time()
            if self.ask("policy", "unset", each.where, each.name) is not None:
                each.ended_at = time.time()

    def _act(
        self, act: str, account: str, group: str, *arguments: str, due_at: float = 0.0
    ) -> dict[str, Any] | None:
        asked_at = time.time()
        said = self.ask(*arguments, "--account", account)
        # Read first: what a worker settles before that has arrived by then.
        in_hand = self._in_hand(account, group)
        answered_at = inf if said is None else time.time()
        self.group_acts.append(GroupAct(account, group, act, asked_at, answered_at, in_hand, due_at))
        return said

    def _in_hand(self, account: str, group: str) -> frozenset[str]:
        found: set[str] = set()
        for lane in LANE_OF_CODE.values():
            if (lane.account, lane.held_as) == (account, group):
                name = self.world.key(account, f"{lane.name}:sending")
                read: Callable[[Redis], Any] = partial(Redis.zrange, name=name, start=0, end=-1)
                found |= {key.decode() for key in self.world.valkey.patiently(read)}
        return frozenset(found)

    def _log(self, arguments: tuple[str, ...], done: subprocess.CompletedProcess[bytes]) -> None:
        # Of a number no log may show any digit.
        words = ["NUMBER" if word.isdigit() or word.startswith("sender:") else word for word in arguments]
        head = f"{time.time():.3f} plexsend {' '.join(words)} → {done.returncode}\n".encode()
        with (self.world.folder / "persons.log").open("ab") as file:
            file.write(head + (b"" if arguments[0] == "suppress" else done.stdout + done.stderr))
