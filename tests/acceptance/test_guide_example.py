"""The example request of the gateway's guide, from a file to the bytes that the gateway receives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.outbox.lanes import Lane

if TYPE_CHECKING:
    from tests.acceptance.conftest import MakeStand


PLEXSEND = Path(sys.executable).with_name("plexsend")

# Every field of the guide's MMS page. Its hosts have no top-level domain, and its origin_cid has ten digits.
EXAMPLE = {
    "msg_key": "4b68ca16-7aa8-4a17-b74c-2b8e4adb13f8",
    "sub_id": "sub01",
    "title": "MMS 제목",
    "sender_number": "02-2123-4567",
    "receiver_number": "010-2345-6789",
    "origin_cid": "1234567890",
    "msg": "안녕하세요. MMS 본문입니다.\r\n감사합니다 ♥",
    "echo_to_webhook": "echo test",
    "file_path": ["https://image-server/mms/1.jpg", "https://image-server/mms/2.jpg"],
}

ON_THE_WIRE = (
    '{"msg_data":[{"msg_key":"4b68ca16-7aa8-4a17-b74c-2b8e4adb13f8","sub_id":"sub01","title":"MMS 제목",'
    '"sender_number":"0221234567","receiver_number":"01023456789","origin_cid":"1234567890",'
    '"msg":"안녕하세요. MMS 본문입니다.\\n감사합니다 ♥","echo_to_webhook":"echo test",'
    '"file_path":["https://image-server/mms/1.jpg","https://image-server/mms/2.jpg"]}]}'
).encode()


def test_example_of_the_guide_reaches_the_gateway_byte_for_byte(
    valkey_url: str, make_stand: MakeStand
) -> None:
    stand = make_stand(valkey_url, "main")
    stand.receivers |= {"01023456789"}
    stand.texts |= {"본문입니다"}
    stand.start_workers(1)
    file = stand.folder / "example.jsonl"
    file.write_text(json.dumps(EXAMPLE, ensure_ascii=False) + "\n", "utf-8")

    def run() -> dict[str, int]:
        done = subprocess.run(
            [PLEXSEND, "import", file, "--service", "mms-standard", "--json"],
            env=stand.environ(),
            cwd=stand.folder,
            capture_output=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr.decode()
        last = json.loads(done.stdout.decode().splitlines()[-1])
        return {name: last[name] for name in ("added", "duplicates", "conflicts", "invalid")}

    assert run() == {"added": 1, "duplicates": 0, "conflicts": 0, "invalid": 0}
    stand.wait_states({"accepted": 1}, Lane("mms-standard", None, "main"))
    [seen] = stand.sandbox.list_requests()
    assert (seen.method, seen.path, seen.account) == ("POST", "/mms-standard/v2/send", "user-main")
    assert seen.body == ON_THE_WIRE
    headers = {name.lower(): value for name, value in seen.headers}
    assert headers["content-type"] == "application/json;charset=utf-8"
    assert headers["content-length"] == str(len(ON_THE_WIRE))
    # The same file again adds nothing and sends nothing.
    assert run() == {"added": 0, "duplicates": 1, "conflicts": 0, "invalid": 0}
    assert len(stand.sandbox.list_requests()) == 1
