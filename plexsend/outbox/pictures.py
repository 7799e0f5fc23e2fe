"""Pictures that the gateway was given: each once for its content and account, whoever sends it.

What is known of them is in one hash of the account. Entries go 30 days after the gateway has deleted the
picture: each call that adds one looks through some of the others, and the hash itself goes with the last.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from plexsend.outbox.arguments_pictures import PICTURES
from plexsend.outbox.constants import PICTURE_KEPT_MS
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plexsend.outbox.orders import Argument
    from plexsend.outbox.redis.store import Store


_DAY_MS = 86_400_000
"""The gateway's word is a number of months: it is counted in whole days, as the script does."""


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What there is to say of a picture that was uploaded."""

    url: str
    size_bytes: int
    """Of what was uploaded."""
    width: int
    height: int
    changes: tuple[str, ...] = ()
    """What was done to what was given, in words; empty: nothing."""


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """A picture that the gateway has."""

    facts: PictureFacts
    expires_at_ms: int
    """When the gateway deletes it."""


@dataclass(frozen=True, slots=True)
class PictureClaim:
    """The caller is the one to upload a picture now."""

    picture: str
    token: str
    expires_at_ms: int
    """When the gateway deletes what is uploaded now."""


@dataclass(frozen=True, slots=True)
class PictureBusy:
    """Another process uploads the picture."""

    wait_ms: int
    """After so long its claim lapses."""


@dataclass(frozen=True, slots=True)
class PictureTooLate:
    """A picture is needed for longer than the gateway keeps any."""

    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class PictureMark:
    """What an address of a picture stands for."""

    picture: str
    """Product and hash of the content: the same for every address of the same picture."""
    expires_at_ms: int


def picture_of(product: str, content: bytes) -> str:
    """Return the name of a picture: what it is for and a hash of what it is."""
    return f"{product}:{blake2b(content, digest_size=16).hexdigest()}"


def converted(picture: str) -> str:
    """Return the name of what a picture is converted to: another picture, so that neither counts for both."""
    return f"{picture}-fit"


def deleted_at_ms(now_ms: int) -> int:
    """Return when the gateway deletes what is uploaded now. Redis answers a claim by its own time."""
    ends_ms = now_ms + PICTURE_KEPT_MS
    return ends_ms - ends_ms % _DAY_MS


class Pictures:
    """The pictures of one account.

    Args:
        store: Where they are known.
        account: The account.
    """

    def __init__(self, store: Store, account: str) -> None:
        self._store = store
        self._account = account

    def find(self, urls: Sequence[str]) -> list[PictureMark | None]:
        """Return for each address which picture it is, None where plexsend did not upload it."""
        if not urls:
            return []
        reply = self._run("find", rest=[_hash(url) for url in urls])
        return [_mark(text(value)) for value in reply]

    def claim(
        self, picture: str, token: str, *, need_ms: int = 0, anew: bool = False
    ) -> KnownPicture | PictureClaim | PictureBusy | PictureTooLate:
        """Return what is known of a picture, or that the caller is to upload it, or to wait.

        Args:
            picture: What `picture_of` returns.
            token: Who asks; who has the claim gets it again, for its whole time.
            need_ms: Until when it must live at least; ms since 1970.
            anew: Whether to upload it although it is known.
        """
        status, value = self._run("claim", picture=picture, token=token, need_ms=need_ms, anew=int(anew))
        word = text(status)
        if word == "yours":
            return PictureClaim(picture, token, number(value))
        if word == "busy":
            return PictureBusy(number(value))
        if word == "late":
            return PictureTooLate(number(value))
        known = _known(text(value))
        # What another program spoilt counts as if nothing were known.
        return known or self.claim(picture, token, need_ms=need_ms, anew=True)

    def done(self, claim: PictureClaim, facts: PictureFacts) -> None:
        """Note that a picture was uploaded."""
        self._run(
            "done",
            picture=claim.picture,
            token=claim.token,
            need_ms=claim.expires_at_ms,
            address=_hash(facts.url),
            facts=json.dumps(asdict(facts), ensure_ascii=False, separators=(",", ":")),
        )

    def drop(self, claim: PictureClaim) -> None:
        """Give a claim up: the next one who asks uploads it."""
        self._run("drop", picture=claim.picture, token=claim.token)

    def _run(self, act: str, *, rest: Iterable[Argument] = (), **named: Argument) -> list[Any]:
        unnamed: dict[str, Argument] = dict.fromkeys(PICTURES.names, "")
        unnamed |= {"need_ms": 0, "anew": 0}
        args = PICTURES.write(**unnamed | {"act": act} | named)
        return self._store.run(Script.PICTURES, self._account, [*args, *rest])


def new_token() -> str:
    """Return a name for one who uploads."""
    return secrets.token_hex(8)


def _hash(url: str) -> str:
    return blake2b(url.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _mark(value: str) -> PictureMark | None:
    expires, _, picture = value.partition(" ")
    return PictureMark(picture, int(expires)) if expires.isdecimal() and picture else None


def _known(value: str) -> KnownPicture | None:
    expires, _, facts = value.partition(" ")
    try:
        read = json.loads(facts)
        return KnownPicture(PictureFacts(**{**read, "changes": tuple(read["changes"])}), int(expires))
    except (ValueError, TypeError, KeyError):
        return None
