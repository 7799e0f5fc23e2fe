"""What every product's schema is: fields, a version of its rules, and nothing but known names."""

from __future__ import annotations

import json
from hashlib import blake2s
from typing import Any, ClassVar

from marshmallow import RAISE, Schema

from plexsend.gateway.refusals import Refusal
from plexsend.gateway.schemas.fields import ItemField

UNKNOWN_FIELD = Refusal("is no field of this message", "Leave it out.")
"""Stands for an unknown name until the loader knows which name was meant."""


class ItemSchema(Schema):
    """The rules for the items of one product, shared by all threads."""

    version: ClassVar[int]
    """Counts up with every change of the rules: an older worker gives back what newer rules let pass."""

    class Meta:
        """Options that marshmallow reads from here."""

        unknown = RAISE

    def __init__(self) -> None:
        super().__init__()
        self.error_messages["unknown"] = UNKNOWN_FIELD  # type: ignore[assignment] # it is handed on as it is

    def rules(self) -> dict[str, Any]:
        """Return every rule as data, by the name of its field."""
        return {
            name: dict(field.rule()) for name, field in self.fields.items() if isinstance(field, ItemField)
        }

    def fingerprint(self) -> str:
        """Return eight hexadecimal digits that change when any rule does."""
        declared = json.dumps(self.rules(), sort_keys=True).encode()
        return blake2s(declared, digest_size=4).hexdigest()
