"""What becomes of the pictures that items name: uploaded, or only judged."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from plexsend.extras import require
from plexsend.outbox.pictures import PictureTooLate, deleted_at_ms, picture_of
from plexsend.producers.pictures.uploader import upload_of
from plexsend.producers.placing import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.outbox.pictures import PictureMark
    from plexsend.producers.pictures.shelf import Shelf
    from plexsend.producers.pictures.uploader import Uploader

_MOST_KNOWN = 10_000
"""Addresses that are remembered."""


@dataclass(frozen=True, slots=True)
class ReadyPicture:
    """A picture that can be sent."""

    url: str
    expires_at_ms: int
    """When the gateway deletes it."""


class PictureSource(Protocol):
    """What becomes of the pictures of items."""

    def find(self, urls: Sequence[str]) -> list[PictureMark | None]:
        """Return which picture each address is, None where that is not known."""
        ...

    def bring(self, product: str, content: bytes, need_ms: int) -> ReadyPicture | PictureTooLate:
        """Return a product's picture of a file as it can be sent until `need_ms` at least.

        Raises PictureRefused, UploadFailed, MissingExtra or OutboxError.
        """
        ...


class KnownAddresses:
    """Which picture each address of an account is, asked once: an address never becomes another picture's.

    Args:
        shelf: Where they are known.
    """

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._lock = threading.Lock()
        self._known: OrderedDict[str, PictureMark | None] = OrderedDict()

    def find(self, urls: Sequence[str]) -> list[PictureMark | None]:
        """Return which picture each address is, None where plexsend did not upload it."""
        with self._lock:
            unknown = [url for url in dict.fromkeys(urls) if url not in self._known]
        found = dict(zip(unknown, self.shelf.find(unknown), strict=True)) if unknown else {}
        with self._lock:
            answer = [found[url] if url in found else self._known.get(url) for url in urls]
            self._known.update(found)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return answer


class UploadedPictures:
    """Pictures of one account, uploaded where they are not yet.

    Args:
        uploader: Uploads them.
        addresses: What is known of the account's.
        account: The account.
    """

    def __init__(self, uploader: Uploader, addresses: KnownAddresses, account: str) -> None:
        self._uploader = uploader
        self._account = account
        self._addresses = addresses
        self.find = addresses.find

    def bring(self, product: str, content: bytes, need_ms: int) -> ReadyPicture | PictureTooLate:
        """Upload a picture, unless the gateway has it."""
        shelf = self._addresses.shelf
        found = self._uploader.upload(shelf, self._account, product, content, need_ms=need_ms)
        if isinstance(found, PictureTooLate):
            return found
        return ReadyPicture(found.facts.url, found.expires_at_ms)


class JudgedPictures:
    """Pictures that are judged and never uploaded: for a check.

    Args:
        now_ms: Returns the time.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms

    def find(self, urls: Sequence[str]) -> list[PictureMark | None]:
        """Return that nothing is known."""
        return [None] * len(urls)

    def bring(self, product: str, content: bytes, need_ms: int) -> ReadyPicture | PictureTooLate:
        """Judge a picture as one that is uploaded now; return what stands for it."""
        expires_at_ms = deleted_at_ms(self._now_ms())
        if need_ms >= expires_at_ms:
            return PictureTooLate(expires_at_ms)
        require("images")
        from plexsend.gateway.pictures.judging import judge  # noqa: PLC0415  of an extra

        judge(content, upload_of(product))
        return ReadyPicture(stand_in(picture_of(product, content)), expires_at_ms)
