"""Every product over HTTP: taken on its path, refused in the other dialect; faults and counts as ever."""

from __future__ import annotations

from typing import Any

import pytest

from plexsend.sandbox import Sandbox

V1 = "/rcs-mms-finance/v1/send"
V2 = "/rcs/v2/submit/rcs-mms-finance"
DIALECTS: dict[str, dict[str, Any]] = {
    V1: {"br_id": "BR.shop", "copy_allowed": "false"},
    V2: {"brand_id": "BR.shop", "copy_allowed": False},
}
NUMBERS = {"sender_number": "0222345678", "receiver_number": "01023456789"}


def make_text(key: str, **more: Any) -> dict[str, Any]:
    return {"msg_data": [{"msg_key": key, **NUMBERS, "msg": "안녕하세요", **more}]}


def make_rcs(*keys: str, path: str = V1, **changes: Any) -> dict[str, Any]:
    return {
        "msg_data": [
            {
                **NUMBERS,
                "msg_key": key,
                "msg_base_id": "SMwLhX00",
                "brand_key": "made-up",
                "header": "0",
                "msg": {"body": {"description1": "안녕하세요 😀"}},
                "buttons": [{}],
                **DIALECTS[path],
                **changes,
            }
            for key in keys
        ],
        "msg_type": "RMH",
    }


def get_codes(answer: Any) -> dict[str, str]:
    return {result["msg_key"]: result["code"] for result in answer["results"]}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/sms-verify/v2/send", make_text("a")),
        ("/lms-standard/v2/send", make_text("a", title="안내")),
        ("/mms-finance/v2/send", make_text("a", title="안내", file_path=["http://images/1.jpg"])),
        (V1, make_rcs("a")),
        (V2, make_rcs("a", path=V2)),
    ],
)
def test_every_product_is_taken_once(sandbox: Sandbox, client: Any, path: str, data: dict[str, Any]) -> None:
    status, answer = client.post(path, data)
    assert (status, get_codes(answer)) == (200, {"a": "C100"})
    status, answer = client.post(path, data)
    assert (status, get_codes(answer)) == (200, {"a": "71003"})
    assert (sandbox.accepted, sandbox.duplicates) == ({"a": 1}, {"a": 1})


@pytest.mark.parametrize(
    ("path", "other", "code", "named"),
    [
        (V1, V2, "C400_3", "msg_data[0].br_id "),
        (V2, V1, "C400_3", "msg_data[0].brand_id "),
    ],
)
def test_item_of_the_other_dialect_is_refused_by_name(
    sandbox: Sandbox, client: Any, *, path: str, other: str, code: str, named: str
) -> None:
    status, answer = client.post(path, make_rcs("a", path=other))
    assert (status, answer["code"]) == (400, code)
    assert answer["description"].startswith(named)
    # Both brands at once help no more than the other one alone.
    status, answer = client.post(path, make_rcs("a", path=path, **DIALECTS[other]))
    assert (status, answer["code"]) == (400, "C400_1")
    assert answer["description"].startswith("msg_data[0].copy_allowed ")
    assert sandbox.accepted == {}


def test_key_is_used_up_for_every_product(sandbox: Sandbox, client: Any) -> None:
    client.post("/mms-bulk/v2/send", make_text("a", file_path=["http://images/1.jpg"]))
    assert get_codes(client.post(V1, make_rcs("a", "b"))[1]) == {"a": "71003", "b": "C100"}
    assert sandbox.accepted == {"a": 1, "b": 1}


def test_faults_magic_numbers_and_credit_hold_for_rcs(sandbox: Sandbox, client: Any) -> None:
    sandbox.add_fault("server_error", times=1, service="rcs-mms-finance")
    assert client.post("/sms-bulk/v2/send", make_text("s"))[0] == 200
    # The fault waits for the service, whichever dialect speaks to it.
    assert client.post(V2, make_rcs("a", path=V2))[0] == 500
    data = make_rcs("a", "b", "c")
    data["msg_data"][1]["receiver_number"] = "01099990141"
    data["msg_data"][2]["receiver_number"] = "0222345678"
    assert get_codes(client.post(V1, data)[1]) == {"a": "C100", "b": "G141", "c": "G141"}
    sandbox.set_credit(1)
    assert get_codes(client.post(V1, make_rcs("d", "e"))[1]) == {"d": "C100", "e": "G150"}
    assert client.post(V1, make_rcs(*"0123456789x"))[1]["code"] == "G160"
    stats = sandbox.get_stats()
    assert stats.answers == {"C100": 3, "G141": 2, "G150": 1}
    assert stats.envelopes == {"C500_1": 1, "G160": 1}
    assert set(stats.worst_second_by_lane) == {"rcs-mms-finance@main", "sms-bulk@main"}


@pytest.mark.parametrize("path", [V1, V2])
def test_what_the_gateway_received_is_remembered_for_both_dialects(path: str, client: Any) -> None:
    with Sandbox(keep_bodies=True) as sandbox:
        type(client)(sandbox).post(path, make_rcs("a", path=path))
        [seen] = sandbox.list_requests()
        assert (seen.path, seen.account) == (path, "main")
        assert seen.body is not None
        assert b'"msg_type": "RMH"' in seen.body
        [arrival] = sandbox.list_arrivals()
        assert (arrival.service, arrival.items) == ("rcs-mms-finance", 1)
