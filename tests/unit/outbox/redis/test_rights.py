"""The table of commands that a login needs is that of the scripts."""

from __future__ import annotations

import re

import pytest

from plexsend.outbox.redis.rights import NEEDED, USEFUL
from plexsend.outbox.redis.scripts import Script, source


@pytest.mark.parametrize("script", Script)
def test_every_command_of_a_script_is_in_the_table(script: Script) -> None:
    called = set(re.findall(r"call\(\s*'([A-Z]+)'", source(script)))
    assert called
    assert called - {*NEEDED, *USEFUL} == set()
