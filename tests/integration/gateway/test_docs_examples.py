"""Every example of the products' pages is sent to the sandbox, which has read the guide by itself."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.answers import ItemAnswers
from plexsend.gateway.codes import Meaning
from plexsend.gateway.environment import read_settings
from plexsend.gateway.http.client import GatewayClient
from plexsend.gateway.items import get_loader
from plexsend.gateway.services import get_service
from plexsend.sandbox import Sandbox
from plexsend.sandbox.album import HOST
from tests.unit.gateway.pages import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize("dialect", ["v1", "v2"])
@pytest.mark.parametrize(
    ("product", "fields"), [(product, fields) for product, page in PAGES.items() for fields in page.items]
)
def test_example_is_accepted(sandbox: Sandbox, product: str, fields: dict[str, Any], dialect: str) -> None:
    sandbox.reset()
    settings = read_settings({"PLEXSEND_RCS_DIALECT": dialect})
    service = get_service(f"{product}-bulk", settings)
    item = get_loader(service.id, settings).load(_elsewhere(fields), default_key="made-up")
    with closing(GatewayClient({product: sandbox.url})) as client:
        answer = client.post(service, "main;secret", [item.msg_key], [item.body], variant=item.variant)
    assert isinstance(answer, ItemAnswers), answer
    assert {each.meaning for each in answer.by_key.values()} == {Meaning.ACCEPTED}


# The sandbox knows which pictures were uploaded to it, and those of the pages were not.
def _elsewhere(fields: dict[str, Any]) -> dict[str, Any]:
    pictures = [url.replace(HOST, "https://images.example/") for url in fields.get("file_path", ())]
    return fields | {"file_path": pictures} if pictures else fields
