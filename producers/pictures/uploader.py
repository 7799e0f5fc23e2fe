"""Uploading a picture once for its content and account, however many processes want it."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError, Problem, UsageError
from plexsend.extras import require
from plexsend.gateway.answers import Uploaded
from plexsend.gateway.codes import Meaning
from plexsend.gateway.pictures.failures import PictureRefused, UploadFailed
from plexsend.gateway.services import PRODUCTS
from plexsend.outbox.pictures import (
    KnownPicture,
    PictureBusy,
    PictureClaim,
    PictureFacts,
    PictureTooLate,
    converted,
    new_token,
    picture_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.gateway.answers import WholeAnswer
    from plexsend.gateway.pictures.fitting import Fitted
    from plexsend.gateway.services import PictureUpload
    from plexsend.producers.pictures.shelf import PictureGateway, Shelf
    from plexsend.settings import Settings

_TRIES = 5
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 8.0
_LONGEST_RETRY_AFTER_S = 30.0
"""A gateway that asks for a longer pause is not waited for: the caller hears so."""
_LOOK_S = 0.1
"""How often it is looked whether the process that uploads a picture is done."""
_PATIENCE_S = 180.0
"""For how long others that upload the same picture are waited for, one after the other."""

_AGAIN = (Meaning.UNAVAILABLE, Meaning.CONNECTED, Meaning.UNCERTAIN)
"""What says that another try may succeed. One that was taken after all does no harm: nobody sees it."""


class Uploader:
    """Uploads pictures. Safe to share between threads.

    Args:
        settings: Who uploads, and where to.
        gateway: What takes the pictures; None: the gateway of the settings, over HTTP.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        settings: Settings,
        gateway: PictureGateway | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._gateway = gateway
        self._is_played = gateway is not None
        self._sleep = sleep
        self._lock = threading.Lock()

    def upload(
        self,
        shelf: Shelf,
        account: str,
        product: str,
        content: bytes,
        *,
        fit: bool = False,
        need_ms: int = 0,
    ) -> KnownPicture | PictureTooLate:
        """Return the picture as the gateway has it, uploaded now where it was not before.

        Args:
            shelf: Where the account's pictures are known.
            account: The account.
            product: Whose messages show it; `upload_of` knows it.
            content: The picture.
            fit: Whether it is converted where the gateway would refuse it.
            need_ms: Until when the gateway must keep it at least; where it keeps none for as long,
                PictureTooLate is returned and nothing uploaded.

        Raises PictureRefused, UploadFailed, MissingExtra, OutboxError.
        """
        plain, token = picture_of(product, content), new_token()
        picture = converted(plain) if fit else plain
        upload = upload_of(product)
        made: Fitted | None = None
        anew, tries, until_s = False, 0, elapsed_s() + _PATIENCE_S
        while True:
            found = shelf.claim(picture, token, need_ms=need_ms, anew=anew)
            if isinstance(found, KnownPicture) and found.facts.changes and not fit:
                # An older program knew what it had converted by the file that it was made of.
                anew = True
                continue
            if isinstance(found, (KnownPicture, PictureTooLate)):
                return found
            if isinstance(found, PictureBusy):
                if elapsed_s() > until_s:
                    raise UploadFailed(
                        "Other processes upload this picture again and again, and none succeeds. Try later.",
                        "BUSY",
                        again=True,
                    )
                self._sleep(min(found.wait_ms / 1000, _LOOK_S))
                continue
            try:
                if made is None:
                    made = _make(content, upload, fit=fit)
                    if fit and not made.changes:
                        # It is as it was given, and known as such to those who do not have it converted.
                        _drop(shelf, found)
                        picture, fit = plain, False
                    # The claim begins anew: converting takes a while.
                    continue
                tries += 1
                facts = self._post(account, upload, made, tries)
                if facts is not None:
                    shelf.done(found, facts)
                    return KnownPicture(facts, found.expires_at_ms)
            except BaseException:
                _drop(shelf, found)
                raise

    def _post(self, account: str, upload: PictureUpload, made: Fitted, tries: int) -> PictureFacts | None:
        """Upload a picture; return None where it is to be tried again, after the wait."""
        answer = self._reach().post(upload, self._credentials(account), made.content, is_png=made.is_png)
        if isinstance(answer, Uploaded):
            return PictureFacts(answer.url, len(made.content), made.width, made.height, made.changes)
        if answer.meaning not in _AGAIN:
            raise self._refusal(account, answer)
        wait_s = answer.retry_after_s or _wait_s(tries)
        if tries >= _TRIES or wait_s > _LONGEST_RETRY_AFTER_S:
            raise UploadFailed(
                f"The gateway does not take the picture: {_said(answer)} ({tries} tries). Try again later; "
                "nothing is lost, and what was uploaded before is known.",
                answer.code,
                again=True,
            )
        self._sleep(wait_s)
        return None

    def _reach(self) -> PictureGateway:
        with self._lock:
            if self._gateway is None:
                require("images")
                from plexsend.gateway.http.uploads import UploadClient  # noqa: PLC0415  of an extra
                from plexsend.gateway.http.way import Way  # noqa: PLC0415  beside it

                settings = self._settings
                self._gateway = UploadClient(
                    settings.upload_url, idle_s=settings.idle_s, way=Way(settings.proxy, settings.ca_file)
                )
            return self._gateway

    def _credentials(self, account: str) -> str:
        if self._is_played:
            return "played;played"
        known = self._settings.accounts.get(account)
        if known is None:
            variable = f"PLEXSEND_ACCOUNT_{account.upper().replace('-', '_')}"
            raise UploadFailed(
                f"Uploading needs the secret of the account {account}, and this process does not have it. "
                f"Set {variable} (or {variable}_FILE) as on the workers, or upload where it is set with "
                "`plexsend upload` and name the address here.",
                "NO_SECRET",
                again=False,
            )
        return known.read_credentials().header

    def _refusal(self, account: str, answer: WholeAnswer) -> Exception:
        if answer.meaning in (Meaning.BAD_ITEM, Meaning.REJECTED):
            reason = f"is refused by the gateway: {_said(answer)}"
            return PictureRefused([Problem("file", reason, "Save the picture anew, or give another one.")])
        if answer.meaning is Meaning.UNAUTHORIZED:
            words = f"The gateway refuses the secret of the account {account} for uploads: {_said(answer)}."
            remedy = "Correct PLEXSEND_ACCOUNT_<NAME> by the service console."
        elif answer.meaning is Meaning.OUT_OF_CREDIT:
            words, remedy = f"The account {account} has no credit left: {_said(answer)}.", "Top it up."
        else:
            words = f"The gateway does not take pictures as they are sent to it: {_said(answer)}."
            remedy = "Look at PLEXSEND_UPLOAD_URL, or report it."
        return UploadFailed(f"{words} {remedy}", answer.code, again=False)


