"""Looks through the scripts with luacheck, as they are put together: `python -m tests.luacheck`.

Skipped where luacheck is not installed (Debian: lua-check), but for CI, which must have it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.redis.scripts import Script, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plexsend.outbox.redis.pieces import Part

_GLOBALS = ("redis", "cjson", "KEYS", "ARGV")
_SHADOWING = "431"
"""Shared parts name their parameters as the scripts name their arguments, and mean them."""
_UNUSED = "W211"
_LINE = re.compile(r"^[^:]*:(\d+):\d+: \((\w+)\) (.+)$")


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """What luacheck says of a line of a part."""

    part: str
    line: int
    code: str
    words: str

    def __str__(self) -> str:
        """Return the remark as compilers write theirs."""
        return f"plexsend/outbox/scripts/{self.part}.lua:{self.line}: ({self.code}) {self.words}"


def check(program: str, scripts: Mapping[Script, Sequence[Part]]) -> list[Remark]:
    """Return all remarks, each once, on scripts that are made of these parts."""
    found = {script: set(_remarks(program, pieces)) for script, pieces in scripts.items()}
    holders = Counter(part.name for pieces in scripts.values() for part in pieces)
    said = Counter(remark for remarks in found.values() for remark in remarks)
    # What one script does not need of a part may be what another needs it for.
    return sorted(
        remark for remark, times in said.items() if remark.code != _UNUSED or times == holders[remark.part]
    )


def _remarks(program: str, pieces: Sequence[Part]) -> Iterator[Remark]:
    # What Redis reads as the script's kind is no Lua.
    text = "\n".join(part.text for part in pieces).replace("#!", "--", 1)
    ran = subprocess.run(
        [
            program, "-", "--std", "lua51", "--globals", *_GLOBALS, "--ignore", _SHADOWING,
            "--no-max-line-length", "--codes", "--formatter", "plain", "--no-config", "--no-cache",
        ],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    places = list(_places(pieces))
    for line in ran.stdout.splitlines():
        place, code, words = _LINE.fullmatch(line).groups()  # type: ignore[union-attr]  # of its own making
        part, number = places[int(place) - 1]
        yield Remark(part, number, code, words)
    if ran.returncode and not ran.stdout:
        raise RuntimeError(f"luacheck failed: {ran.stderr.strip()}")


def _places(pieces: Iterable[Part]) -> Iterator[tuple[str, int]]:
    """Yield the part and the line in it of each line of a whole script."""
    for part in pieces:
        for number, _ in enumerate(part.text.split("\n"), 1):
            yield part.name, number


def main() -> int:
    """Check the scripts of this tree; returns the status to exit with."""
    program = shutil.which("luacheck")
    if program is None:
        needed = bool(os.environ.get("CI"))
        words = "is missing" if needed else "is not installed, so the Lua scripts are not checked"
        print(f"luacheck {words}. On Debian: apt-get install lua-check")  # noqa: T201  what it is for
        return int(needed)
    remarks = check(program, {script: parts(script) for script in Script})
    for remark in remarks:
        print(remark)  # noqa: T201  the same
    if not remarks:
        print("luacheck: nothing to remark on the Lua scripts")  # noqa: T201  the same
    return int(bool(remarks))


if __name__ == "__main__":
    sys.exit(main())
