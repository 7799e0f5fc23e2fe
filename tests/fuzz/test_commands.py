"""Whatever is typed: exit code 0, 1 or 2, never a traceback, and JSON where JSON was asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from plexsend.cli.app import app
from plexsend.outbox.lanes import Lane
from plexsend.outbox.submit import NewMessage, Submitter
from tests.fuzz.effort import examples
from tests.fuzz.hostile import NUMBER, SECRET

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

COMMANDS = {
    "send": ["--to", "--from", "--text", "--title", "--image", "--key", "--field", "--msg-type", "--account",
             "--send-at", "--expires-at", "--replace"],
    "check": ["--service", "--format", "--encoding", "--msg-type", "--replace", "--key-column",
              "--mend-numbers"],
    "import": ["--service", "--format", "--encoding", "--msg-type", "--replace", "--account", "--send-at",
               "--expires-at", "--name", "--key-column", "--changed", "--resume", "--mend-numbers"],
    "status": ["--account"],
    "why": ["--account"],
    "cancel": ["--account"],
    "lanes": [],
    "holds": ["--account"],
    "pause": ["--reason", "--by"],
    "resume": [],
    "dead list": ["--code", "--lane", "--all", "--account"],
    "dead requeue": ["--code", "--lane", "--all", "--account"],
    "dead drop": ["--code", "--lane", "--all", "--account", "--yes"],
    "uncertain list": ["--lane", "--account"],
    "uncertain settle": ["--account"],
    "audit": [],
    "nothing": [],
    "dead": [],
    "uncertain": [],
}  # fmt: skip
"""Those that end by themselves, with their options."""

WORDS = st.sampled_from(
    [
        "",
        " ",
        "-",
        "--",
        "k1",
        "main",
        "shop",
        "mms-bulk",
        "rcs-mms-bulk",
        "lms-bulk",
        "mms-bulk@main",
        "nobody@main",
        "lane:x@y",
        "service:mms-bulk",
        "account:shop",
        "@",
        ":",
        "a" * 300,
        "\udcff",
        "\udcff@main",
        "가",
        "accepted",
        "resend",
        "failed",
        "RMM",
        "utf-8",
        "cp949",
        "csv",
        "jsonl",
        "rows.csv",
        "rows.jsonl",
        "nothing.csv",
        ".",
        "/dev/zero",
        "pipe.csv",
        "a/b",
        "15881234",
        "01023456789",
        "http://x/y",
        "maapfile://a",
        "header=0",
        "msg=x",
        "msg.body=x",
        "buttons=[[",
        "=",
        "a=b",
        "2026-03-01T09:00:00+09:00",
        "2026-03-01",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "C100",
        "%s%n",
        "{}",
        "*",
        "\x1b[2J",
        "9" * 400,
        "-5",
        "1e400",
        "--help",
        "--version",
        "--traceback",
        f"user;{SECRET}",
        f"--account={SECRET}",
    ]
)
REQUIRED = {
    "send": ["mms-bulk", "--to=01023456789", "--from=15881234", "--text=-"],
    "check": ["rows.csv", "--service=lms-bulk"],
    "import": ["rows.jsonl", "--service=lms-bulk"],
    "pause": ["main", "--reason=r"],
    "resume": ["main"],
    "status": ["k1"],
    "why": ["k1"],
    "cancel": ["k1"],
    "dead requeue": ["--all"],
    "dead drop": ["--all"],
    "uncertain settle": ["k1", "accepted"],
}
OPTIONS = st.sampled_from(sorted({option for known in COMMANDS.values() for option in known}))
LINES = st.builds(
    lambda name, as_json, whole, more: [
        *name.split(),
        # In front, where no option can take it for its value.
        *(["--json"] if as_json else []),
        *(REQUIRED.get(name, []) if whole else []),
        *more,
    ],
    st.sampled_from(sorted(COMMANDS)),
    st.booleans(),
    st.booleans(),
    st.lists(WORDS | OPTIONS, max_size=5),
)


@pytest.fixture
def environment(
    valkey_url: str, prefix: str, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """An installation with a few messages, and a folder with a few files."""
    monkeypatch.chdir(tmp_path)
    body = f'{{"msg":"{SECRET}","receiver_number":"{NUMBER}"}}'.encode()
    for lane in (
        Lane("mms-bulk", None, "main"),
        Lane("mms-bulk", None, "shop"),
        Lane("rcs-mms-bulk", "RMM", "main"),
    ):
        Submitter(store).add(
            lane, [NewMessage(f"{key}{lane.variant or ''}", body) for key in ("k1", "k2")], stamp="x"
        )
    Path("rows.csv").write_bytes(b"sender_number,receiver_number,msg\n15881234,01023456789,hello\n\xff,2,3\n")
    Path("rows.jsonl").write_bytes(
        b'{"sender_number":"15881234","receiver_number":"01023456789","msg":"x"}\n[\n'
    )
    os.mkfifo("pipe.csv")
    return {
        "PLEXSEND_REDIS_URL": valkey_url,
        "PLEXSEND_KEY_PREFIX": prefix,
        "PLEXSEND_ACCOUNT_MAIN": f"user-main;{SECRET}",
    }


def run(args: list[str], environment: dict[str, str], typed: bytes = b"") -> None:
    result = CliRunner().invoke(app, args, input=typed, env=environment)
    told = f"{args}: {result.exit_code} {result.output[-600:]!r}"
    assert result.exception is None or isinstance(result.exception, SystemExit), told
    assert result.exit_code in (0, 1, 2), told
    assert "Traceback" not in result.output, told
    assert "itself failed" not in result.output, told
    # What was typed may be told again; what was stored or set may not.
    if not any(SECRET in word for word in args):
        assert SECRET not in result.output, told
    assert NUMBER not in result.output, told
    if "--json" in args[:3] and not {"--help", "-h", "--version"} & set(args):
        for line in [*result.stdout.splitlines(), *result.stderr.splitlines()]:
            assert isinstance(json.loads(line), dict), told


@examples(250)
@given(LINES, st.sampled_from([b"", b"text", b"\xff\xfe\0", "가".encode("cp949"), b"\xed\xa0\x80"]))
def test_whatever_is_typed_ends_with_a_code_and_a_sentence(
    environment: dict[str, str], args: list[str], typed: bytes
) -> None:
    run(args, environment, typed)


SEND = [
    "send",
    "rcs-mms-bulk",
    "--msg-type=RMM",
    "--to=01023456789",
    "--from=15881234",
    "--key=k9",
    "--title=t",
]


@pytest.mark.parametrize(
    "args",
    [
        ["status", "\udcff"],
        ["why", "\udcff"],
        ["cancel", "\udcff"],
        ["dead", "requeue", "\udcff"],
        ["dead", "list", "k1", "\udcff"],
        ["uncertain", "settle", "\udcff", "resend"],
        [*SEND, "--text=x", "--field=msg=x"],
        [*SEND, "--text=x", "--field=msg.body=x"],
        [*SEND, "--text=x", "--field=msg.body.title.x=y"],
        [*SEND, "--text=x", "--field=a.b=c", "--field=a=d"],
        [*SEND, "--text=-"],
        ["import", "x" * 5000, "--service=mms-bulk", "--format=csv"],
        ["import", "가" * 82 + ".csv", "--service=mms-bulk"],
    ],
)
def test_what_once_failed_is_told(environment: dict[str, str], args: list[str]) -> None:
    run(
        [args[0], "--json", *args[1:]] if args[0] not in ("dead", "uncertain") else [*args, "--json"],
        environment,
    )
    run(args, environment, b"\xff\xfe")


@pytest.mark.parametrize("command", ["up", "demo", "sandbox"])
@pytest.mark.parametrize(
    "args",
    [
        ["--nothing"],
        ["--port", "x"],
        ["--port", "65536"],
        ["--workers", "0", "--sandbox-port", "-1"],
        ["--account", "x", "--port", "99999"],
        ["--rate", "nan", "--credit", "-1"],
        ["x", "\udcff"],
    ],
)
def test_what_starts_processes_refuses_before_it_starts_any(
    environment: dict[str, str], command: str, args: list[str]
) -> None:
    run([command, *args], environment)
    run([command, "--json", *args], environment)


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", f"redis://:{SECRET}@127.0.0.1:1", "x", f"redis://{SECRET}@", ""]
)
@pytest.mark.parametrize(
    "command", ["status k1", "lanes", "audit", "holds", "pause main --reason r", "dead list"]
)
def test_without_a_server_every_command_says_so(environment: dict[str, str], command: str, url: str) -> None:
    run([*command.split(), "--json"], environment | {"PLEXSEND_REDIS_URL": url})
    run(command.split(), environment | {"PLEXSEND_REDIS_URL": url})


@pytest.mark.parametrize(
    "args", [[b"status", b"\xff"], [b"\xff"], [b"check", b"\xff.csv", b"--service", b"mms-bulk"]]
)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_process_takes_bytes_that_are_no_text(
    environment: dict[str, str], args: list[Any], locale: str
) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("plexsend")), *args, b"--json"],
        env={**os.environ, **environment, "LC_ALL": locale, "PYTHONUTF8": "0"},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert b"itself failed" not in done.stderr
    assert [json.loads(line)["error"]["exit_code"] for line in done.stderr.splitlines()] == [done.returncode]
