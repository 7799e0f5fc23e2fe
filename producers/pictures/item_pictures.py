"""The pictures of items on their way through a pipeline: taken out, brought to the gateway, put in again."""

from __future__ import annotations

import os
import time
from collections import OrderedDict, defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from plexsend.errors import Problem
from plexsend.gateway.pictures.failures import FIT, PictureRefused
from plexsend.outbox.pictures import PictureTooLate, picture_of
from plexsend.producers.moments import Moments
from plexsend.producers.pictures.bounded import run_all
from plexsend.producers.pictures.reading import read_picture
from plexsend.producers.placing import (
    Placed,
    exchange,
    file_of,
    product_of,
    put_in,
    shown,
    stand_in,
    value_at,
)
from plexsend.producers.submissions import Invalid
from plexsend.terminal.moments import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from plexsend.gateway.items import KeyOf
    from plexsend.outbox.pictures import PictureMark
    from plexsend.producers.chunks import Waiting
    from plexsend.producers.pictures.sources import PictureSource, ReadyPicture

    Brought = ReadyPicture | PictureTooLate | PictureRefused

_MOST_KNOWN = 10_000
"""Files that are remembered, and as many addresses."""

_SURE_MS = 2 * 86_400_000
"""No machine's clock is as wrong as that."""
_NONE = "none"
"""In place of the content of a picture that there is not."""
# A message that names the file has no such option: whoever converts a picture looks at it before it is sent.
_CONVERT = "`plexsend upload FILE --fit` (upload(…, fit=True)) converts it: name the address that it gives."
_ANEW = "Upload the picture anew and name its new address, or have the message go before."
_SOONER = "Have the message go before, or submit it later: the gateway keeps no picture for longer."


