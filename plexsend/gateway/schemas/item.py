"""What every product's schema is: an object whose rules have a version."""

from __future__ import annotations

import json
from hashlib import blake2s
from typing import TYPE_CHECKING, Any, ClassVar

from plexsend.gateway.schemas.objects import ObjectSchema

if TYPE_CHECKING:
    from collections.abc import Mapping


class ItemSchema(ObjectSchema):
    """The rules for the items of one product."""

    version: ClassVar[int]
    """Counts up with every change of the rules: an older worker gives back what newer rules accepted."""

    def fingerprint(self, beside: Mapping[str, Any] | None = None) -> str:
        """Return eight hexadecimal digits that change when any rule does, or anything in `beside`."""
        declared = {**self.rules(), **self.rules_between(), **(beside or {})}
        return blake2s(json.dumps(declared, sort_keys=True).encode(), digest_size=4).hexdigest()
