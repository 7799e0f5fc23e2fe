"""Guards of an account's numbers: another is refused when it is submitted, by the policy in force."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import Refused
from plexsend.outbox.policies import known
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.producers.files.imports import import_file

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.producers import Producer

MINE, ANOTHER = "010-3456-7891", "010-3456-7892"
FIRST, SECOND, UNREGISTERED = "02-345-6781", "02-345-6782", "02-345-6783"
MESSAGE: dict[str, Any] = {"text": "안녕하세요", "images": ["https://images.example/1.jpg"]}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A producer looks at the policies at each call, not once a second."""
    monkeypatch.setattr(known, "LOOK_S", 0.0)


def guard(store: Store, **values: str) -> None:
    put(store, Where(None, "main"), values, by="anna", reason="staging")


def sender_of(store: Store, key: str) -> str:
    body = json.loads(store.client.get(store.keys.body("main", key)) or b"")
    return str(body["sender_number"])


def test_number_outside_only_to_is_refused_by_name_and_not_shown(producer: Producer, store: Store) -> None:
    guard(store, only_to=MINE)
    assert producer.send("mms-bulk", to=MINE, from_=FIRST, msg_key="mine", **MESSAGE) == "mine"
    with pytest.raises(Refused) as refused:
        producer.send("mms-bulk", to=ANOTHER, from_=FIRST, msg_key="other", **MESSAGE)
    assert "to (receiver_number)" in str(refused.value)
    assert "only_to" in str(refused.value)
    assert "7892" not in str(refused.value)
    assert producer.status("other") is None


def test_other_account_is_not_guarded(producer: Producer, store: Store) -> None:
    guard(store, only_to=MINE, senders=FIRST)
    assert producer.send("mms-bulk", to=ANOTHER, from_=SECOND, account="shop", **MESSAGE)


def test_first_of_the_senders_is_the_default(producer: Producer, store: Store) -> None:
    guard(store, senders=f"{FIRST},{SECOND}")
    for key, sender in (("none", ""), ("second", SECOND), ("blank", " ")):
        producer.send("mms-bulk", to=MINE, from_=sender, msg_key=key, **MESSAGE)
    assert [sender_of(store, key) for key in ("none", "second", "blank")] == [
        "023456781",
        "023456782",
        "023456781",
    ]


def test_sender_that_is_not_registered_is_refused(producer: Producer, store: Store) -> None:
    guard(store, senders=FIRST)
    with pytest.raises(Refused, match=r"from_ \(sender_number\): .*senders"):
        producer.send("mms-bulk", to=MINE, from_=UNREGISTERED, **MESSAGE)


def test_without_the_policy_a_sender_must_be_named(producer: Producer) -> None:
    with pytest.raises(Refused, match="sender_number"):
        producer.send("mms-bulk", to=MINE, **MESSAGE)


def test_guard_that_is_set_meanwhile_counts_for_the_chunks_after_it(
    producer: Producer, store: Store, make_item: Any
) -> None:
    def items() -> Any:
        for number in range(2_000):
            if number == 500:
                guard(store, only_to=MINE)
            yield make_item(number, receiver_number=ANOTHER)

    found = producer.submit("mms-bulk", items())
    assert len(found.added) <= 1_500
    assert {problem.field for each in found.invalid for problem in each.problems} == {"receiver_number"}
    assert len(found.added) + len(found.invalid) == 2_000


def test_table_needs_no_column_for_the_sender(producer: Producer, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    row = f"k1,{MINE},hello,https://images.example/1.jpg"
    path.write_text(f"msg_key,receiver_number,msg,file_path\n{row}\n", encoding="utf-8")
    guard(store, senders=FIRST)
    assert import_file(producer, path, "mms-bulk").added == 1
    assert sender_of(store, "k1") == "023456781"
