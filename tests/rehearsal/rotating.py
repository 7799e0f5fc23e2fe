"""Secrets changed under load: the account's, each password of Redis, the one of receipts."""

from __future__ import annotations

import hashlib
import re
import time
from secrets import token_hex
from typing import TYPE_CHECKING

from tests.rehearsal.credentials import USER
from tests.rehearsal.monitoring import POSTED_S

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

_RATE_PER_S = 40
_WITHIN_S = 30.0
_SETTLES_S = 5.0
_COMES_BACK_S = 1.5
"""A process looks at its file at most once a second."""


def rotate(stage: Stage, shown: Shown) -> None:
    """Change one after another; nothing is started anew."""
    stage.load(_RATE_PER_S)
    time.sleep(_SETTLES_S)
    _account(stage, shown)
    _passwords(stage, shown)
    _receipts(stage, shown)
    stage.pause_load()
    shown.fact("what was left is sent", f"in {stage.wait_empty():.0f} s")


def _account(stage: Stage, shown: Shown) -> None:
    secret = stage.credentials.new_account()
    changed_at = time.time()
    began = time.monotonic()
    stage.order(secrets={USER: secret})
    # A person reads what is held, and why, and then writes the new secret.
    stage.wait(lambda: "auth" in stage.fleet.must("holds", allow=(0, 1)), "the account is held")
    held_s = time.time() - changed_at
    stage.wait(lambda: stage.monitoring.is_firing("PlexsendSecretRefused"), "the alert fires", _WITHIN_S)
    time.sleep(POSTED_S)
    stage.elsewhere["PlexsendSecretRefused"] = (began, time.monotonic())
    stage.credentials.put_account(secret)
    put_at = time.time()
    stage.wait(lambda: _accepted_since(stage, put_at), "messages are accepted with the new secret", _WITHIN_S)
    took_s = time.time() - put_at
    shown.fact("the gateway refuses the account's secret: the account is held", f"after {held_s:.1f} s")
    shown.fact("the new one is in the file: messages go", f"after {took_s:.1f} s, nobody resumed anything")


def _passwords(stage: Stage, shown: Shown) -> None:
    since = time.time()
    for login in stage.credentials.logins():
        _change_password(stage, login)
    # The server's file says the same as the server: else its next start would bring the old ones back.
    stage.redis.acl_load()
    done_at = time.time()
    stage.wait(lambda: _accepted_since(stage, done_at), "messages go with the new passwords", _WITHIN_S)
    went_s = time.time() - done_at
    for instance in list(stage.fleet.instances.values()):
        if instance.service.takes_settings:
            stage.fleet.wait_well(instance.name, _WITHIN_S)
    taken = sum(1 for at in stage.added().values() if since < at < done_at)
    words = (
        f"messages go {went_s:.1f} s after the last; {taken} were taken in meanwhile; all processes are well"
    )
    shown.fact(f"passwords of {len(stage.credentials.logins())} logins of Redis", words, good=taken > 0)


def _change_password(stage: Stage, login: str) -> None:
    old, new = stage.credentials.password(login), stage.credentials.new_password()
    _allow(stage, login, f">{new}")
    stage.credentials.put_password(login, new)
    stage.put_url()
    if login == "admin":
        stage.connect()
    else:
        # Whoever comes back reads the file.
        stage.redis.client_kill_filter(user=f"plexsend-{login}")
    time.sleep(_COMES_BACK_S)
    _allow(stage, login, f"<{old}")
    digest = hashlib.sha256(new.encode()).hexdigest()
    lines = re.sub(
        rf"(?m)^(user plexsend-{login} on )#[0-9a-f]+",
        rf"\g<1>#{digest}",
        stage.credentials.get("users.acl"),
    )
    stage.credentials.put("users.acl", f"{lines}\n")


def _allow(stage: Stage, login: str, rule: str) -> None:
    stage.redis.execute_command("ACL", "SETUSER", f"plexsend-{login}", rule)  # type: ignore[no-untyped-call]


def _receipts(stage: Stage, shown: Shown) -> None:
    old, new = stage.credentials.receipt, token_hex(16)
    stage.credentials.put_receipt(new, old)
    time.sleep(_SETTLES_S)
    before = stage.order()["receipts"]
    stage.order(receipts_to=stage.receipts_url(new))
    time.sleep(_SETTLES_S)
    after = stage.order()["receipts"]
    taken, refused = (after[name] - before[name] for name in ("taken", "refused"))
    shown.fact("receipts under the new secret beside the old one", f"{taken} taken, {refused} refused",
               good=taken > 0 and refused == 0)  # fmt: skip
    stage.credentials.put_receipt(new)
    time.sleep(_SETTLES_S)
    left = stage.order(receipts_to=stage.receipts_url(old), strangers=1)
    time.sleep(2)
    refused = (
        stage.order(receipts_to=stage.receipts_url(new))["receipts"]["refused"] - left["receipts"]["refused"]
    )
    shown.fact("the old secret is taken out: posts under it", f"{refused} refused", good=refused > 0)
    stage.wait(lambda: stage.order()["receipts"]["open"] < 50, "refused receipts are posted again", 60)
    given_up = stage.order()["receipts"]["given_up"]
    shown.fact("receipts that the gateway gave up", f"{given_up}", good=given_up == 0)


def _accepted_since(stage: Stage, at: float) -> bool:
    return any(each.accepted and each.at > at for each in stage.requests())