class ItemPictures:
    """The pictures of the items of one pipeline. One thread takes them out, another one completes.

    Args:
        product: Whose items they are.
        source: What becomes of them.
        now_ms: Returns Redis's time; None: not known.
        folder: Where a text names a file, for the rows of a file; None: only paths do.
    """

    def __init__(
        self,
        product: str,
        source: PictureSource,
        now_ms: Callable[[], int | None] = lambda: None,
        folder: Path | None = None,
    ) -> None:
        self._product = product
        self._source = source
        self._now_ms = now_ms
        self._folder = folder
        self._plain: set[str] = set()
        """Addresses that plexsend did not upload."""
        self._files: OrderedDict[tuple[str, Path], str | PictureRefused] = OrderedDict()
        # Items of a chunk go in one call where their moments are the same object.
        self._moments: dict[Moments, Moments] = {}

    def take_out(
        self, raw: Mapping[str, Any], key_of: KeyOf | None
    ) -> tuple[Mapping[str, Any], Placed | None, KeyOf | None]:
        """Return an item with what stands for its files in their places, its pictures, what makes its key."""
        if self._is_plain(raw):
            return raw, None, key_of
        item, placed = self._take_out(raw)
        # What a row says is the file that it names: another picture under that name makes no other row of it.
        if key_of is not None and placed is not None and placed.written:
            key_of = _key_as_written(key_of, placed)
        return item, placed, key_of

    # Most items show what thousands of others show.
    def _is_plain(self, raw: Mapping[str, Any]) -> bool:
        """Return whether an item shows addresses alone, all of which are known to be nobody's picture."""
        given = raw.get("file_path")
        try:
            return isinstance(given, list) and bool(given) and self._plain.issuperset(given)
        except TypeError:
            return False

    def _take_out(self, raw: Mapping[str, Any]) -> tuple[Mapping[str, Any], Placed | None]:
        files: dict[str, tuple[str, Path]] = {}
        urls: list[tuple[str, str]] = []
        written: dict[tuple[str, ...], Any] = {}
        problems: list[Problem] = []
        for each in shown(self._product, raw):
            path = file_of(each.value, self._folder)
            if path is None:
                if isinstance(each.value, str):
                    urls.append((each.field, each.value))
                continue
            picture = self._look(each.product, path)
            if isinstance(picture, PictureRefused):
                problems += _at(each.field, picture)
                picture = f"{each.product}:{_NONE}"
            else:
                files[each.field] = picture, path
            written.setdefault(each.path, _as_text(value_at(raw, each.path)))
            raw = put_in(raw, each, stand_in(picture))
        if not (files or urls or problems):
            return raw, None
        return raw, Placed(files, tuple(urls), written, tuple(problems))

    def complete(self, waiting: Sequence[Waiting]) -> tuple[list[Waiting], list[Invalid]]:
        """Return items with the addresses of their pictures, and those that cannot go for their pictures.

        Raises UploadFailed, MissingExtra or OutboxError where nothing of them is added.
        """
        marks = self._find(waiting)
        brought = self._bring(waiting)
        whole: list[Waiting] = []
        invalid: list[Invalid] = []
        for each in waiting:
            if each.placed is None:
                whole.append(each)
                continue
            problems = [*self._problems(each, each.placed, marks, brought)]
            if problems:
                key = each.message.msg_key if each.has_key else None
                invalid.append(Invalid(each.index, key, tuple(problems)))
            else:
                whole.append(self._completed(each, each.placed, marks, brought))
        return whole, invalid

    def _look(self, product: str, path: Path) -> str | PictureRefused:
        found = self._files.get((product, path))
        if found is None:
            try:
                found = picture_of(product, read_picture(path, folder=self._folder))
            except PictureRefused as refused:
                found = refused
            self._files[product, path] = found
            if len(self._files) > _MOST_KNOWN:
                self._files.popitem(last=False)
        return found

    def _find(self, waiting: Sequence[Waiting]) -> dict[str, PictureMark]:
        urls = list({url: None for each in waiting if each.placed for _, url in each.placed.urls})
        found = self._source.find(urls) if urls else []
        if len(self._plain) > _MOST_KNOWN:
            self._plain = set()
        self._plain.update(url for url, mark in zip(urls, found, strict=True) if mark is None)
        return {url: mark for url, mark in zip(urls, found, strict=True) if mark is not None}

    def _bring(self, waiting: Sequence[Waiting]) -> dict[str, Brought]:
        needs: dict[str, set[int]] = defaultdict(set)
        paths: dict[str, Path] = {}
        for each in waiting:
            for picture, path in each.placed.files.values() if each.placed else ():
                needs[picture].add(each.moments.send_at_ms or 0)
                paths[picture] = path
        calls = [partial(self._bring_one, picture, paths[picture], needs[picture]) for picture in paths]
        return dict(zip(paths, run_all(calls), strict=True))

    def _bring_one(self, picture: str, path: Path, needs: set[int]) -> Brought:
        try:
            content = read_picture(path, folder=self._folder)
            product = product_of(picture)
            if picture_of(product, content) != picture:
                changed = "changed while it was read"
                return PictureRefused([Problem("file", changed, "Wait until nobody writes to it.")])
            found: Brought = PictureTooLate(0)
            for need_ms in sorted(needs, reverse=True):
                found = self._source.bring(product, content, need_ms)
                if not isinstance(found, PictureTooLate):
                    break
        except PictureRefused as refused:
            return refused
        return found

    def _problems(
        self,
        each: Waiting,
        placed: Placed,
        marks: Mapping[str, PictureMark],
        brought: Mapping[str, Brought],
    ) -> Iterator[Problem]:
        send_at_ms = each.moments.send_at_ms
        for field, url in placed.urls:
            mark = marks.get(url)
            if mark is not None and mark.expires_at_ms <= self._goes_at_ms(mark.expires_at_ms, send_at_ms):
                yield Problem(field, _deleted(mark.expires_at_ms, is_later=send_at_ms is not None), _ANEW)
        for field, (picture, _) in placed.files.items():
            found = brought[picture]
            if isinstance(found, PictureRefused):
                yield from _at(field, found)
            elif found.expires_at_ms <= (send_at_ms or 0):
                yield Problem(field, _deleted(found.expires_at_ms, is_later=True), _SOONER)

    def _goes_at_ms(self, expires_at_ms: int, send_at_ms: int | None) -> int:
        # Redis is asked for the time only where this machine's clock does not settle it by far.
        is_near = expires_at_ms < time.time_ns() // 1_000_000 + _SURE_MS
        return max(send_at_ms or 0, (self._now_ms() if is_near else None) or 0)

    def _completed(
        self,
        each: Waiting,
        placed: Placed,
        marks: Mapping[str, PictureMark],
        brought: Mapping[str, Brought],
    ) -> Waiting:
        known = {url: marks[url] for _, url in placed.urls if url in marks}
        if not known and not placed.files:
            return each
        addresses: dict[str, str] = {}
        ends = [mark.expires_at_ms for mark in known.values()]
        for picture, _ in placed.files.values():
            found = brought[picture]
            # What is refused, or kept for too short, did not come so far.
            if isinstance(found, (PictureRefused, PictureTooLate)):
                continue
            addresses[stand_in(picture)] = found.url
            ends.append(found.expires_at_ms)
        contents = {url: stand_in(mark.picture) for url, mark in known.items()}
        message, kept = each.message, each.message.fallback
        body, said = _exchanged(message.body, addresses, contents, self._product)
        if kept is not None:
            instead, meant = _exchanged(kept.body, addresses, contents, "mms")
            kept = replace(kept, body=instead, said=meant)
        moments = self._until(each.moments, ends)
        return replace(each, moments=moments, message=replace(message, body=body, said=said, fallback=kept))

    def _until(self, moments: Moments, ends: Sequence[int]) -> Moments:
        """Return moments that end when the first of the pictures is deleted, at the latest."""
        given = () if moments.expires_at_ms is None else (moments.expires_at_ms,)
        if not ends or (given and given[0] <= min(ends)):
            return moments
        until = Moments(moments.send_at_ms, min((*given, *ends)))
        return self._moments.setdefault(until, until)


def _exchanged(
    body: bytes, addresses: Mapping[str, str], contents: Mapping[str, str], product: str
) -> tuple[bytes, bytes]:
    """Return a body with the addresses of its pictures, and with their contents: what it says."""
    said = exchange(body, contents, product=product) if contents else body
    return exchange(body, addresses, product=product) if addresses else body, said


def _key_as_written(key_of: KeyOf, placed: Placed) -> KeyOf:
    return lambda fields: key_of(placed.as_written(fields))


def _as_text(value: Any) -> Any:
    """Return a picture, or a list of them, as it is in a file."""
    if isinstance(value, (list, tuple)):
        return [_as_text(each) for each in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _at(field: str, refused: PictureRefused) -> list[Problem]:
    return [
        Problem(field, each.reason, _CONVERT if each.remedy == FIT else each.remedy)
        for each in refused.problems
    ]


def _deleted(expires_at_ms: int, *, is_later: bool) -> str:
    when = utc(expires_at_ms)
    if is_later:
        return f"is a picture that the gateway deletes at {when}, and the message is to go no sooner"
    return f"is a picture that the gateway deleted at {when}"
