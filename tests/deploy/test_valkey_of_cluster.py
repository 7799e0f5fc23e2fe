"""The Valkey of deploy/kubernetes: set up as deploy/valkey.conf says, and started as the manifest does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, BusyLoadingError, NoPermissionError
from redis.exceptions import ConnectionError as NoConnection

from plexsend.outbox.redis.requirements import open_logs
from plexsend.stack import programs
from plexsend.stack.child import Child
from plexsend.stack.ports import free_port
from tests.deploy import composed
from tests.deploy.logins import here
from tests.deploy.manifests import KUBERNETES, read, valkey
from tests.deploy.tools import DEPLOY

if TYPE_CHECKING:
    from pathlib import Path


def test_valkey_is_set_up_as_on_a_machine_of_its_own() -> None:
    assert (
        KUBERNETES.joinpath("valkey/valkey.conf").read_bytes() == DEPLOY.joinpath("valkey.conf").read_bytes()
    )
    assert valkey().container["image"] == composed.services()["valkey"].facts["image"]


def gib(text: str) -> float:
    """Read a size of Kubernetes (Gi, Mi) or of Valkey (gb, mb)."""
    number, unit = re.fullmatch(r"(\d+)([GM]i|[gm]b)", text).groups()  # type: ignore[union-attr] # it fails the test
    return int(number) / (1 if unit[0] in "Gg" else 1024)


def test_memory_of_valkey_lets_it_rewrite_its_file() -> None:
    conf = DEPLOY.joinpath("valkey.conf").read_text("utf-8")
    (most,) = re.findall(r"^maxmemory (\w+)$", conf, re.MULTILINE)
    (small,) = [
        each["spec"]["template"]["spec"]["containers"][0]
        for each in read(KUBERNETES / "overlays/staging/small.yaml")
        if each["kind"] == "StatefulSet"
    ]
    *args, option, less = small["args"]
    assert (args, option) == (valkey().container["args"], "--maxmemory")
    for maxmemory, container in ((most, valkey().container), (less, small)):
        resources = container["resources"]
        assert gib(resources["limits"]["memory"]) >= 2 * gib(maxmemory)
        assert resources["limits"]["memory"] == resources["requests"]["memory"]


def test_valkey_of_the_cluster_starts_and_lets_in_the_logins_of_the_secrets(tmp_path: Path) -> None:
    made = tmp_path / "secrets"
    subprocess.run(
        [DEPLOY / "make-secrets.sh", made], input="user;key", text=True, capture_output=True, check=True
    )
    args = list(valkey().container["args"])
    at = args.index("--bind")
    # The test's own server is for this machine alone.
    args[at + 1 : at + 3] = ["127.0.0.1"]
    mounted = {
        "/etc/valkey/valkey.conf": str(KUBERNETES / "valkey/valkey.conf"),
        "/run/secrets/valkey/users.acl": str(made / "users.acl"),
        "/data": str(tmp_path),
    }
    port = free_port()
    conf, *options = [mounted.get(word, word) for word in args]
    settings = {"port": str(port)}
    child = Child(programs.server(tmp_path, tmp_path / "log", settings, conf, *options, environ=os.environ))
    child.start()
    try:
        probe = Redis(port=port, username="plexsend-probe", password="probe")
        answers(probe, child)
        with pytest.raises(NoPermissionError):
            probe.get("plexsend:format")
        with pytest.raises(AuthenticationError):
            Redis(port=port).ping()
        for login in ("worker", "producer", "beat", "metrics"):
            url = made.joinpath(f"redis-url-{login}").read_text("utf-8").strip()
            assert "@valkey:6379/" in url
            assert Redis.from_url(url.replace("@valkey:6379/", f"@127.0.0.1:{port}/")).ping()
        url = here(made.joinpath("redis-url-admin").read_text("utf-8"), port)
        config = Redis.from_url(url, decode_responses=True).config_get("*log*")
        assert not open_logs({str(k): str(v) for k, v in config.items()}), (
            "it would keep texts and numbers of messages"
        )
    finally:
        child.send(signal.SIGKILL)
        child.wait(15)


def answers(client: Redis, child: Child) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + 15
    while child.is_running and time.monotonic() < deadline:
        try:
            assert client.ping()
        except (NoConnection, BusyLoadingError):
            time.sleep(0.02)
        else:
            return
    pytest.fail("Valkey does not start")
