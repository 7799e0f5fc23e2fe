"""Stamps, and the pin that holds the rules to their version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.gateway.environment import read_settings
from plexsend.gateway.items import SCHEMAS, get_loader
from plexsend.gateway.schemas.fields import PatternText, Utf8Text
from plexsend.gateway.schemas.mms import MmsSchema
from plexsend.gateway.schemas.objects import Entries, Object, object_schema
from plexsend.gateway.schemas.rcs_buttons import CARD
from plexsend.gateway.schemas.rcs_fields import Characters, Switch
from plexsend.gateway.schemas.rcs_mms import RcsMmsSchema
from plexsend.gateway.services import DIALECTS, SERVICES
from plexsend.gateway.stamps import Stamp, StampRelation, compare

if TYPE_CHECKING:
    from plexsend.gateway.schemas.item import ItemSchema

OWN = Stamp("mms", "v2", 3, "00c0ffee")


PINNED = {
    ("mms-bulk", "v1"): "mms:v2:1:39c131bd",
    ("sms-bulk", "v1"): "sms:v2:1:794ad44b",
    ("lms-bulk", "v1"): "lms:v2:1:b9fbccd7",
    ("rcs-mms-bulk", "v1"): "rcs-mms:v1:1:b8341eff",
    ("rcs-mms-bulk", "v2"): "rcs-mms:v2:1:ab9fa75f",
}
"""Service and dialect of RCS → the stamp that its items get."""


def stamp(service_id: str, dialect: str) -> str:
    return str(get_loader(service_id, read_settings({"PLEXSEND_RCS_DIALECT": dialect})).stamp)


@pytest.mark.parametrize(("service_id", "dialect"), PINNED)
def test_rules_do_not_change_without_a_new_version(service_id: str, dialect: str) -> None:
    """Workers trust a stamp of their own and give back a newer one, so changed rules need a new version.

    If this fails: raise the `version` of the product's schema, then write the new stamp above.
    """
    assert stamp(service_id, dialect) == PINNED[service_id, dialect]


def test_every_product_in_every_dialect_is_pinned() -> None:
    assert {tuple(pinned.split(":")[:2]) for pinned in PINNED.values()} == {
        (product.name, product.dialect) for product in DIALECTS
    }


def test_other_dialect_is_judged_again_and_never_given_back() -> None:
    v1, v2 = (Stamp.parse(stamp("rcs-mms-bulk", dialect)) for dialect in ("v1", "v2"))
    assert v1 is not None
    assert v2 is not None
    assert (compare(v1, v2), compare(v2, v1)) == (StampRelation.OTHER, StampRelation.OTHER)


def test_everything_that_is_declared_is_in_the_fingerprint() -> None:
    def fingerprint(**changes: object) -> str:
        changed = type("Changed", (RcsMmsSchema,), changes)()
        assert isinstance(changed, RcsMmsSchema)
        return changed.fingerprint()

    told = [
        fingerprint(),
        fingerprint(relations=()),
        fingerprint(aliases={"a": "header"}),
        fingerprint(header=PatternText(required=True, form="x", pattern="[012]", hint="x")),
        fingerprint(msg=Object(object_schema({"body": Switch(hint="x")}), required=True)),
        fingerprint(buttons=Entries(CARD, least=0, most=1, hint="x")),
        fingerprint(footer=Characters(most=20, pattern="[0-9]", form="x", hint="x")),
        RcsMmsSchema().fingerprint({"wire_names": {"br_id": "brand_id"}}),
    ]
    assert len(set(told)) == len(told)
    assert fingerprint() == RcsMmsSchema().fingerprint()


def test_changed_limit_changes_the_fingerprint() -> None:
    class Changed(MmsSchema):
        echo_to_webhook = Utf8Text(most_bytes=255, hint="x")

    class Reworded(MmsSchema):
        echo_to_webhook = Utf8Text(most_bytes=256, hint="another remedy")

    assert Changed().fingerprint() != MmsSchema().fingerprint()
    assert Reworded().fingerprint() == MmsSchema().fingerprint()


@pytest.mark.parametrize("schema", SCHEMAS.values())
def test_every_field_has_its_rule(schema: type[ItemSchema]) -> None:
    assert set(schema().rules()) == set(schema().fields)


@pytest.mark.parametrize(("service_id", "dialect"), PINNED)
def test_record_holds_the_fingerprint_of_a_first_version(service_id: str, dialect: str) -> None:
    own = get_loader(service_id, read_settings({"PLEXSEND_RCS_DIALECT": dialect})).stamp
    assert own.stored == PINNED[service_id, dialect].rpartition(":")[2]
    assert own.forms == {own.stored, PINNED[service_id, dialect]}


def test_record_holds_all_of_a_later_version_so_that_others_see_it_is_newer() -> None:
    assert OWN.stored == str(OWN)
    assert OWN.forms == {"mms:v2:3:00c0ffee"}


def test_products_and_dialects_have_fingerprints_of_their_own() -> None:
    assert len({pinned.rpartition(":")[2] for pinned in PINNED.values()}) == len(PINNED)


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
        ("mms:v2:3:00c0ffee", StampRelation.SAME),
        ("mms:v2:4:12345678", StampRelation.NEWER),
        ("mms:v3:4:12345678", StampRelation.NEWER),
        ("mms:v2:2:00c0ffee", StampRelation.OTHER),
        ("mms:v2:3:12345678", StampRelation.OTHER),
        ("mms:v1:3:00c0ffee", StampRelation.OTHER),
        ("sms:v2:4:00c0ffee", StampRelation.OTHER),
        ("nonsense", StampRelation.OTHER),
    ],
)
def test_stamps_compare(theirs: str, relation: StampRelation) -> None:
    assert compare(Stamp.parse(theirs), OWN) is relation
