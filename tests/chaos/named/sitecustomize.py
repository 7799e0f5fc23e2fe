"""For every process of a run: the gateway's name is found as the run has it."""

from __future__ import annotations

from tests.chaos.looked_up import install

install()
