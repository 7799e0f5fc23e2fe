"""The reader of compose files: what it makes of ours, and what it refuses to guess at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsal.compose import Mount, NotReadable, read
from tests.rehearsal.fleet import FIRST_HOST, NOT_TO_BE_HAD

COMPOSE = Path(__file__).parents[3] / "deploy" / "compose.yaml"

SMALL = """
x-worker: &worker
  command: [plexsend, worker, --concurrency, "16"]
  env_file: [{path: plexsend.env, required: false}]
services:
  worker:
    <<: *worker
    image: ${IMAGE:-plexsend:local}
    environment: {PLEXSEND_LOG: json, PLEXSEND_KEEP_DAYS: 7}
    secrets: [account-main, {source: redis-url-worker, target: redis-url}]
    volumes: ["state:/var/lib/state", "./valkey.conf:/etc/valkey.conf:ro"]
    scale: 2
    healthcheck: {test: [CMD, plexsend, health, worker]}
  people:
    <<: *worker
    profiles: [commands]
  prometheus:
    image: docker.io/prom/prometheus:v3
    command: [--config.file=x]
    healthcheck: {test: [CMD-SHELL, "true | true"]}
volumes: {state: }
secrets: {account-main: {file: a}, redis-url-worker: {file: b}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "compose.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_service_is_read_with_its_settings_files_and_health(tmp_path: Path) -> None:
    worker = read(write(tmp_path, SMALL), {})["worker"]
    assert worker.command == ("plexsend", "worker", "--concurrency", "16")
    assert worker.environment == {"PLEXSEND_LOG": "json", "PLEXSEND_KEEP_DAYS": "7"}
    assert worker.secrets == {
        "/run/secrets/account-main": "account-main",
        "/run/secrets/redis-url": "redis-url-worker",
    }
    state, conf = worker.mounts
    assert (state, state.is_volume) == (Mount("state", "/var/lib/state"), True)
    assert (conf, conf.is_volume) == (Mount("./valkey.conf", "/etc/valkey.conf", read_only=True), False)
    assert (worker.scale, worker.health) == (2, ("plexsend", "health", "worker"))
    assert worker.is_started
    assert worker.takes_settings


def test_a_profile_is_not_started_and_an_image_names_its_program(tmp_path: Path) -> None:
    found = read(write(tmp_path, SMALL), {})
    assert not found["people"].is_started
    assert found["prometheus"].command == ("prometheus", "--config.file=x")
    assert found["prometheus"].health == ("sh", "-c", "true | true")
    assert not found["prometheus"].takes_settings


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('[plexsend, worker, --concurrency, "16"]', "plexsend worker", "write it as a list"),
        ("secrets: [account-main,", "secrets: [account-second,", "the secret account-second"),
        ('["state:/var', '["other:/var', "the volume other"),
        ('["state:/var/lib/state",', '["state",', "has no source"),
    ],
)  # fmt: skip
def test_what_it_would_have_to_guess_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in SMALL
    with pytest.raises(NotReadable, match=says):
        read(write(tmp_path, SMALL.replace(old, new)), {})


def test_variables_are_filled_in(tmp_path: Path) -> None:
    text = SMALL.replace("PLEXSEND_LOG: json", 'PLEXSEND_LOG: "${LOG:-text} $$5 ${NOTHING}"')
    assert read(write(tmp_path, text), {})["worker"].environment["PLEXSEND_LOG"] == "text $5 "
    assert read(write(tmp_path, text), {"LOG": "json"})["worker"].environment["PLEXSEND_LOG"] == "json $5 "


def test_every_service_of_ours_has_a_host_and_a_command() -> None:
    services = {name: each for name, each in read(COMPOSE, {}).items() if each.is_started}
    assert services.keys() - NOT_TO_BE_HAD == FIRST_HOST.keys()
    assert [name for name, each in services.items() if not each.command and name not in NOT_TO_BE_HAD] == []
    assert [name for name, each in services.items() if not each.health] == []
