"""The types for callers say what the tables and the schemas say."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from plexsend.gateway.item_types import (
    FallbackFields,
    LmsItem,
    MmsItem,
    RcsBody,
    RcsMmsItem,
    RcsMsg,
    ServiceId,
    SmsItem,
)
from plexsend.gateway.items import SCHEMAS
from plexsend.gateway.services import PRODUCTS, SERVICES

TYPES: dict[str, Any] = {"mms": MmsItem, "lms": LmsItem, "sms": SmsItem, "rcs-mms": RcsMmsItem}
BESIDE = {"send_at", "expires_at", "advertisement", "night_consent"}


def test_the_services_are_those_of_the_table() -> None:
    assert get_args(ServiceId) == tuple(SERVICES)


@pytest.mark.parametrize("product", SCHEMAS)
def test_an_items_fields_are_those_of_its_schema(product: str) -> None:
    item, rules = TYPES[product], SCHEMAS[product]().rules()

    beside = {*BESIDE, "fallback", "fallback_after_s"} if product == "rcs-mms" else BESIDE
    assert set(item.__annotations__) == {*rules, *beside}
    required = {name for name, rule in rules.items() if rule["required"]}
    # A key may be left out where one is made, and a variant where the call names it.
    left_out = {PRODUCTS[product].variant_field} | (set() if PRODUCTS[product].key_required else {"msg_key"})
    assert item.__required_keys__ == required - left_out


def test_a_fallback_has_the_fields_of_the_services_that_it_can_be_of() -> None:
    rules = {name for product in ("sms", "lms", "mms") for name in SCHEMAS[product]().rules()}
    assert set(FallbackFields.__annotations__) == {*rules, "service"} - {"msg_key"}


def test_the_card_of_an_rcs_message_is_that_of_its_schema() -> None:
    outer = SCHEMAS["rcs-mms"]().rules()["msg"]["fields"]

    assert set(RcsMsg.__annotations__) == set(outer)
    assert set(RcsBody.__annotations__) == set(outer["body"]["fields"])
