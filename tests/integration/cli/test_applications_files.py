"""docs/applications.md: its files, run as a framework, a process of its own or pytest runs them."""

from __future__ import annotations

import ast
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.clock import elapsed_s
from plexsend.gateway.environment import read_settings
from plexsend.producers import Producer
from tests.integration.cli.conftest import process_environment
from tests.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

PAGE = Page.of("docs/applications.md")
FILES = {
    code.splitlines()[0].removeprefix("# "): code for code in PAGE.blocks("python") if code.startswith("# ")
}
DRIVEN = {
    "orders_results.py",
    "orders/models.py",
    "orders/shipping.py",
    "orders/management/commands/hear_results.py",
    "orders_api.py",
    "orders_tasks.py",
    "test_orders.py",
}
DEADLINE_S = 60


def test_every_file_of_the_page_is_run_here() -> None:
    assert set(FILES) == DRIVEN


def function(name: str) -> str:
    """Return the source of a function that a block of the page defines."""
    for code in PAGE.blocks("python"):
        for node in ast.parse(code).body:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return ast.get_source_segment(code, node) or ""
    raise LookupError(name)


@pytest.fixture
def lay(tmp_path: Path) -> Callable[..., Path]:
    """Lays files of the page, and others, into a folder."""

    def lay(*names: str, **others: str) -> Path:
        named = {name: FILES[name] for name in names}
        for name, text in (named | {f"{name}.py": text for name, text in others.items()}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path

    return lay


def run(folder: Path, *line: str, **settings: str) -> str:
    """Run a program of a folder to its end, and return what it printed."""
    done = subprocess.run(
        [sys.executable, *line],
        cwd=folder,
        env=process_environment(settings) | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wait_until(is_there: Callable[[], Any]) -> Any:
    until = elapsed_s() + DEADLINE_S
    while not (found := is_there()):
        assert elapsed_s() < until
    return found


def test_a_process_of_its_own_hears_until_it_is_stopped(
    lay: Callable[..., Path], environment: dict[str, str], store: Store, tmp_path: Path
) -> None:
    database = tmp_path / "orders.db"
    table = "CREATE TABLE messages (msg_key TEXT PRIMARY KEY, state TEXT, rank INTEGER)"
    with sqlite3.connect(database) as connection:
        connection.execute(table)
    orders = f"import sqlite3\n\ndatabase = sqlite3.connect({str(database)!r})\n\n\n{function('note')}\n"
    folder = lay("orders_results.py", orders=orders)
    producer = Producer(read_settings(environment), store)
    words: dict[str, Any] = {"to": "010-2345-6789", "from_": "02-2123-4567", "text": "m"}
    # Before the process was ever there.
    producer.send("sms-standard", msg_key="first", **words)
    producer.cancel("first")
    process = subprocess.Popen(
        [sys.executable, "orders_results.py"],
        cwd=folder,
        env=process_environment(environment),
        stderr=subprocess.PIPE,
        text=True,
    )
    rows = "SELECT msg_key, state, rank FROM messages ORDER BY msg_key"
    try:
        assert wait_until(lambda: sqlite3.connect(database).execute(rows).fetchall()) == [
            ("first", "cancelled", 2)
        ]
        process.send_signal(signal.SIGSTOP)
        for key in ("gone", "heard"):
            producer.send("sms-standard", msg_key=key, **words)
            producer.cancel(key)
        store.client.xtrim(store.keys.results("main"), maxlen=1, approximate=False)
        process.send_signal(signal.SIGCONT)
        assert wait_until(lambda: sqlite3.connect(database).execute(rows).fetchall()[1:]) == [
            ("heard", "cancelled", 2)
        ]
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0
        assert "plexsend results replay orders --since" in said
    finally:
        process.kill()
        process.wait()


ASKED = """
import logging
from datetime import UTC, datetime

import plexsend

def hears_all(given):
    # A new name begins at the start, and what was missed is logged with what mends it.
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logging.getLogger().addHandler(handler)
    missed = plexsend.ResultsMissed("r", "main", datetime.now(UTC), datetime.now(UTC), "they were trimmed")
    given["on_missed"](missed)
    logging.getLogger().removeHandler(handler)
    assert given["from_start"] is True, given
    (record,) = records
    assert record.levelname == "ERROR", record
    assert "plexsend results replay r" in record.getMessage(), record

def spy(name):
    asked, real = [], getattr(plexsend, name)

    def call(**given):
        asked.append(given)
        return real(**given)

    setattr(plexsend, name, call)
    return asked
"""
"""What the programs below share: what an example asks of a loop over results."""

DJANGO = """
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="k", ROOT_URLCONF="urls", INSTALLED_APPS=["orders"], ALLOWED_HOSTS=["*"], USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client, RequestFactory
from orders.models import Order
from orders.shipping import ship
from asked import hears_all, spy
from plexsend.testing import MemoryOutbox

asked = spy("results")
with connection.schema_editor() as editor:
    editor.create_model(Order)
for order_id in (17, 18, 19):
    Order.objects.create(pk=order_id, phone="010-2345-6789")

with MemoryOutbox() as outbox:
    keys = lambda: [message.msg_key for message in outbox.submitted]
    assert Client().post("/orders/17/ship").json() == {"status": "shipped"}
    assert Client().post("/orders/17/ship").json() == {"status": "shipped"}
    assert keys() == ["order-17-shipped"], keys()
    try:
        with transaction.atomic():
            ship(RequestFactory().post("/"), 18)
            raise RuntimeError
    except RuntimeError:
        pass
    assert Order.objects.get(pk=18).status == "paid"
    assert keys() == ["order-17-shipped"], keys()
    with outbox.away():
        assert Client().post("/orders/19/ship").json() == {"status": "shipped"}
    assert keys() == ["order-17-shipped"], keys()

    outbox.accept("order-17-shipped")
    call_command("hear_results")
    assert Order.objects.get(pk=17).message_state == "accepted"
    outbox.deliver("order-17-shipped")
    call_command("hear_results")
    order = Order.objects.get(pk=17)
    assert (order.message_state, order.message_rank) == ("delivered", 6)
hears_all(asked[0])
"""


def test_django(lay: Callable[..., Path]) -> None:
    urls = "from django.urls import path\nfrom orders.shipping import ship\n"
    urls += "urlpatterns = [path('orders/<int:order_id>/ship', ship)]\n"
    names = ("orders/models.py", "orders/shipping.py", "orders/management/commands/hear_results.py")
    folder = lay(*names, drive=DJANGO, asked=ASKED, urls=urls)
    for package in ("orders", "orders/management", "orders/management/commands"):
        (folder / package / "__init__.py").touch()
    run(folder, "drive.py")


FASTAPI = """
import asyncio
import json
import logging
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import plexsend
from asked import hears_all, spy

asked = spy("aresults")
from orders_api import app, report_end
from plexsend.gateway.environment import read_settings
from plexsend.outbox.redis.store import Store
from plexsend.outbox.results.overview import list_readers
from plexsend.testing import MemoryOutbox


@asynccontextmanager
async def serving():
    # What a server does: it starts the application, and stops it.
    came, sent = asyncio.Queue(), asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    task = asyncio.create_task(app(scope, came.get, sent.put))
    await came.put({"type": "lifespan.startup"})
    assert (await sent.get())["type"] == "lifespan.startup.complete"
    yield
    await came.put({"type": "lifespan.shutdown"})
    assert (await sent.get())["type"] == "lifespan.shutdown.complete"
    await task


async def call(method, url):
    path, query = urlsplit(url).path, urlsplit(url).query
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(body) if body else None


async def heard():
    return (await call("GET", "/orders/17/message"))[1]["state"]


async def drive():
    settings = read_settings()
    store = Store.connect(settings.redis, settings.key_prefix)
    url = "/orders/17/shipped?phone=010-2345-6789"
    async with serving():
        assert await call("POST", url) == (200, {"msg_key": "order-17-on-its-way"})
        status, answer = await call("POST", url.replace("2345", "1345"))
        assert (status, "receiver_number" in answer["detail"][0]) == (422, True), answer
        while not list_readers(store):
            await asyncio.sleep(0.01)
        assert await heard() == "unheard"
        assert plexsend.cancel("order-17-on-its-way").done
        while await heard() == "unheard":
            await asyncio.sleep(0.01)
        assert await heard() == "cancelled"
    with MemoryOutbox() as outbox, outbox.away():
        assert (await call("POST", url))[0] == 503
    store.close()
    hears_all(asked[0])
    await says_that_it_ended()


async def says_that_it_ended():
    async def fail():
        raise RuntimeError("refused")

    said = []
    handler = logging.Handler()
    handler.emit = said.append
    logging.getLogger().addHandler(handler)
    task = asyncio.create_task(fail())
    task.add_done_callback(report_end)
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert [record.levelname for record in said] == ["CRITICAL"]


asyncio.run(asyncio.wait_for(drive(), 50))
"""


def test_fastapi(lay: Callable[..., Path], environment: dict[str, str], store: Store) -> None:
    del store  # clears the keys afterwards
    run(lay("orders_api.py", drive=FASTAPI, asked=ASKED), "drive.py", **environment)


CELERY = """
import plexsend
from asked import hears_all, spy
from celery import Celery
from plexsend.testing import MemoryOutbox

asked = spy("results")

app = Celery("orders", set_as_current=True)
app.conf.task_always_eager = True
from orders_tasks import hear_results, sent, tell_shipped

real = plexsend.send
failures = [plexsend.OutboxUnavailable("Redis is away")]

def send(*args, **words):
    if failures:
        raise failures.pop()
    return real(*args, **words)

with MemoryOutbox() as outbox:
    plexsend.send = send
    tell_shipped.delay(17, "010-2345-6789")
    assert failures == []
    assert [message.msg_key for message in outbox.submitted] == ["order-17-told"]
    assert tell_shipped.delay(18, "010-1234").failed()
    outbox.deliver("order-17-told")
    hear_results.delay()
    hear_results.delay()
    assert sent == [("order-17-told", "accepted"), ("order-17-told", "delivered")], sent
hears_all(asked[0])
assert asked[0]["patience_s"] < 60
"""


def test_celery(lay: Callable[..., Path]) -> None:
    run(lay("orders_tasks.py", drive=CELERY, asked=ASKED), "drive.py")


BEFORE_ANY_TEST = """
import sys

def test_what_pytest_has_loaded():
    heavy = ("redis", "marshmallow", "plexsend.producers", "plexsend.testing.memory", "celery")
    assert "plexsend.testing.fixture" in sys.modules
    assert [name for name in heavy if name in sys.modules] == []

def test_the_outbox_is_empty(plexsend_outbox):
    assert plexsend_outbox.submitted == []
"""


def test_tests_of_an_application(lay: Callable[..., Path]) -> None:
    folder = lay("test_orders.py", orders=function("confirm"), test_a_first=BEFORE_ANY_TEST)
    # The fixture is given by hand: whether its entry point is installed here is not the question.
    plugins = ("-p", "no:cacheprovider", "-p", "no:plexsend", "-p", "plexsend.testing.fixture")
    assert "7 passed" in run(folder, "-m", "pytest", "-q", "-W", "error", *plugins, ".")
