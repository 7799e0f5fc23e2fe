"""Every panel has something to show: a real Prometheus scrapes a real server of metrics."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import yaml

from plexsend.stack.ports import free_port
from tests.deploy.panels import expressions, unanswered
from tests.deploy.promtool import tool
from tests.deploy.seeded import Seeded
from tests.integration.cli.conftest import process_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

DEADLINE_S = 60


@contextmanager
def running(command: Sequence[str | Path], **options: object) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*map(str, command)], text=True, stdout=subprocess.PIPE, **options) as process:  # type: ignore[call-overload]  # the options are those of Popen
        try:
            yield process
        finally:
            process.terminate()


def test_every_panel_has_an_answer(store: Store, valkey_url: str, prefix: str, tmp_path: Path) -> None:
    prometheus, port, seeded = tool("prometheus"), free_port(), Seeded(store)
    environ = process_environment({"PLEXSEND_REDIS_URL": valkey_url, "PLEXSEND_KEY_PREFIX": prefix})
    serve = [sys.executable, "-P", "-m", "plexsend", "serve", "metrics", "--port", "0", "--json"]
    with running(serve, env=environ, cwd=tmp_path) as served:
        assert served.stdout is not None
        target = json.loads(served.stdout.readline())["url"].removeprefix("http://")
        scrape = {"job_name": "plexsend", "static_configs": [{"targets": [target]}]}
        config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [scrape]}
        tmp_path.joinpath("prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
        command = [
            prometheus,
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error",
        ]
        with running(command, cwd=tmp_path):
            left, deadline = expressions("10s"), time.monotonic() + DEADLINE_S
            while left and time.monotonic() < deadline:
                seeded.pass_by()
                time.sleep(0.2)
                # It is not there yet.
                with suppress(OSError):
                    left = [*unanswered(f"http://127.0.0.1:{port}", left)]
    assert left == []
