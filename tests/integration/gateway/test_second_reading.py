"""What the rules let pass is accepted by the sandbox, whose author has read the contract a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plexsend.errors import InvalidItem
from plexsend.gateway.answers import ItemAnswers
from plexsend.gateway.codes import Meaning
from plexsend.gateway.environment import read_settings
from plexsend.gateway.http.client import GatewayClient
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import get_service
from plexsend.sandbox import Behaviour, Duplicates, Sandbox
from tests.unit.gateway.wire_items import ITEMS, spoilt

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def client() -> Iterator[GatewayClient]:
    with Sandbox(behaviour=Behaviour(duplicates=Duplicates.ACCEPT)) as sandbox:
        client = GatewayClient(dict.fromkeys(("mms", "rcs-mms", "sms", "lms"), sandbox.url))
        yield client
        client.close()


@pytest.mark.parametrize("name", ["mms v1", "rcs-mms v1", "rcs-mms v2", "sms v1", "lms v1"])
@settings(deadline=None)
@given(data=st.data())
def test_what_is_let_pass_is_accepted(client: GatewayClient, name: str, data: Any) -> None:
    product, dialect = name.split()
    chosen = read_settings({"PLEXSEND_RCS_DIALECT": dialect})
    raw = data.draw(ITEMS[product] | spoilt(ITEMS[product]))
    try:
        item = get_loader(f"{product}-bulk", chosen).load(raw)
    except InvalidItem:
        return
    answer = client.post(
        get_service(f"{product}-bulk", chosen),
        "main;secret",
        [item.msg_key],
        [item.body],
        variant=item.variant,
    )
    assert isinstance(answer, ItemAnswers), answer
    assert [each.meaning for each in answer.by_key.values()] == [Meaning.ACCEPTED]
