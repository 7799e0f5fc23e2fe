"""The processes that lie to plexsend: the gateway, one to which nothing may go, and the wire to Valkey."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.stack.child import Program
from plexsend.stack.ports import free_port
from tests.chaos.child import Wanted
from tests.chaos.control import GatewayControl, ProxyControl
from tests.chaos.gateway import SECRETS
from tests.chaos.gateway_receipts import URLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.chaos.world import World


_ROOT = Path(__file__).parents[2]


class Liars:
    """Those of one world.

    Args:
        world: Whose.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.proxy_port, self.gateway_port = free_port(), free_port()
        self._proxy_control, self._gateway_control = free_port(), free_port()
        self.proxy = ProxyControl(self._proxy_control)
        self.gateway = GatewayControl(self._gateway_control)
        self.gateway_ledger = world.folder / "gateway.jsonl"
        self.elsewhere_ledger = world.folder / "gateway-elsewhere.jsonl"
        self._elsewhere_port = 0

    def add(self) -> None:
        """Add gateway and wire to what the supervisor starts."""
        world = self._world
        known = {world.users[name]: secret for name, secret in world.secrets.items()}
        environ = {SECRETS: json.dumps(known), URLS: json.dumps(world.hearers.urls())}
        self._add(
            "gateway",
            *("tests.chaos.gateway", "--port", str(self.gateway_port)),
            *("--ledger", str(self.gateway_ledger), "--control", str(self._gateway_control)),
            *("--receipts", str(world.hearers.receipt_ledger)),
            *("--uploads", str(world.uploaders.gateway_ledger)),
            environ=environ,
        )
        self._add(
            "proxy",
            *("tests.chaos.proxy", "--listen", str(self.proxy_port)),
            *("--to", str(world.valkey.port), "--control", str(self._proxy_control)),
            environ={},
        )

    def wait_ready(self) -> None:
        """Return once both answer."""
        self.proxy.wait_ready()
        self.gateway.wait_ready()

    def begin_elsewhere(self) -> str:
        """Start the gateway to which nothing may go, unless it runs, and return its address."""
        if not self._elsewhere_port:
            self._elsewhere_port = free_port()
            self._add(
                "gateway-elsewhere",
                *("tests.chaos.gateway", "--port", str(self._elsewhere_port)),
                *("--ledger", str(self.elsewhere_ledger)),
                environ={},
            )
            GatewayControl(self._elsewhere_port).wait_ready()
        return f"http://127.0.0.1:{self._elsewhere_port}"

    def _add(self, name: str, *module: str, environ: Mapping[str, str]) -> None:
        world = self._world
        command = (sys.executable, "-m", *module)
        log = world.folder / f"{name}.log"
        world.supervisor.add(Wanted(Program(name, command, log, _ROOT, {**world.plain(), **environ})))
