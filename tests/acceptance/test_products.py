"""Files of every product through commands and real workers, to a gateway that reads the contract itself."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plexsend.outbox.lanes import Lane

if TYPE_CHECKING:
    from tests.acceptance.conftest import MakeStand
    from tests.acceptance.stand import Stand


PLEXSEND = Path(sys.executable).with_name("plexsend")
SENDER = "0221234567"
BUTTONS = [
    {
        "suggestions": [
            {"action": {"urlAction": {"openUrl": {"url": "https://x.kr/?a=1,2"}}, "displayText": "열기"}},
            {
                "actions": {
                    "calendarAction": {
                        "createCalendarEvent": {
                            "startTime": "2026-12-01T02:30:00Z",
                            "endTime": "2026-12-01T03:30:00Z",
                            "title": "행사",
                            "description": "본점",
                        }
                    },
                    "displayText": "일정 추가",
                }
            },
        ]
    }
]
DIALECTS = {"v1": "/rcs-mms-bulk/v1/send", "v2": "/rcs/v2/submit/rcs-mms-bulk"}


def row(stand: Stand, number: int) -> dict[str, str]:
    """Return a row of a table, every third with its picture at the side."""
    receiver, text = f"0102{number:07d}", f"아무도 못 볼 본문 {number:07d}"
    stand.receivers.add(receiver)
    stand.texts.add(text)
    kind = "RMH" if number % 3 == 0 else "RMM"
    return {
        "msg_type": kind,
        "sender_number": SENDER,
        "receiver_number": receiver,
        "msg_base_id": "SMwLhX00" if kind == "RMH" else "SMwThT00",
        "br_id": "BR.1",
        "brand_key": "BK.1",
        "header": "0",
        "footer": "080-123-4567",
        "copy_allowed": "TRUE",
        "msg.body.title": f"제목 {kind}",
        "msg.body.description": text,
        "buttons": json.dumps(BUTTONS if number % 5 else [{}], ensure_ascii=False),
    }


def write_table(stand: Stand, name: str, rows: list[dict[str, str]]) -> str:
    path = stand.folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def environ(stand: Stand, **more: str) -> dict[str, str]:
    return stand.environ(
        **{f"PLEXSEND_{word}_URL": stand.sandbox.url for word in ("RCS", "SMS", "LMS")}, **more
    )


def run(stand: Stand, *args: str, **more: str) -> Any:
    """Run a command to its end and return the last object that it prints."""
    done = subprocess.run(
        [PLEXSEND, *args, "--json"],
        env=environ(stand, **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def start(stand: Stand, **more: str) -> None:
    worker = stand.launch(
        "worker", "-l", "DEBUG", "-n", f"w{len(stand.workers)}@stand", environ=environ(stand, **more)
    )
    worker.wait_for(" ready.")


def requests(stand: Stand) -> list[tuple[str, dict[str, Any]]]:
    """Return path and body of every request that arrived."""
    return [(seen.path, json.loads(seen.body or b"")) for seen in stand.sandbox.list_requests()]


def test_mixed_file_is_never_mixed_in_a_request_and_text_messages_go_beside_it(
    valkey_url: str, make_stand: MakeStand
) -> None:
    stand = make_stand(valkey_url, "main")
    rows = [row(stand, number) for number in range(600)]
    stand.receivers.add("01020000001")
    for name in ("sms-verify", "lms-bulk"):
        # Not the same text twice: the same content for another service is in conflict, whatever its name.
        text = {"sender_number": SENDER, "receiver_number": "01020000001", "msg": f"안녕하세요 {name}"}
        texts = write_table(stand, f"{name}.csv", [text] * 30)
        assert run(stand, "import", texts, "--service", name)["added"] == 30
    table = write_table(stand, "rcs.csv", rows)
    assert run(stand, "check", table, "--service", "rcs-mms-bulk")["valid"] == 600
    assert run(stand, "import", table, "--service", "rcs-mms-bulk")["added"] == 600
    for _ in range(2):
        start(stand)

    lanes = [Lane("rcs-mms-bulk", kind, "main") for kind in ("RMM", "RMH")]
    stand.wait_states({"accepted": 600}, *lanes)
    stand.wait_states({"accepted": 60}, Lane("sms-verify", None, "main"), Lane("lms-bulk", None, "main"))

    sent: Counter[str] = Counter()
    for path, body in requests(stand):
        assert 1 <= len(body["msg_data"]) <= 10
        if path == DIALECTS["v1"]:
            # The title says what the row asked for; no item says it to the gateway.
            assert {item["msg"]["body"]["title"] for item in body["msg_data"]} == {f"제목 {body['msg_type']}"}
            assert not any("msg_type" in item for item in body["msg_data"])
        sent[path] += len(body["msg_data"])
    assert sent == {DIALECTS["v1"]: 600, "/sms-verify/v2/send": 30, "/lms-bulk/v2/send": 30}
    full = sum(len(body["msg_data"]) == 10 for path, body in requests(stand) if path == DIALECTS["v1"])
    assert full == 60, "a backlog goes in full batches, of each type"
    assert max(stand.sandbox.accepted.values()) == 1
    assert stand.audit().ok


def test_dialect_may_change_while_messages_wait(valkey_url: str, make_stand: MakeStand) -> None:
    stand = make_stand(valkey_url, "main")
    for dialect, numbers in (("v1", range(35)), ("v2", range(35, 45))):
        table = write_table(stand, f"{dialect}.csv", [row(stand, number) for number in numbers])
        added = run(stand, "import", table, "--service", "rcs-mms-bulk", PLEXSEND_RCS_DIALECT=dialect)[
            "added"
        ]
        assert added == len(numbers)
    start(stand, PLEXSEND_RCS_DIALECT="v2")

    stand.wait_states({"accepted": 45}, *(Lane("rcs-mms-bulk", kind, "main") for kind in ("RMM", "RMH")))

    assert {path for path, _ in requests(stand)} == {DIALECTS["v2"]}
    items = [item for _, body in requests(stand) for item in body["msg_data"]]
    assert {(item["brand_id"], item["copy_allowed"], "br_id" in item) for item in items} == {
        ("BR.1", True, False)
    }
    assert stand.audit().ok
