"""deploy/make-secrets.sh, and a real Valkey that is started with its files as deploy/compose.yaml does."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from plexsend.outbox.redis.requirements import open_logs
from tests.deploy.composed import services
from tests.deploy.logins import SCRIPT, here, make, start_valkey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOOLS = (
    *("sh", "cat", "chmod", "cut", "dirname", "grep", "head", "ls", "mkdir"),
    *("mv", "od", "rm", "sed", "sha256sum", "tr"),
)
"""What the script needs."""
LOGINS = ("worker", "producer", "beat", "metrics", "reader", "admin")


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "secrets"
    done = make(folder, "user;key;with;more\n")
    assert done.returncode == 0, done.stderr
    return folder


def test_files_are_for_every_container_and_the_folder_for_its_owner_alone(secrets: Path) -> None:
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o644}
    assert secrets.joinpath("account-main").read_text("utf-8") == "user;key;with;more\n"


def test_no_secret_is_the_same_twice_and_none_is_printed(secrets: Path, tmp_path: Path) -> None:
    done = make(tmp_path / "other", "user;key")
    files = [path for folder in (secrets, tmp_path / "other") for path in folder.iterdir()]
    # What only a person knows is written there by a person.
    told = [path.read_text("utf-8") for path in files if path.name != "alertmanager-webhook"]
    assert len(set(told)) == len(told)
    assert not any(text.strip() in done.stdout + done.stderr for text in told)


def test_a_second_run_changes_nothing(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    assert make(secrets, "").returncode == 0
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before


@pytest.mark.parametrize("account", ["", "\n", "user", ";key", "user;"])
def test_what_is_not_an_account_is_refused_before_anything_is_made(account: str, tmp_path: Path) -> None:
    done = make(tmp_path / "secrets", account)
    assert (done.returncode, done.stderr.startswith("make-secrets: give one line userID;secret_key")) == (
        2,
        True,
    )
    assert list((tmp_path / "secrets").iterdir()) == []


@pytest.mark.parametrize("missing", ["sha256sum", "od", "head"])
def test_without_one_of_its_tools_nothing_is_made(missing: str, tmp_path: Path) -> None:
    """A password would be empty, or its hash, and what is there is never made anew."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS:
        if tool != missing:
            programs.joinpath(tool).symlink_to(str(shutil.which(tool)))
    line = [str(programs / "sh"), str(SCRIPT), str(tmp_path / "secrets")]
    environ = {"PATH": str(programs)}
    done = subprocess.run(line, input="user;key", capture_output=True, text=True, check=False, env=environ)
    assert (done.returncode, done.stderr) == (2, f"make-secrets: {missing} is missing; nothing was made\n")
    assert not (tmp_path / "secrets").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_on_a_full_disk_no_list_of_logins_is_made(tmp_path: Path) -> None:
    """The passwords of the example would be in force otherwise."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    folder.joinpath(".acl.new").symlink_to("/dev/full")
    done = make(folder, "user;key")
    assert done.returncode != 0
    assert not folder.joinpath("users.acl").exists()


@pytest.fixture(scope="module")
def port(secrets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    child, port = start_valkey(tmp_path_factory.mktemp("valkey"), secrets)
    yield port
    child.end()


@pytest.fixture
def connect(port: int) -> Iterator[Callable[..., Redis]]:
    """Connect with a login's URL, or without any."""
    opened: list[Redis] = []

    def connect(url: str = "redis://valkey:6379/0") -> Redis:
        opened.append(Redis.from_url(here(url, port), decode_responses=True))
        return opened[-1]

    yield connect
    for client in opened:
        with suppress(RedisError):
            client.close()


@pytest.mark.parametrize("login", LOGINS)
def test_every_url_is_that_of_a_login(login: str, secrets: Path, connect: Callable[..., Redis]) -> None:
    client: Any = connect((secrets / f"redis-url-{login}").read_text("utf-8"))
    assert client.ping()
    if login == "admin":
        assert client.acl_whoami() == "plexsend-admin"
        # The file of the server is in force, but for what compose says after it.
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert not open_logs(client.config_get("*log*")), "it would keep texts and numbers of messages"


def test_nobody_gets_in_without_a_login(connect: Callable[..., Redis]) -> None:
    with pytest.raises((AuthenticationError, NoPermissionError)):
        connect().ping()


def test_health_check_asks_with_a_login_that_may_do_nothing_else(connect: Callable[..., Redis]) -> None:
    words = shlex.split(services()["valkey"].facts["healthcheck"]["test"][1].partition("|")[0])
    user, password = words[words.index("--user") + 1], words[words.index("--pass") + 1]
    client = connect(f"redis://{user}:{password}@valkey:6379/0")
    assert client.ping()
    for call in (client.dbsize, client.acl_list, lambda: client.get("plexsend:{main}:s"), client.info):
        with pytest.raises(NoPermissionError):
            call()


def test_a_login_that_was_written_anew_counts_once_the_server_reads_its_list(
    secrets: Path, connect: Callable[..., Redis]
) -> None:
    """The way of the page to a new password: the file is written where it is, then ACL LOAD."""
    users = secrets / "users.acl"
    before = users.read_bytes()
    admin = connect((secrets / "redis-url-admin").read_text("utf-8"))
    try:
        users.write_text(re.sub(r"(user plexsend-reader on) #\w+", r"\1 >new", before.decode()), "utf-8")
        admin.acl_load()
        assert connect("redis://plexsend-reader:new@valkey:6379/0").ping()
        with pytest.raises(AuthenticationError):
            connect((secrets / "redis-url-reader").read_text("utf-8")).ping()
    finally:
        users.write_bytes(before)
        admin.acl_load()
