"""Encodings: which one a file is in, as its bytes show."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from plexsend.errors import FileProblem
from plexsend.producers.files.lines import Encoding

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed import SupportsRead

_BLOCK_BYTES = 1_000_000


def detect_encoding(path: Path) -> Encoding:
    """Return the encoding of a file, as `encoding_of`. Raises FileProblem where it cannot be read."""
    try:
        with path.open("rb") as file:
            return encoding_of(file)
    except (OSError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or "the path is not valid"
        raise FileProblem(f"{path}: it cannot be read: {why}.") from exc


def encoding_of(stream: SupportsRead[bytes]) -> Encoding:
    """Return UTF-8 where all of a stream is, else cp949 where all of it is, else UTF-8.

    Korean text in cp949 is valid UTF-8 only by an accident of a few letters, so the order decides. In a file
    that is neither, single lines are refused for what they are. It is read no further than needed.
    """
    decoders = {each: codecs.getincrementaldecoder(each)() for each in Encoding}
    is_first = True
    while decoders and (block := stream.read(_BLOCK_BYTES)):
        if is_first and block.startswith(codecs.BOM_UTF8):
            return Encoding.UTF_8
        is_first = False
        _drop_wrong(decoders, block, final=False)
    _drop_wrong(decoders, b"", final=True)
    return next(iter(decoders), Encoding.UTF_8)


def _drop_wrong(decoders: dict[Encoding, codecs.IncrementalDecoder], block: bytes, *, final: bool) -> None:
    for encoding, decoder in list(decoders.items()):
        try:
            decoder.decode(block, final)
        except UnicodeDecodeError:
            del decoders[encoding]
