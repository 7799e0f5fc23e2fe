"""Whatever stands in the environment: settings, or SettingsError that shows no value."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.errors import SettingsError
from plexsend.gateway.environment import read_settings
from plexsend.gateway.services import SERVICES
from plexsend.settings import VARIABLES
from tests.fuzz.effort import examples, shortest_s
from tests.fuzz.hostile import SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PLAIN = [variable.name for variable in VARIABLES if "<" not in variable.name]
SUFFIXES = ["", "_FILE", *(f"_{service.upper().replace('-', '_')}" for service in SERVICES), "_NONE"]
NAMES = st.one_of(
    st.builds(lambda name, suffix: name + suffix, st.sampled_from(PLAIN), st.sampled_from(SUFFIXES)),
    st.sampled_from(["MAIN", "MY_SHOP", "FILE", "", "_", "é", "MMS_BULK", "A" * 40, "X_FILE"]).map(
        "PLEXSEND_ACCOUNT_".__add__
    ),
    st.sampled_from(["MMS", "RCS", "RCS_MMS", "SMS", "LMS", "MSM"]).map(lambda word: f"PLEXSEND_{word}_URL"),
    st.text(st.characters(), max_size=8).map("PLEXSEND_".__add__),
    st.sampled_from(["plexsend_rate", "PLEXſEND_RATE", "PLEXSEND", "PLEXSEND_" + "RATE" * 200]),
)
PARTS = st.sampled_from(
    [
        SECRET,
        "redis://",
        "rediss://",
        "sentinel://",
        "unix://",
        "https://",
        "http://",
        "@",
        ":",
        "/",
        "?",
        "#",
        ";",
        "%",
        "%00",
        "%ff",
        "%zz",
        ",",
        "&",
        "=",
        "master=",
        "db=",
        "ssl_cert_reqs=none",
        "[::1]",
        "127.0.0.1",
        "localhost",
        "6379",
        "99999",
        "0",
        "-1",
        "1e400",
        "nan",
        "١",
        " ",
        "\n",
        "\0",
        "\ud800",
        "가",
        "true",
        "v2",
        "..",
        "9" * 5000,
        "{}",
        "*",
    ]
)
VALUES = st.lists(PARTS, max_size=8).map("".join) | st.text(st.characters(), max_size=20)


def check(environ: Mapping[str, str]) -> None:
    try:
        settings = read_settings(environ)
    except SettingsError as exc:
        told = f"{exc} {exc!r} {exc.__cause__!r}"
    else:
        told = f"{settings!r} {settings.redis} {settings.broker} {settings.warnings!r}"
        # A host or a path may be called anything, and is shown.
        told = told.replace(repr(settings.redis.shown), "").replace(repr(settings.broker.shown), "")
        told = told.replace(str(settings.redis), "").replace(str(settings.broker), "")
        told = told.replace(repr(settings.redis), "").replace(repr(settings.broker), "")
        told = told.replace(repr(dict(settings.base_urls)), "")
        told = told.replace(settings.key_prefix, "")
    assert SECRET.lower() not in told.lower()


@examples(250)
@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_whatever_is_set_is_read_or_told_without_its_value(environ: dict[str, str]) -> None:
    check(environ)


LOGINS = st.sampled_from(["{}", ":{}@", "u:{}@", "{}:{}@", "u:{}%zz@", "u:p{}#@", "u:{}@x@", "u:{}/@"])
ADDRESSES = st.builds(
    lambda scheme, login, rest: scheme + login.replace("{}", SECRET) + rest,
    st.sampled_from(["redis://", "rediss://", "sentinel://", "unix://", "redis:", "", "rediss+x://"]),
    LOGINS,
    st.sampled_from(
        [
            "h:6379/0",
            "h",
            "h:x",
            "h,h/0?master=m",
            "/run/s?db=1",
            "h/0?password=" + SECRET,
            "h/a",
            "h?x=1&x=2",
            "[::",
        ]
    ),
)


@examples(150)
@given(st.sampled_from(["PLEXSEND_REDIS_URL", "PLEXSEND_BROKER_URL"]), ADDRESSES)
def test_no_login_in_an_address_is_ever_shown(name: str, address: str) -> None:
    try:
        settings = read_settings({name: address})
    except SettingsError as exc:
        told = str(exc)
    else:
        login = any(f"{SECRET}{mark}" in address for mark in ("@", ":"))
        told = f"{settings!r} {settings.redis} {settings.broker}" if login else ""
    assert SECRET not in told


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"\xff" * 100,
        SECRET.encode() * 1000,
        f"u;{SECRET} x".encode(),
        f"{SECRET}\n{SECRET}".encode(),
    ],
)
@pytest.mark.parametrize("name", ["PLEXSEND_ACCOUNT_MAIN_FILE", "PLEXSEND_REDIS_URL_FILE"])
def test_whatever_a_secrets_file_holds_it_is_not_shown(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        read_settings({name: str(path)})
    assert SECRET not in f"{refused.value} {refused.value.__cause__!r}"


def make_place(kind: str, folder: Path) -> str:
    path = folder / "place"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    elif kind == "loop":
        path.symlink_to(path)
    return {"zero": "/dev/zero", "folder": str(folder), "long": "x" * 5000, "deep": "x/" * 3000}.get(
        kind, str(path)
    )


@pytest.mark.parametrize("kind", ["pipe", "socket", "loop", "zero", "folder", "long", "deep", "missing"])
@pytest.mark.parametrize("name", ["PLEXSEND_ACCOUNT_MAIN_FILE", "PLEXSEND_REDIS_URL_FILE"])
def test_a_secrets_file_that_is_none_is_refused_without_waiting_for_it(
    name: str, kind: str, tmp_path: Path
) -> None:
    place = make_place(kind, tmp_path)

    def read() -> None:
        with pytest.raises(SettingsError):
            read_settings({name: place})

    assert shortest_s(read, times=1) < 2


def test_a_relative_file_is_told_where_there_is_no_folder_to_begin_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        with pytest.raises(SettingsError):
            read_settings({"PLEXSEND_ACCOUNT_MAIN_FILE": "secret"})
    finally:
        os.chdir(tmp_path)


def test_thousands_of_unknown_names_are_told_in_a_moment() -> None:
    environ: dict[str, Any] = {f"PLEXSEND_RATE_{i}": SECRET for i in range(1000)}
    assert shortest_s(lambda: check(environ), times=1) < 10
