"""One message in the words of its sender (to, from, text, title, images) as the item that it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from plexsend.errors import UsageError
from plexsend.gateway.services import get_service

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Places(NamedTuple):
    """Where the parts of a message are in its item, and how many images it may have."""

    text: str = "msg"
    title: str = "title"
    image: str = "file_path"
    one_image: bool = False

    def as_value(self, images: Sequence[str]) -> object:
        """Return the images as the item has them."""
        if not self.one_image:
            return list(images)
        if len(images) > 1:
            raise UsageError(f"A message of this service has one image, and {len(images)} are given.")
        return "".join(images)


_PLAIN = _Places()
_PLACES = {"rcs-mms": _Places("msg.body.description", "msg.body.title", "msg.body.media", one_image=True)}
"""Product whose parts are in other places than usual → those places."""


def make_item(
    service: str,
    *,
    to: str,
    from_: str,
    text: str,
    title: str | None,
    images: Sequence[str],
    msg_key: str | None,
    fields: Mapping[str, object],
) -> dict[str, Any]:
    """Return the item of a message, without what is empty.

    Args:
        service: Whose item it is; UsageError where there is no such service.
        to: The receiver's number.
        from_: The sender's number.
        text: What it says.
        title: Its title.
        images: Addresses of uploaded images.
        msg_key: Its key.
        fields: Anything else, by the gateway's names. What is named twice is a UsageError.
    """
    if isinstance(images, str):
        raise UsageError("images is a single text. Give a list, for one image too.")
    places = _PLACES.get(get_service(service).product.name, _PLAIN)
    parts: dict[str, object] = {
        "sender_number": from_,
        "receiver_number": to,
        "msg_key": msg_key,
        places.text: text,
        places.title: title,
        places.image: places.as_value(images),
    }
    item = dict(fields)
    for path, value in parts.items():
        if value or isinstance(value, int):
            _put(item, path, value)
    return item


def _put(item: dict[str, Any], path: str, value: object) -> None:
    """Put a value at a path. Objects on the way are copied first, since they are the caller's."""
    *outer, last = path.split(".")
    inner = item
    for name in outer:
        given = inner.get(name, {})
        if not isinstance(given, Mapping):
            raise UsageError(f"{name}: holds other fields. Give it as a mapping of their names to values.")
        inner[name] = dict(given)
        inner = inner[name]
    if last in inner:
        raise UsageError(f"{path}: is given twice, by an argument of its own and as a field.")
    inner[last] = value
