"""The pictures that were uploaded. What is known of one is in its address, so a restart forgets none."""

from __future__ import annotations

import threading
from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import unquote

from plexsend.sandbox.answers import Whole, refuse
from plexsend.sandbox.credentials import Credentials, parse
from plexsend.sandbox.picture_rules import MMS, PictureRules, find_rules, judge_picture, read_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.sandbox.wire import Head

HOST = "https://kr.object.ncloudstorage.com/api-plex-upload/image/mms/"
"""How the addresses of MMS begin; the user follows."""
RCS_HOST = "maapfile://sandbox-"
_DAY_MS = 24 * 3600 * 1000


class Album:
    """Takes pictures, and knows its own again.

    Args:
        now_ms: Returns the time.
        days: Returns for how many days a picture is kept.
    """

    def __init__(self, now_ms: Callable[[], int], days: Callable[[], float]) -> None:
        self._now_ms = now_ms
        self._days = days
        self._lock = threading.Lock()
        self._taken: Counter[tuple[str, str, str]] = Counter()

    @property
    def total(self) -> int:
        """How many pictures were taken, the same again included."""
        with self._lock:
            return self._taken.total()

    @property
    def again(self) -> int:
        """How many of them the same user had uploaded before."""
        with self._lock:
            return self._taken.total() - len(self._taken)

    def clear(self) -> None:
        """Count from zero. What was taken stays good."""
        with self._lock:
            self._taken.clear()

    def upload(self, head: Head, body: bytes, credentials: Credentials) -> Whole:
        """Return the answer to an upload; `head` names a path of one."""
        rules, user = find_rules(head.path) or (MMS, "")
        if head.method != "POST":
            return Whole(405, "C404_1", "this API knows only POST", (("Allow", "POST"),))
        authorization = head.fields.get("authorization")
        code = credentials.judge(authorization)
        account = parse(authorization)
        if code is not None or account is None:
            return refuse(code or "C401_2")
        if unquote(user) != account[0]:
            return refuse("C401_3", "the path names another user")
        content = read_part(head.fields.get("content-type", ""), body)
        if isinstance(content, str):
            return refuse("C400_3" if "missing" in content else "C400_1", content)
        wrong = judge_picture(content, rules)
        return self._take(rules, user, content) if wrong is None else refuse("C400_2", wrong)

    def refuses(self, address: str) -> str | None:
        """Return why a message with this address is refused; None: it is good, or not of this sandbox."""
        if address.startswith(HOST):
            user, _, name = address.removeprefix(HOST).partition("/")
            kind = "mms"
        elif address.startswith(RCS_HOST):
            user, _, name = address.removeprefix(RCS_HOST).partition("/")
            kind = "rcs"
        else:
            return None
        at_ms, _, rest = name.partition("-")
        content, _, check = rest.partition(".")[0].partition("-")
        if not at_ms.isdecimal() or check != _check(kind, user, at_ms, content):
            return "is not an image that was uploaded"
        if int(at_ms) + self._days() * _DAY_MS <= self._now_ms():
            return "is an image that was deleted"
        return None

    def _take(self, rules: PictureRules, user: str, content: bytes) -> Whole:
        digest = blake2b(content, digest_size=8).hexdigest()
        with self._lock:
            self._taken[rules.name, user, digest] += 1
        at_ms = str(self._now_ms())
        ending = "png" if content.startswith(b"\x89PNG") else "jpg"
        name = f"{at_ms}-{digest}-{_check(rules.name, user, at_ms, digest)}.{ending}"
        if rules.name == "mms":
            beside = (("file_name", name), ("image_url", f"{HOST}{user}/{name}"))
        else:
            # What the gateway answers here is not known; a client must find the address.
            beside = (("file_name", name), ("fileId", f"{RCS_HOST}{user}/{name}"))
        return Whole(200, "C100", beside=beside)


def _check(*parts: str) -> str:
    return blake2b("|".join(parts).encode(), key=b"sandbox", digest_size=4).hexdigest()
