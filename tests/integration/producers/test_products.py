"""Every product goes in through the same door: RCS with a variant, SMS and LMS without."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import UsageError
from plexsend.gateway.environment import read_settings
from plexsend.gateway.items import get_loader
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.producers import import_file

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store
    from plexsend.producers import Producer

RCS: dict[str, Any] = {
    "msg_key": "k1",
    "sender_number": "1588-1234",
    "receiver_number": "010-2345-6789",
    "msg_base_id": "SMwThT00",
    "br_id": "BR.1",
    "brand_key": "BK.1",
    "header": "0",
    "copy_allowed": True,
    "msg": {"body": {"description": "본문 – 그대로"}},
}
TEXT = {"sender_number": "1588-1234", "receiver_number": "010-2345-6789", "msg": "본문"}


def bodies(store: Store, *keys: str) -> list[Any]:
    client: Any = store.client
    return [json.loads(client.get(store.keys.body("main", key))) for key in keys]


def test_variant_of_a_call_and_of_each_item_make_lanes(producer: Producer, store: Store) -> None:
    assert producer.submit("rcs-mms-bulk", [RCS], msg_type="RMM").added
    mixed = [
        RCS | {"msg_key": "k2", "msg_type": "RMH"},
        RCS | {"msg_key": "k3", "msg_type": "RMM"},
        RCS | {"msg_key": "k4"},
    ]
    submission = producer.submit("rcs-mms-bulk", mixed)
    assert [added.msg_key for added in submission.added] == ["k2", "k3"]
    assert [refused.errors[0].field for refused in submission.invalid] == ["msg_type"]
    lanes = {each: queries.find(store, each, "main")[0].lane.name for each in ("k1", "k2", "k3")}
    assert lanes == {
        "k1": "rcs-mms-bulk.RMM@main",
        "k2": "rcs-mms-bulk.RMH@main",
        "k3": "rcs-mms-bulk.RMM@main",
    }
    assert not any("msg_type" in body for body in bodies(store, "k1", "k2", "k3"))


def test_same_key_in_another_variant_is_a_conflict(producer: Producer) -> None:
    producer.submit("rcs-mms-bulk", [RCS], msg_type="RMM")
    assert producer.submit("rcs-mms-bulk", [RCS], msg_type="RMM").duplicates
    assert producer.submit("rcs-mms-bulk", [RCS], msg_type="RMH").conflicts


def test_item_without_a_key_is_refused_by_name(producer: Producer) -> None:
    (refused,) = producer.submit("rcs-mms-bulk", [RCS | {"msg_key": None}], msg_type="RMM").invalid
    assert (refused.msg_key, refused.errors[0].field) == (None, "msg_key")


@pytest.mark.parametrize(("service", "msg_type"), [("rcs-mms-bulk", "RMX"), ("sms-bulk", "RMM")])
def test_variant_that_the_service_does_not_have_is_wrong_usage(
    producer: Producer, service: str, msg_type: str
) -> None:
    with pytest.raises(UsageError, match="msg_type"):
        producer.submit(service, [], msg_type=msg_type)


def test_warnings_stand_in_the_submission(producer: Producer) -> None:
    submission = producer.submit("rcs-mms-bulk", [RCS | {"sender_number": "010-2345-6789"}], msg_type="RMH")
    assert len(submission.added) == 1
    assert [warning.problem.field for warning in submission.warnings] == ["sender_number", "msg_base_id"]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [("v1", {"br_id": "BR.1", "copy_allowed": "true"}), ("v2", {"brand_id": "BR.1", "copy_allowed": True})],
)
def test_dialect_in_force_is_what_is_stored_and_stamped(
    producer: Producer, store: Store, dialect: str, expected: dict[str, object]
) -> None:
    put(store, Where(), {"rcs_dialect": dialect}, by="anna", reason="the gateway's new version")
    producer.submit("rcs-mms-bulk", [RCS], msg_type="RMM")
    (body,) = bodies(store, "k1")
    assert {name: body.get(name) for name in expected} == expected
    assert len(body) == len(RCS)
    loader = get_loader("rcs-mms-bulk", read_settings({"PLEXSEND_RCS_DIALECT": dialect}))
    assert queries.find(store, "k1", "main")[0].stamp == loader.stamp.stored


def test_mixed_file_is_split_into_lanes_and_rows_without_a_key_get_one(
    producer: Producer, store: Store, write_jsonl: Any
) -> None:
    rows = [
        RCS | {"msg_key": None, "msg_type": ("RMM", "RMH")[n % 2], "msg": {"body": {"title": str(n)}}}
        for n in range(1200)
    ]
    path = write_jsonl(rows)
    assert import_file(producer, path, "rcs-mms-bulk").added == 1200
    assert import_file(producer, path, "rcs-mms-bulk").duplicates == 1200
    counts = {lane.name: queries.look_at(store, lane).ready for lane in queries.lanes(store)}
    assert counts == {"rcs-mms-bulk.RMM@main": 600, "rcs-mms-bulk.RMH@main": 600}


@pytest.mark.parametrize("service", ["sms-standard", "sms-bulk", "sms-finance", "sms-verify", "lms-standard"])
def test_text_messages_go_in_as_mms_do(producer: Producer, store: Store, service: str) -> None:
    (added,) = producer.submit(service, [TEXT]).added
    record = queries.find(store, added.msg_key, "main")[0]
    assert record.lane.name == f"{service}@main"
    assert bodies(store, added.msg_key) == [
        {"msg_key": added.msg_key, **TEXT, "sender_number": "15881234", "receiver_number": "01023456789"}
    ]
