"""The products and their paths; the fields of SMS and LMS against those of MMS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox.items import check
from plexsend.sandbox.products import LMS, MMS, PRODUCTS, RCS_V1, RCS_V2, ROUTES, SMS, Product

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.sandbox.wire import Head

    MakeItem = Callable[..., dict[str, Any]]

# The table of the guide: every service, on every path that leads to it.
PATHS = {
    **{f"/mms-{kind}/v2/send": MMS for kind in ("standard", "bulk", "finance")},
    **{f"/lms-{kind}/v2/send": LMS for kind in ("standard", "bulk", "finance")},
    **{f"/sms-{kind}/v2/send": SMS for kind in ("standard", "bulk", "finance", "verify")},
    **{f"/rcs-mms-{kind}/v1/send": RCS_V1 for kind in ("standard", "bulk", "finance")},
    **{f"/rcs/v2/submit/rcs-mms-{kind}": RCS_V2 for kind in ("standard", "bulk", "finance")},
}

TEXTS: dict[Product, dict[str, Any]] = {
    SMS: {"title": ..., "file_path": ..., "msg": "인증번호는 1234입니다."},
    LMS: {"file_path": ...},
    MMS: {},
}


def find(item: dict[str, Any], product: Product) -> tuple[str, str] | None:
    finding = check(item, product.item)
    return None if finding is None else (finding.code, finding.field)


def test_every_path_of_the_guide_leads_to_its_product() -> None:
    assert {path: route.product for path, route in ROUTES.items() if route.fits} == PATHS
    assert set(PRODUCTS) == set(PATHS.values())


@pytest.mark.parametrize("path", PATHS)
def test_good_message_is_accepted_on_every_path(
    bench: Any, make_item: MakeItem, make_rcs: MakeItem, head: Callable[..., Head], path: str
) -> None:
    product = PATHS[path]
    if product in TEXTS:
        item, beside = make_item(**TEXTS[product]), {}
    else:
        item, beside = make_rcs(dialect="v1" if product is RCS_V1 else "v2"), {"msg_type": "RMH"}
    assert bench.send_for_codes(item, head=head(path), **beside) == {"k1": "C100"}
    [arrival] = bench.plex.tally.list_arrivals()
    assert arrival.service is not None
    assert arrival.service in path.split("/")


@pytest.mark.parametrize(
    ("product", "name", "unit", "limit", "code"),
    [
        (SMS, "msg", "a", 90, "C400_2"),
        (SMS, "msg", "가", 45, "C400_2"),
        (SMS, "origin_cid", "1", 10, "C400_2"),
        (SMS, "echo_to_webhook", "e", 256, "G142"),
        (SMS, "msg_key", "k", 128, "C400_2"),
        (LMS, "msg", "a", 2000, "C400_2"),
        (LMS, "msg", "가", 1000, "C400_2"),
        (LMS, "title", "a", 50, "C400_2"),
        (LMS, "title", "가", 25, "C400_2"),
        (LMS, "echo_to_webhook", "e", 256, "G142"),
        (MMS, "msg", "a", 2000, "C400_2"),
        (MMS, "title", "a", 50, "C400_2"),
    ],
)
def test_texts_end_at_their_limit(
    make_item: MakeItem, *, product: Product, name: str, unit: str, limit: int, code: str
) -> None:
    for count, expected in ((limit - 1, None), (limit, None), (limit + 1, (code, name))):
        assert find(make_item(**{**TEXTS[product], name: unit * count}), product) == expected


def test_one_byte_of_ascii_after_45_syllables_is_too_much(make_item: MakeItem) -> None:
    """Given an SMS of 90 bytes whose last character has only one, so that characters are not what counts."""
    assert find(make_item(**{**TEXTS[SMS], "msg": "가" * 44 + "ab"}), SMS) is None
    assert find(make_item(**{**TEXTS[SMS], "msg": "가" * 44 + "abc"}), SMS) == ("C400_2", "msg")


@pytest.mark.parametrize(
    ("product", "changes", "expected"),
    [
        # What belongs to a longer kind of message.
        (SMS, {"title": "안내"}, ("C400_2", "title")),
        (SMS, {"title": ""}, ("C400_2", "title")),
        (SMS, {"file_path": ["http://a/1"]}, ("C400_2", "file_path")),
        (SMS, {"file_path": []}, ("C400_2", "file_path")),
        (LMS, {"file_path": ["http://a/1"]}, ("C400_2", "file_path")),
        (MMS, {"file_path": ...}, ("C400_3", "file_path")),
        # What all of them share.
        *((product, {"msg": ...}, ("C400_3", "msg")) for product in (SMS, LMS)),
        *((product, {"msg": "똠"}, ("C400_2", "msg")) for product in (SMS, LMS)),
        *((product, {"msg": None}, ("C400_1", "msg")) for product in (SMS, LMS)),
        *((product, {"msg_key": None}, None) for product in (SMS, LMS)),
        *((product, {"msg_type": "RMM"}, ("C400_2", "msg_type")) for product in (SMS, LMS, MMS)),
        *((product, {"sender_number": "1"}, ("G140", "sender_number")) for product in (SMS, LMS)),
        *((product, {"receiver_number": "1"}, ("G141", "receiver_number")) for product in (SMS, LMS)),
    ],
)
def test_products_share_what_they_share_and_nothing_else(
    make_item: MakeItem, product: Product, changes: dict[str, Any], expected: tuple[str, str] | None
) -> None:
    assert find(make_item(**{**TEXTS[product], **changes}), product) == expected