def upload_of(product: str) -> PictureUpload:
    """Return how a product's pictures are uploaded; UsageError for what has none."""
    found = PRODUCTS.get(product) if isinstance(product, str) else None
    if found is None or found.picture is None:
        known = ", ".join(each.name for each in PRODUCTS.values() if each.picture is not None)
        raise UsageError(f"There are no pictures of a product {str(product)[:40]!r}. Known: {known}.")
    return found.picture


def _make(content: bytes, upload: PictureUpload, *, fit: bool) -> Fitted:
    require("images")
    from plexsend.gateway.pictures import fitting, judging  # noqa: PLC0415  of an extra

    if fit:
        return fitting.fit(content, upload)
    judged = judging.judge(content, upload)
    return fitting.Fitted(content, judged.width, judged.height, judged.is_png, ())


_chances: Final = random.SystemRandom()


def _wait_s(tries: int) -> float:
    """Return how long to wait after so many tries: anything up to a time that doubles."""
    return _chances.uniform(0, min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** (tries - 1)))


def _said(answer: WholeAnswer) -> str:
    return f"{answer.code}, {answer.desc}" if answer.desc else answer.code


def _drop(shelf: Shelf, claim: PictureClaim) -> None:
    # Where Redis does not answer it lapses.
    with suppress(OutboxError):
        shelf.drop(claim)
