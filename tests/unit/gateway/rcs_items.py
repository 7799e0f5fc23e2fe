"""RCS items to begin with, and a way to change what stands deep inside one."""

from __future__ import annotations

import copy
from typing import Any

GOOD: dict[str, Any] = {
    "msg_type": "RMM",
    "msg_key": "k1",
    "sender_number": "15881234",
    "receiver_number": "01023456789",
    "msg_base_id": "SMwThT00",
    "br_id": "BR.abc",
    "brand_key": "BK.abc",
    "header": "0",
    "footer": "080-123-4567",
    "copy_allowed": "true",
    "msg": {"body": {"title": "제목", "description": "설명", "media": "maapfile://image-1"}},
    "buttons": [
        {
            "suggestions": [
                {
                    "action": {
                        "urlAction": {"openUrl": {"url": "https://example.com/"}},
                        "displayText": "열기",
                        "postback": {"data": ""},
                    }
                }
            ]
        }
    ],
}

ACTION = "buttons.0.suggestions.0.action"


def with_action(**action: Any) -> dict[str, Any]:
    """Return the good item with this as its only button, `displayText` aside."""
    return changed(ACTION, {"displayText": "열기", **action})


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the good item with another value at a dotted path."""
    item: dict[str, Any] = change(GOOD, path, value)
    return item


def change(item: Any, path: str, value: Any) -> Any:
    """Return a copy of an item with another value at a dotted path."""
    item, value = copy.deepcopy(item), copy.deepcopy(value)
    *parents, last = path.split(".")
    inner = item
    for name in parents:
        inner = inner[int(name)] if isinstance(inner, list) else inner[name]
    if isinstance(inner, list):
        inner[int(last)] = value
    else:
        inner[last] = value
    return item


def without(path: str) -> dict[str, Any]:
    """Return the good item without what stands at a dotted path."""
    item = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    inner: Any = item
    for name in parents:
        inner = inner[int(name)] if isinstance(inner, list) else inner[name]
    del inner[last]
    return item


def at(item: Any, path: str) -> Any:
    """Return what stands at a dotted path."""
    for name in path.split("."):
        item = item[int(name)] if isinstance(item, list) else item[name]
    return item
