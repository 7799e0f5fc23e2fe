"""What knows the pictures of an account, and what takes them: Redis and the gateway, or both in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.gateway.answers import Uploaded, WholeAnswer
    from plexsend.gateway.services import PictureUpload
    from plexsend.outbox.pictures import (
        KnownPicture,
        PictureBusy,
        PictureClaim,
        PictureFacts,
        PictureMark,
        PictureTooLate,
    )


class Shelf(Protocol):
    """The pictures of one account; outbox.pictures says more of each method."""

    def find(self, urls: Sequence[str]) -> list[PictureMark | None]:
        """Return for each address which picture it is, None where it is not known."""
        ...

    def claim(
        self, picture: str, token: str, *, need_ms: int = 0, anew: bool = False
    ) -> KnownPicture | PictureClaim | PictureBusy | PictureTooLate:
        """Return what is known of a picture, or that the caller is to upload it, or to wait."""
        ...

    def done(self, claim: PictureClaim, facts: PictureFacts) -> None:
        """Note that a picture was uploaded."""
        ...

    def drop(self, claim: PictureClaim) -> None:
        """Give a claim up."""
        ...


class PictureGateway(Protocol):
    """Takes pictures. Shared by all threads."""

    def post(
        self, upload: PictureUpload, credentials: str, content: bytes, *, is_png: bool = False
    ) -> Uploaded | WholeAnswer:
        """Upload a picture in one request; return where it is, or what the answer means otherwise."""
        ...
