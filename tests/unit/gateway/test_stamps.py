"""Stamps, and the pin that holds the rules to their version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.gateway.items import get_loader
from plexsend.gateway.schemas.fields import Utf8Text
from plexsend.gateway.schemas.mms import MmsSchema
from plexsend.gateway.services import SERVICES
from plexsend.gateway.stamps import Relation, Stamp, compare

OWN = Stamp("mms", "v2", 3, "00c0ffee")


def test_rules_do_not_change_without_a_new_version() -> None:
    """Workers trust a stamp of their own and give back a newer one, so changed rules need a new version.

    If this fails: raise `MmsSchema.version`, then write the new stamp here.
    """
    assert str(get_loader("mms-bulk").stamp) == "mms:v2:1:39c131bd"


def test_changed_limit_changes_the_fingerprint() -> None:
    class Changed(MmsSchema):
        echo_to_webhook = Utf8Text(most_bytes=255, hint="x")

    class Reworded(MmsSchema):
        echo_to_webhook = Utf8Text(most_bytes=256, hint="another remedy")

    assert Changed().fingerprint() != MmsSchema().fingerprint()
    assert Reworded().fingerprint() == MmsSchema().fingerprint()


def test_every_field_has_its_rule() -> None:
    schema = MmsSchema()
    assert set(schema.rules()) == set(schema.fields)


def test_stamps_are_short_enough_for_a_compact_record() -> None:
    assert all(len(str(get_loader(service_id).stamp)) <= 40 for service_id in SERVICES)
    assert len(str(Stamp("x" * 10, "v" * 8, 999_999_999, "f" * 8))) <= 40


@given(
    st.builds(
        Stamp,
        st.from_regex(r"[a-z-]{1,10}", fullmatch=True),
        st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True),
        st.integers(1, 999_999_999),
        st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
    )
)
def test_stamp_survives_being_stored(stamp: Stamp) -> None:
    assert Stamp.parse(str(stamp)) == stamp


@pytest.mark.parametrize(
    "text", ["", "mms", "mms:v2:0:00c0ffee", "mms:v2:x:00c0ffee", "mms:v2:3:00c0ffee\n", "mms:v2:３:00c0ffee"]
)
def test_text_that_is_no_stamp_is_none(text: str) -> None:
    assert Stamp.parse(text) is None


@pytest.mark.parametrize(
    ("theirs", "relation"),
    [
        ("mms:v2:3:00c0ffee", Relation.SAME),
        ("mms:v2:4:12345678", Relation.NEWER),
        ("mms:v3:4:12345678", Relation.NEWER),
        ("mms:v2:2:00c0ffee", Relation.OTHER),
        ("mms:v2:3:12345678", Relation.OTHER),
        ("mms:v1:3:00c0ffee", Relation.OTHER),
        ("sms:v2:4:00c0ffee", Relation.OTHER),
        ("nonsense", Relation.OTHER),
    ],
)
def test_stamps_compare(theirs: str, relation: Relation) -> None:
    assert compare(Stamp.parse(theirs), OWN) is relation
