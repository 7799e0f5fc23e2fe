"""The rules for RCS MMS, from the RCS MMS page of the API PLEX developer guide.

Callers write the same item for both dialects: the product says how a dialect names and writes its fields
(`wire_names`, `wire_values`).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from plexsend.gateway.numbers import SENDER_PATTERN, normalise_sender
from plexsend.gateway.refusals import Refusal
from plexsend.gateway.schemas.addressing import Number, msg_key, receiver_number
from plexsend.gateway.schemas.fields import PatternText
from plexsend.gateway.schemas.item import ItemSchema
from plexsend.gateway.schemas.objects import Entries, Object, ObjectSchema
from plexsend.gateway.schemas.rcs_buttons import CARD
from plexsend.gateway.schemas.rcs_fields import Characters, Switch
from plexsend.gateway.schemas.relations import NeededWith, OneShape
from plexsend.gateway.services import LONGEST_URL, PRODUCTS, RCS_ADDRESS_PATTERN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.gateway.schemas.draft import Draft
    from plexsend.gateway.schemas.relations import Relation

VARIANTS = PRODUCTS["rcs-mms"].variants
"""Values of `msg_type`: one card with its picture on top, or at the side."""

USUAL_BASE_IDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"RMM": ("SMwThT00", "SMwThM00"), "RMH": ("SMwLhX00", "SMwRhX00")}
)
"""`msg_type` → the message base ids that neighbouring gateways document for it."""

MOBILE_PREFIX = "010"
"""The beginning of numbers from which neighbouring gateways send no RCS."""

_MOST_ID = 100
"""Characters of a brand's id and key; a limit of this project, so that a message has a greatest size."""


class _BaseId(PatternText):
    """The id of a message base; one that is unusual for the item's `msg_type` gets a warning."""

    def limits(self) -> Mapping[str, Any]:
        """Return the pattern and what is usual."""
        return {**super().limits(), "usual": {name: list(ids) for name, ids in USUAL_BASE_IDS.items()}}

    def judge(self, text: str, field: str, draft: Draft) -> str:
        """Return `text` as it is."""
        text = super().judge(text, field, draft)
        variant = draft.get("msg_type")
        usual = USUAL_BASE_IDS.get(variant) if isinstance(variant, str) else None
        if usual is not None and text not in usual:
            doubt = Refusal(
                f"is not one of those that neighbouring gateways know for {variant}",
                f"They know {' and '.join(usual)}; check that yours is right.",
            )
            draft.warn(field, doubt)
        return text


class _RcsSender(Number):
    """The number that sends; a mobile one gets a warning."""

    def limits(self) -> Mapping[str, Any]:
        """Return the pattern and what gets a warning."""
        return {**super().limits(), "doubted": MOBILE_PREFIX}

    def judge(self, text: str, field: str, draft: Draft) -> str:
        """Return the digits of the number."""
        digits = super().judge(text, field, draft)
        if digits.startswith(MOBILE_PREFIX):
            doubt = Refusal(
                f"is a {MOBILE_PREFIX} number, from which neighbouring gateways send no RCS",
                "Give the number that is registered for the brand's chat room.",
            )
            draft.warn(field, doubt)
        return digits


def _brand_text(hint: str) -> PatternText:
    return PatternText(
        required=True,
        form=f"1 to {_MOST_ID} printable ASCII characters without spaces",
        pattern=f"[!-~]{{1,{_MOST_ID}}}",
        hint=hint,
    )


def _title() -> Characters:
    return Characters(most=30, hint="Give at most 30 characters, or leave the field out.")


def _description() -> Characters:
    return Characters(most=1300, hint="Give at most 1300 characters, or leave the field out.")


def _media() -> Characters:
    return Characters(
        most=LONGEST_URL,
        pattern=RCS_ADDRESS_PATTERN,
        form="an address that begins with maapfile://",
        hint="Give the address that the upload returned, or leave the field out.",
    )


class _Body(ObjectSchema):
    """The one card of a message. The guide's table names its keys plainly, its example numbers them."""

    relations: ClassVar[tuple[Relation, ...]] = (
        OneShape(
            (("title", "description", "media"), ("title1", "description1", "media1")),
            any_part=True,
            hint="Give at least one of title, description and media; all with the number 1 or all without.",
        ),
    )

    title = _title()
    description = _description()
    media = _media()
    title1 = _title()
    description1 = _description()
    media1 = _media()


class _Msg(ObjectSchema):
    body = Object(_Body(), required=True)


class RcsMmsSchema(ItemSchema):
    """One RCS MMS. The fields are in the order in which they go on the wire, `msg_type` aside."""

    version: ClassVar[int] = 1
    relations: ClassVar[tuple[Relation, ...]] = (
        NeededWith(
            "footer",
            "header",
            "1",
            reason="an advertisement without it fails",
            hint="Give the free opt-out number alone, as in 080-123-4567.",
        ),
    )

    msg_type = PatternText(
        required=True,
        form=" or ".join(VARIANTS),
        pattern="|".join(VARIANTS),
        hint="Give RMM for a picture on top or RMH for one at the side.",
    )
    msg_key = msg_key()
    sender_number = _RcsSender(
        hint="Give the registered sender number as text, 8 to 11 digits.",
        normalise=normalise_sender,
        pattern=SENDER_PATTERN,
    )
    receiver_number = receiver_number()
    msg_base_id = _BaseId(
        required=True,
        form="1 to 40 letters, digits, dots, hyphens and underscores",
        pattern=r"[A-Za-z0-9._-]{1,40}",
        hint="Give the id of the message base, as in SMwThT00.",
    )
    br_id = _brand_text("Give the brand's id as text.")
    brand_key = _brand_text("Give the brand's key as text.")
    header = PatternText(
        required=True,
        form='"0" or "1"',
        pattern="[01]",
        hint='Give "0" for information or "1" for an advertisement, as text.',
    )
    # The gateway puts the words 무료수신거부 before it, so only the number may be here.
    footer = Characters(
        most=20,
        pattern=r"[0-9](?:[0-9-]*[0-9])?",
        form="a number alone",
        hint="Give the free opt-out number in digits and hyphens, without any words, as in 080-123-4567.",
    )
    copy_allowed = Switch(hint='Give "true" or "false", or leave the field out.')
    msg = Object(_Msg(), required=True)
    buttons = Entries(
        CARD, least=1, most=1, hint="Give one entry for the one card, {} without buttons, or leave it out."
    )
