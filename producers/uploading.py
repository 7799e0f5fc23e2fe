"""What a producer can do with pictures: upload them, and bring those that items name."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.outbox.pictures import PictureTooLate
from plexsend.producers.accounts import check_account
from plexsend.producers.asking import Asking
from plexsend.producers.pictures.image import image_of
from plexsend.producers.pictures.item_pictures import ItemPictures
from plexsend.producers.pictures.reading import read_picture
from plexsend.producers.pictures.sources import KnownAddresses, UploadedPictures
from plexsend.producers.pictures.uploader import Uploader, upload_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.gateway.services import Product
    from plexsend.producers.outboxes import Outbox
    from plexsend.producers.pictures.image import Image
    from plexsend.settings import Settings


class Uploading(Asking):
    """Uploads pictures, each once for its content and account.

    Args:
        settings: What the environment says.
        outbox: Where it is known what was uploaded.
    """

    def __init__(self, settings: Settings, outbox: Outbox) -> None:
        super().__init__(settings, outbox)
        self._uploader = Uploader(settings, outbox.picture_gateway)
        self._addresses: dict[str, KnownAddresses] = {}
        self._addresses_lock = threading.Lock()

    def upload(
        self,
        picture: str | os.PathLike[str] | bytes,
        *,
        product: str = "mms",
        account: str = "main",
        fit: bool = False,
    ) -> Image:
        """Upload a picture and return where it is; one that was uploaded before is only looked up.

        Args:
            picture: Its file, or its content.
            product: Whose messages show it: `mms` or `rcs-mms`.
            account: The account to upload with. Its secret must be set here.
            fit: Convert what the gateway would refuse: upright, RGB, baseline, without metadata, smaller.

        Raises:
            UsageError: an argument is not what it must be.
            PictureRefused: the gateway would refuse it, or did; with everything that is wrong.
            UploadFailed: the gateway takes no picture now, or not from this account; it says which.
            MissingExtra: the extra `images` is not installed.
            OutboxUnavailable: Redis does not answer. The call may be repeated.
            OutboxFull: Redis has no memory left.
            OutboxUnsuitable: Redis refuses the login, or a call.
            SettingsError: the file with the account's secret cannot be read.
        """
        upload_of(product)
        check_account(account, self._settings.accounts)
        if not isinstance(fit, bool):
            raise UsageError(f"fit is of type {type(fit).__name__}. Give True or False.")
        content = _content_of(picture)
        found = self._uploader.upload(
            self._known_addresses(account).shelf, account, product, content, fit=fit
        )
        # Nothing was said of how long it is needed.
        assert not isinstance(found, PictureTooLate)  # noqa: S101  for the type checker
        return image_of(found)

    def _item_pictures(
        self, product: Product, account: str, now_ms: Callable[[], int | None], folder: Path | None
    ) -> ItemPictures | None:
        """Return what brings the pictures of a product's items; None where they show none.

        `folder`: below which a text names a picture's file; None: only paths do.
        """
        if product.picture is None:
            return None
        addresses = self._known_addresses(account)
        source = UploadedPictures(self._uploader, addresses, account)
        return ItemPictures(product.name, source, now_ms, folder)

    def _known_addresses(self, account: str) -> KnownAddresses:
        with self._addresses_lock:
            found = self._addresses.get(account)
            if found is None:
                found = self._addresses[account] = KnownAddresses(self._outbox.pictures(account))
            return found


def _content_of(picture: object) -> bytes:
    if isinstance(picture, (bytes, bytearray, memoryview)):
        return bytes(picture)
    if isinstance(picture, (str, os.PathLike)):
        return read_picture(Path(picture))
    kind = type(picture).__name__
    raise UsageError(f"picture is of type {kind}. Give the path of a file, or its content as bytes.")
