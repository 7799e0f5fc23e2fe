"""What a lying wire does to the commands that it carries: which it loses, doubles or keeps back."""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, auto

from tests.chaos.proxy_resp import write_command

BELL_MODES = ("pass", "lose", "double", "delay", "stale")

# A queue of Celery under any prefix, of any priority; queues for replies to remote control have dots.
_BELL_KEY = re.compile(rb"(?:.*:)?celery:[a-z][a-z-]*(?:\x06\x16\d+)?", re.DOTALL)


class Fate(Enum):
    """What becomes of a command."""

    FORWARD = auto()
    RESET = auto()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of one command.

    Attributes:
        fate: RESET ends the connection before the server sees the command.
        instead: What is forwarded in the command's place; None for the command itself.
        sha: The script whose reply may have to be lost.
        later: A doorbell to ring after the time of `Bells.delay_s`.
    """

    fate: Fate = Fate.FORWARD
    instead: bytes | None = None
    sha: str | None = None
    later: Bell | None = None


@dataclass(frozen=True, slots=True)
class Bell:
    """A doorbell that was kept from the server."""

    db: bytes
    command: bytes


@dataclass(slots=True)
class Talk:
    """What the commands of one connection have set."""

    db: bytes = b"0"
    in_multi: bool = False


@dataclass(slots=True)
class Bells:
    """What is done to the doorbells that the dice choose."""

    mode: str = "pass"
    share: float = 1.0
    delay_s: float = 1.0
    dice: random.Random = field(default_factory=lambda: random.Random(0))


_PASS = Ruling()


@dataclass
class Rules:
    """What stands, and how often what was done."""

    bells: Bells = field(default_factory=Bells)
    lose_reply: Counter[str] = field(default_factory=Counter)
    """Script → how many of its replies are still to be lost."""
    lose_request: Counter[str] = field(default_factory=Counter)
    kept: list[Bell] = field(default_factory=list)
    """The stale doorbells, oldest first."""
    done: Counter[str] = field(default_factory=Counter)
    replies_lost: Counter[str] = field(default_factory=Counter)
    requests_lost: Counter[str] = field(default_factory=Counter)

    def judge(self, parts: list[bytes], talk: Talk) -> Ruling:
        """Return what becomes of a command, and note what it sets for those after it."""
        self.done["commands"] += 1
        name = parts[0].upper() if parts else b""
        if name == b"LPUSH" and len(parts) > 2 and _BELL_KEY.fullmatch(parts[1]):
            return self._judge_bell(parts, talk)
        if name in {b"EVALSHA", b"EVAL"}:
            return self._judge_script(name, parts, talk)
        if name == b"SELECT" and len(parts) > 1:
            talk.db = parts[1]
        elif name == b"MULTI":
            talk.in_multi = True
        elif name in {b"EXEC", b"DISCARD"}:
            talk.in_multi = False
        return _PASS

    def take_reply(self, sha: str) -> bool:
        """Tell whether this reply of a script is to be lost; then it counts as lost."""
        if not self.lose_reply[sha]:
            return False
        self.lose_reply[sha] -= 1
        self.replies_lost[sha] += 1
        return True

    def calm(self) -> None:
        """Let nothing stand; the stale doorbells stay."""
        self.bells = Bells()
        self.lose_reply.clear()
        self.lose_request.clear()

    # The order of the replies keeps: the client gets its number from the server, from a command that does no
    # harm, and two rings are one command. In a transaction, too, each is queued and answered like the push.
    def _judge_bell(self, parts: list[bytes], talk: Talk) -> Ruling:
        self.done["bells_seen"] += 1
        bells = self.bells
        if bells.mode == "pass" or bells.dice.random() >= bells.share:
            return _PASS
        self.done[f"bells_{bells.mode}"] += 1
        if bells.mode == "double":
            return Ruling(instead=write_command([*parts, *parts[2:]]))
        bell = Bell(talk.db, write_command(parts))
        length = write_command([b"LLEN", parts[1]])
        if bells.mode == "delay":
            return Ruling(instead=length, later=bell)
        if bells.mode == "stale":
            self.kept.append(bell)
        return Ruling(instead=length)

    # In a transaction the reply is no reply of the script.
    def _judge_script(self, name: bytes, parts: list[bytes], talk: Talk) -> Ruling:
        if talk.in_multi or len(parts) < 2 or not (self.lose_reply or self.lose_request):
            return _PASS
        if name == b"EVAL":
            sha = hashlib.sha1(parts[1], usedforsecurity=False).hexdigest()
        else:
            sha = parts[1].decode("latin-1").lower()
        if self.lose_request[sha] > 0:
            self.lose_request[sha] -= 1
            self.requests_lost[sha] += 1
            return Ruling(fate=Fate.RESET)
        return Ruling(sha=sha) if self.lose_reply[sha] > 0 else _PASS
