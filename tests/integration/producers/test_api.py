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


def test_the_functions_take_what_the_producer_takes(valkey_url: str, store: Store) -> None:
    code = (
        "from inspect import signature\n"
        "from producers import Producer, send, submit\n"
        "for mine, theirs in ((submit, Producer.submit), (send, Producer.send)):\n"
        "    mine, theirs = dict(signature(mine).parameters), dict(signature(theirs).parameters)\n"
        "    del theirs['self']\n"
        # A type checker is told which services there are; a producer takes any text.
        "    assert mine['service'].annotation == 'ServiceId'\n"
        "    mine['service'] = mine['service'].replace(annotation='str')\n"
        "    assert mine == theirs\n"
        "item = {'msg_key': 'k', 'sender_number': '15881234', 'receiver_number': '01023456789',\n"
        "        'msg_base_id': 'SMwLhX00', 'br_id': 'BR.1', 'brand_key': 'BK.1', 'header': '0',\n"
        "        'msg': {'body': {'title': '제목'}}}\n"
        "assert len(submit('rcs-mms-bulk', [item], msg_type='RMH', timeout_s=30).added) == 1\n"
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


def test_send_returns_a_key_or_raises_everything_that_is_wrong(valkey_url: str, store: Store) -> None:
    code = (
        "import plexsend\n"
        "from plexsend import Refused, send, status\n"
        "one = dict(to='010-2345-6789', from_='02-3456-7890', text='안녕하세요')\n"
        "images = ['https://example.com/a.jpg', 'https://example.com/b.jpg']\n"
        "key = send('mms-bulk', **one, title='제목', images=images)\n"
        "assert len(key) == 36 and status(key).state is plexsend.State.WAITING\n"
        "assert send('mms-bulk', **one, images=images, msg_key='k', timeout_s=30) == 'k'\n"
        # The same message again is no failure; another one under its key is.
        "assert send('mms-bulk', **one, images=images, msg_key='k') == 'k'\n"
        "rcs = dict(br_id='BR.1', brand_key='BK.1', msg_base_id='SMwThT00', header='0', buttons=[{}])\n"
        "rcs |= dict(msg_type='RMM', images=['maapfile://a'])\n"
        "assert send('rcs-mms-bulk', **one, msg_key='r', **rcs) == 'r'\n"
        "assert status('r').lane.name == 'rcs-mms-bulk.RMM@main'\n"
        "def refused(service, **given):\n"
        "    try:\n"
        "        send(service, **{**one, **given})\n"
        "    except Refused as exc:\n"
        "        return exc.msg_key, sorted(problem.field for problem in exc.problems)\n"
        "print(refused('mms-bulk', msg_key='k', images=images[:1]))\n"
        "print(refused('mms-bulk', to='1', text='', msg_key='m'))\n"
        "print(refused('sms-bulk', msg_key=4711))\n"
        "try:\n"
        "    send('mms-bulk', **{**one, 'to': '1'}, images=['x y'], msg_key='m')\n"
        "except Refused as exc:\n"
        "    for line in str(exc).splitlines(): print(line.partition(': ')[0])\n"
        "    print(sorted(problem.written for problem in exc.problems))\n"
    )
    done = _run(code, PLEXSEND_REDIS_URL=valkey_url, PLEXSEND_KEY_PREFIX=store.keys.prefix)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.splitlines() == [
        "('k', ['msg_key'])",
        "('m', ['file_path', 'msg', 'receiver_number'])",
        "(None, ['msg_key'])",
        "The message with the key m is refused and not sent:",
        "  to (receiver_number)",
        "  images (file_path.0)",
        "['images', 'to']",
    ]
