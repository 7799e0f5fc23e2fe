"""Uploads of pictures to the gateway: one picture a request, and what came back."""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from plexsend.clock import elapsed_s
from plexsend.gateway.answers import Uploaded, WholeAnswer, read_answer
from plexsend.gateway.codes import Meaning
from plexsend.gateway.http.channel import Channels
from plexsend.gateway.http.exchange import Timeouts
from plexsend.gateway.masking import Mask
from plexsend.gateway.services import LONGEST_URL, PICTURE_DEADLINE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.gateway.http.way import Way
    from plexsend.gateway.services import PictureUpload
    from plexsend.names import Names

_TIMEOUTS = Timeouts(read_s=PICTURE_DEADLINE_S, deadline_s=PICTURE_DEADLINE_S)
_MOST_ANSWER_BYTES = 65_536
_SHOWN_MEMBERS = 10
_SHOWN_DEPTH = 3
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,30}")


class UploadClient:
    """Uploads pictures. Shared by all threads, each of which has connections of its own.

    Args:
        base_url: Scheme and host, as the settings give them.
        idle_s: A connection that lay idle for this long is not used again.
        clock: Monotonic seconds.
        way: Through which proxy, and whose certificates are trusted.
        names: Looks up where hosts are, for all threads.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts = _TIMEOUTS,
        idle_s: float = 20,
        clock: Callable[[], float] = elapsed_s,
        way: Way | None = None,
        names: Names | None = None,
    ) -> None:
        self._base_url = base_url
        self._channels = Channels(
            timeouts,
            max_answer_bytes=_MOST_ANSWER_BYTES,
            idle_s=idle_s,
            clock=clock,
            way=way,
            names=names,
        )

    def post(
        self, upload: PictureUpload, credentials: str, content: bytes, *, is_png: bool = False
    ) -> Uploaded | WholeAnswer:
        """Upload a picture in one request and return where it is, or what the answer means otherwise.

        Nothing is raised, whatever the network or the gateway does; UsageError before anything is sent, for
        credentials that make no request.
        """
        user = quote(credentials.partition(";")[0], safe="")
        channel = self._channels.of_this_thread()
        request = channel.prepare(self._base_url + upload.path.format(user=user), credentials)
        request.body, request.headers["Content-Type"] = _form(upload.part, content, is_png=is_png)
        request.headers["Content-Length"] = str(len(request.body))
        try:
            came = channel.send(request)
        finally:
            # The request is kept for the next picture; this one may be large.
            request.body = None
        if isinstance(came, WholeAnswer):
            return came
        mask = Mask(credentials)
        url = read_url(came.status, came.body, upload)
        if url is not None:
            return Uploaded(url)
        answer = read_answer(came.status, came.retry_after, came.body, (), datetime.now(UTC), mask=mask)
        if isinstance(answer, WholeAnswer) and answer.code not in ("C100", "UNREADABLE"):
            return answer
        shape = f"it took the picture, and its answer has no address that begins with {upload.begins}: "
        return WholeAnswer(Meaning.UNKNOWN, "NO_ADDRESS", shape + shape_of(came.body), None, explicit=True)

    def close(self) -> None:
        """Close the idle connections of all threads; a later request opens new ones."""
        self._channels.close()


def read_url(status: int, body: bytes, upload: PictureUpload) -> str | None:
    """Return the address of a picture that was taken, None where the answer gives none.

    Of MMS it is in `image_url`. What the answer for RCS looks like is not known: it is the first text
    anywhere in it that begins as such an address does.
    """
    if status not in _SUCCESS:
        return None
    parsed = _parse(body)
    if isinstance(parsed, dict) and parsed.get("code", "C100") != "C100":
        return None
    if upload.member:
        found: object = parsed.get(upload.member) if isinstance(parsed, dict) else None
        candidates = [found] if isinstance(found, str) else []
    else:
        candidates = list(_texts(parsed))
    for text in candidates:
        if len(text) <= LONGEST_URL and upload.address.fullmatch(text):
            return text
    return None


def shape_of(body: bytes) -> str:
    """Return an answer's names of members and types of values, without any value: for a person."""
    parsed = _parse(body)
    return "not JSON" if parsed is _NOTHING else _shape(parsed, _SHOWN_DEPTH)


_SUCCESS = range(200, 300)
_NOTHING = object()
_KINDS = {str: "text", bool: "true or false", int: "number", float: "number", type(None): "null"}


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return _NOTHING


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, in its order. It may be as deep as the gateway likes."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, dict):
            waiting.extend(reversed(inner.values()))
        elif isinstance(inner, list):
            waiting.extend(reversed(inner))


def _shape(value: Any, depth: int) -> str:
    if isinstance(value, dict):
        if not depth:
            return "{…}"
        # A name can be anything, such as a secret that is quoted.
        shown = [
            f"{name if _NAME.fullmatch(name) else '?'}: {_shape(inner, depth - 1)}"
            for name, inner in list(value.items())[:_SHOWN_MEMBERS]
        ]
        return "{" + ", ".join([*shown, *["…"] * (len(value) > _SHOWN_MEMBERS)]) + "}"
    if isinstance(value, list):
        return f"[{_shape(value[0], depth - 1) if value and depth else ''}]"
    return _KINDS.get(type(value), "a value")


def _form(part: str, content: bytes, *, is_png: bool) -> tuple[bytes, str]:
    """Return the body of a form with one file, and its content type."""
    # Of 128 bits: it is in no picture.
    boundary = secrets.token_hex(16)
    name, kind = ("picture.png", "image/png") if is_png else ("picture.jpg", "image/jpeg")
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    body = b"".join((head.encode(), content, f"\r\n--{boundary}--\r\n".encode()))
    return body, f"multipart/form-data; boundary={boundary}"
