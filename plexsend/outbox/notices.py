"""What operators are notified of, and the list in which it waits in Redis until a process has posted it.

A process looks at conditions (an account is held, memory is short) and compares them with what was noted at
the last look, by whatever process. What has changed is a notice. So a notice is found whoever was there when
it happened, once; and what began while no process looked is found by the next that does.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from plexsend.errors import OutboxFull
from plexsend.outbox.redis.put import put, put_together
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plexsend.outbox.redis.store import Store

MOST_WAITING = 200
"""Events that wait; of more the oldest are dropped."""
APART_MS = 60_000
"""Between two posts about the same thing. What happens meanwhile is posted once, as it is by then."""
LEASE_MS = 30_000
"""How long a process looks and posts before another may: more than one post can take."""
_KEPT_MS = 86_400_000
"""How long it is remembered what was last posted about a thing that is over."""


class NoticeKind(StrEnum):
    """What a notice is about."""

    HOLD = "hold"
    """An account, a service or a route is held."""
    DISAGREEMENT = "disagreement"
    """Living workers say different things."""
    MEMORY = "memory"
    """Redis is filling up."""
    LIMIT = "limit"
    """Much of what may be sent today is sent."""
    CAMPAIGN = "campaign"
    """A run of a campaign stopped by itself, or no worker takes the tasks of campaigns."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that lasts and that a person should know of. Holds no number, body or secret."""

    kind: NoticeKind
    subject: str
    """What it is about; one thing has one condition."""
    state: str
    """Another state of the same subject is another notice."""
    text: str
    """What is the matter and what to do, for people."""
    over: str = ""
    """What is said once it is over; empty: nothing."""
    level: int | None = None
    """Where states matter only as they get worse: only a higher level than the one noted is a notice."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A change that waits to be posted."""

    kind: NoticeKind
    subject: str
    state: str
    """The state that began; empty: what was before is over."""
    text: str
    at_ms: int

    def to_json(self) -> str:
        """Return the notice as it waits."""
        return json.dumps(
            [str(self.kind), self.subject, self.state, self.text, self.at_ms], ensure_ascii=False
        )

    @classmethod
    def parse(cls, content: str) -> Notice:
        """Return the notice that waits; ValueError for what another program wrote."""
        try:
            kind, subject, state, words, at_ms = json.loads(content)
            return cls(NoticeKind(kind), str(subject), str(state), str(words), int(at_ms))
        except (TypeError, RecursionError) as exc:
            raise ValueError("not a notice") from exc


@dataclass(frozen=True, slots=True)
class Noted:
    """What was noted of a subject at the last look."""

    kind: NoticeKind
    state: str
    over: str
    level: int | None


def changes(
    conditions: Iterable[Condition], noted: Mapping[str, Noted], now_ms: int
) -> tuple[list[Notice], dict[str, Noted | None]]:
    """Return what has changed, and what to note now: None for a subject to forget. Pure."""
    found = {one.subject: one for one in conditions}
    notices: list[Notice] = []
    news: dict[str, Noted | None] = {}
    for subject, one in found.items():
        was = noted.get(subject)
        now = Noted(one.kind, one.state, one.over, one.level)
        if was == now:
            continue
        news[subject] = now
        if _is_notice(one, was):
            notices.append(Notice(one.kind, subject, one.state, one.text, now_ms))
    for subject, was in noted.items():
        if subject not in found:
            news[subject] = None
            if was.over:
                notices.append(Notice(was.kind, subject, "", was.over, now_ms))
    return notices, news


def _is_notice(one: Condition, was: Noted | None) -> bool:
    if one.level is not None:
        return one.level > (was.level or 0 if was is not None else 0)
    return was is None or was.state != one.state


@dataclass(frozen=True, slots=True)
class Posting:
    """What to do with the notices of one subject: post the last of them, and take all off the list."""

    notice: Notice
    waiting: tuple[Notice, ...]
    is_news: bool
    """Whether it says something else than the last post; if not, it is only taken off the list."""


def next_posting(
    waiting: Sequence[Notice], posted: Mapping[str, tuple[int, str]], now_ms: int
) -> Posting | None:
    """Return what to post now, of the subject whose notice has waited longest; None: nothing yet. Pure.

    `posted`: subject → when something was last posted about it, and the state that was posted.
    """
    for first in waiting:
        at_ms, state = posted.get(first.subject, (None, ""))
        # A time ahead is from before the clock was set back.
        if at_ms is not None and at_ms <= now_ms < at_ms + APART_MS:
            continue
        same = tuple(notice for notice in waiting if notice.subject == first.subject)
        return Posting(same[-1], same, same[-1].state != state)
    return None


