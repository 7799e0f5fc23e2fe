"""Types of items and services, for callers with a type checker. At run time the schemas judge.

They are written out, since a type checker reads no tables: tests hold them to the services and the schemas.
"""

# Annotations are read here at run time: as mere text they would not say which fields are required.
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Required, TypeAlias, TypedDict

ServiceId: TypeAlias = Literal[
    "mms-standard",
    "mms-bulk",
    "mms-finance",
    "rcs-mms-standard",
    "rcs-mms-bulk",
    "rcs-mms-finance",
    "sms-standard",
    "sms-bulk",
    "sms-finance",
    "sms-verify",
    "lms-standard",
    "lms-bulk",
    "lms-finance",
]
"""Every service id."""


class _Timed(TypedDict, total=False):
    """What is said of an item and does not go on the wire; text is ISO 8601 with a zone."""

    send_at: datetime | str | None
    expires_at: datetime | str | None
    advertisement: bool
    night_consent: bool


class SmsItem(_Timed, total=False):
    """One SMS, as docs/sms.md describes its fields."""

    msg_key: str
    sub_id: str
    sender_number: Required[str]
    receiver_number: Required[str]
    origin_cid: str
    msg: Required[str]
    echo_to_webhook: str


class LmsItem(SmsItem, total=False):
    """One LMS, as docs/lms.md describes its fields."""

    title: str


class MmsItem(LmsItem, total=False):
    """One MMS, as docs/mms.md describes its fields."""

    file_path: Required[list[str]]


class RcsBody(TypedDict, total=False):
    """The one card of an RCS message."""

    title: str
    description: str
    media: str | Path
    """An address, or the path of a file that is uploaded; `media1` is the same."""
    title1: str
    description1: str
    media1: str | Path


class RcsMsg(TypedDict):
    """What holds the card of an RCS message."""

    body: RcsBody


class FallbackFields(TypedDict, total=False):
    """What is sent where an RCS message reaches nobody: an SMS, LMS or MMS without `msg_key`."""

    service: Required[ServiceId]
    sub_id: str
    title: str
    sender_number: str
    """Left out: that of the RCS message."""
    receiver_number: str
    """Left out: that of the RCS message."""
    origin_cid: str
    msg: Required[str]
    echo_to_webhook: str
    file_path: list[str]


class RcsMmsItem(_Timed, total=False):
    """One RCS message, as docs/rcs-mms.md describes its fields."""

    msg_type: Literal["RMM", "RMH"]
    """Left out where the call names it for all."""
    msg_key: Required[str]
    sender_number: Required[str]
    receiver_number: Required[str]
    msg_base_id: Required[str]
    br_id: Required[str]
    brand_key: Required[str]
    header: Required[Literal["0", "1"]]
    footer: str
    copy_allowed: bool | str
    msg: Required[RcsMsg]
    buttons: list[dict[str, Any]]
    fallback: FallbackFields
    fallback_after_s: int
