"""Lua gives a function two hundred names: a script that has no room left is one that nobody can add to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.redis.pieces import Part, whole
from plexsend.outbox.redis.scripts import Script, parts

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


@pytest.mark.parametrize("script", Script)
def test_every_script_has_room_for_a_few_more_names(store: Store, script: Script) -> None:
    pieces = parts(script)
    names = Part("names", "\n".join(f"local name_{number} = {number}" for number in range(5)))
    place = [part.name for part in pieces].index(script)
    assert store.client.script_load(whole([*pieces[:place], names, *pieces[place:]]))
