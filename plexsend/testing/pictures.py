"""Pictures in memory: judged as production judges them, and known under addresses that nobody serves."""

from __future__ import annotations

import threading
from hashlib import blake2b
from typing import TYPE_CHECKING

from plexsend.gateway.answers import Uploaded
from plexsend.outbox.pictures import KnownPicture, PictureClaim, PictureMark, PictureTooLate, deleted_at_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.gateway.services import PictureUpload
    from plexsend.outbox.pictures import PictureFacts

_HOSTS = {"http": "https://pictures.invalid/"}
"""How the addresses of MMS begin; those of RCS begin as the gateway's do."""


class PlayedPictures:
    """Takes every picture."""

    def post(
        self, upload: PictureUpload, credentials: str, content: bytes, *, is_png: bool = False
    ) -> Uploaded:
        """Return an address that is made of the content."""
        del credentials
        name = blake2b(content, digest_size=8).hexdigest()
        host = _HOSTS.get(upload.begins, upload.begins)
        return Uploaded(f"{host}{name}{'.png' if is_png else '.jpg'}")


class MemoryShelf:
    """The pictures of one account. Safe to share between threads.

    Args:
        now_ms: Returns the time.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._known: dict[str, KnownPicture] = {}
        self._marks: dict[str, PictureMark] = {}

    def find(self, urls: Sequence[str]) -> list[PictureMark | None]:
        """Return for each address which picture it is, None where it was not uploaded here."""
        with self._lock:
            return [self._marks.get(url) for url in urls]

    def claim(
        self, picture: str, token: str, *, need_ms: int = 0, anew: bool = False
    ) -> KnownPicture | PictureClaim | PictureTooLate:
        """Return what is known of a picture, or that the caller is to upload it."""
        with self._lock:
            known = None if anew else self._known.get(picture)
        fresh_ms = deleted_at_ms(self._now_ms())
        if known is not None and known.expires_at_ms > max(need_ms, self._now_ms()):
            return known
        return PictureTooLate(fresh_ms) if need_ms >= fresh_ms else PictureClaim(picture, token, fresh_ms)

    def done(self, claim: PictureClaim, facts: PictureFacts) -> None:
        """Note that a picture was uploaded."""
        with self._lock:
            self._known[claim.picture] = KnownPicture(facts, claim.expires_at_ms)
            self._marks[facts.url] = PictureMark(claim.picture, claim.expires_at_ms)

    def drop(self, claim: PictureClaim) -> None:
        """Do nothing: two that upload one picture at once do no harm here."""