class NoticeBoard:
    """The notices of a fleet in Redis, and the lease of the process that looks and posts."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name

    def lead(self) -> bool:
        """Take or keep the lease; return whether it is this process's."""
        key = self._store.keys.notifier
        if self._take(key):
            return True
        with mapped():
            if text(self._store.client.get(key)) != self._name:
                return False
            self._store.client.pexpire(key, LEASE_MS)
            return True

    def _take(self, key: str) -> bool:
        try:
            with mapped():
                return bool(self._store.client.set(key, self._name, nx=True, px=LEASE_MS))
        except OutboxFull:
            # That it is full is what most needs to be said.
            return bool(put(self._store, "SET", key, self._name, "NX", "PX", str(LEASE_MS)))

    def resign(self) -> None:
        """Give the lease back, where it is this process's."""
        with mapped():
            if text(self._store.client.get(self._store.keys.notifier)) == self._name:
                self._store.client.delete(self._store.keys.notifier)

    def note(self, conditions: Iterable[Condition], now_ms: int) -> list[Notice]:
        """Compare conditions with what was noted; the changes wait from now on, and are returned."""
        notices, news = changes(conditions, self._noted(), now_ms)
        if not notices and not news:
            return []
        keys = self._store.keys
        commands: list[tuple[str, ...]] = [("RPUSH", keys.events, notice.to_json()) for notice in notices]
        if notices:
            commands.append(("LTRIM", keys.events, str(-MOST_WAITING), "-1"))
        for subject, now in news.items():
            field = f"noted {subject}"
            if now is not None:
                words = json.dumps([str(now.kind), now.state, now.over, now.level], ensure_ascii=False)
                commands.append(("HSET", keys.told, field, words))
            elif any(notice.subject == subject for notice in notices):
                commands.append(("HDEL", keys.told, field))
            else:
                # It ended without a word: when it begins again, that is news.
                commands.append(("HDEL", keys.told, field, f"posted {subject}"))
        put_together(self._store, commands, is_atomic=True)
        return notices

    def next(self, now_ms: int, *, last: str = "") -> Posting | None:
        """Return what to post now, this subject only where no other waits; None: nothing yet."""
        with mapped():
            contents = self._store.client.lrange(self._store.keys.events, 0, -1)
        if not contents:
            return None
        waiting = list(_readable(contents))
        if not waiting:
            with mapped():
                self._store.client.delete(self._store.keys.events)
            return None
        waiting.sort(key=lambda notice: notice.subject == last)
        return next_posting(waiting, self._posted(), now_ms)

    def done(self, posting: Posting, now_ms: int) -> None:
        """Take what was posted off the list, and remember when."""
        keys = self._store.keys
        commands: list[tuple[str, ...]] = [
            ("LREM", keys.events, "1", notice.to_json()) for notice in posting.waiting
        ]
        if posting.is_news:
            field = f"posted {posting.notice.subject}"
            commands.append(("HSET", keys.told, field, f"{now_ms} {posting.notice.state}"))
        for subject, (at_ms, state) in self._posted().items():
            if not state and now_ms - at_ms > _KEPT_MS:
                commands.append(("HDEL", keys.told, f"posted {subject}"))
        put_together(self._store, commands, is_atomic=True)

    def _noted(self) -> dict[str, Noted]:
        found = {}
        for subject, content in self._told("noted "):
            with suppress(ValueError, TypeError):
                kind, state, over, level = json.loads(content)
                found[subject] = Noted(
                    NoticeKind(kind), str(state), str(over), None if level is None else int(level)
                )
        return found

    def _posted(self) -> dict[str, tuple[int, str]]:
        found = {}
        for subject, content in self._told("posted "):
            at, _, state = content.partition(" ")
            found[subject] = (number(at.encode()), state)
        return found

    def _told(self, start: str) -> Iterator[tuple[str, str]]:
        with mapped():
            fields: Mapping[Any, Any] = self._store.client.hgetall(self._store.keys.told)
        for name, content in fields.items():
            if text(name).startswith(start):
                yield text(name)[len(start) :], text(content)


def _readable(contents: Iterable[Any]) -> Iterator[Notice]:
    for content in contents:
        with suppress(ValueError):
            yield Notice.parse(text(content))
