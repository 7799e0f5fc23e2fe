"""The functions that applications import, each in a process of its own: they hold for a whole process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def _run(code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("PLEXSEND_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_submit_status_and_cancel_need_the_environment_alone(
    valkey_url: str, store: Store, make_item: Any
) -> None:
    code = (
        "import json\n"
        "from producers import cancel, status, submit\n"
        f"item = json.loads({json.dumps(make_item(msg_key='k'))!r})\n"
        "submission = submit('mms-bulk', [item], account='shop')\n"
        "assert [each.msg_key for each in submission.added] == ['k']\n"
        "assert status('k').state == 'waiting' and status('k', account='main') is None\n"
        "assert cancel('k', account='shop').done\n"
        "print(status('k').state)\n"
    )
    done = _run(code, PLEXSEND_REDIS_URL=valkey_url, PLEXSEND_KEY_PREFIX=store.keys.prefix)
    assert (done.stdout, done.stderr, done.returncode) == ("cancelled\n", "", 0)


def test_submit_takes_what_the_producer_takes(valkey_url: str, store: Store) -> None:
    code = (
        "from inspect import signature\n"
        "from producers import Producer, submit\n"
        "theirs = dict(signature(Producer.submit).parameters)\n"
        "del theirs['self']\n"
        "assert dict(signature(submit).parameters) == theirs\n"
        "item = {'msg_key': 'k', 'sender_number': '15881234', 'receiver_number': '01023456789',\n"
        "        'msg_base_id': 'SMwLhX00', 'br_id': 'BR.1', 'brand_key': 'BK.1', 'header': '0',\n"
        "        'msg': {'body': {'title': '제목'}}}\n"
        "assert len(submit('rcs-mms-bulk', [item], msg_type='RMH').added) == 1\n"
    )
    done = _run(code, PLEXSEND_REDIS_URL=valkey_url, PLEXSEND_KEY_PREFIX=store.keys.prefix)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_importing_reads_no_environment_and_the_first_call_tells_what_is_wrong_with_it() -> None:
    code = (
        "import producers\n"
        "from plexsend.errors import SettingsError\n"
        "try:\n"
        "    producers.submit('mms-bulk', [])\n"
        "except SettingsError as error:\n"
        "    print(error)\n"
    )
    done = _run(code, PLEXSEND_REDIS_URL="nonsense")
    assert "PLEXSEND_REDIS_URL" in done.stdout, done.stderr


def test_producers_load_no_celery() -> None:
    done = _run("import producers, sys; print({'celery', 'kombu', 'worker'} & set(sys.modules))")
    assert done.stdout == "set()\n", done.stderr
