"""From where a request comes, behind proxies of ours and of others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plexsend.settings.networks import networks
from plexsend.web.guards import MOST_BYTES, Bodies, Callers, TooLong, caller

GATEWAY = "43.202.205.42"
OURS = networks("PLEXSEND_TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8")


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    return {
        "client": None if peer is None else (peer, 4711),
        "headers": [(b"host", b"x"), *((b"x-forwarded-for", each.encode("latin-1")) for each in forwarded)],
    }


@pytest.mark.parametrize(
    ("peer", "forwarded"),
    [
        (GATEWAY, ()),
        (f"::ffff:{GATEWAY}", ()),
        (GATEWAY, ("1.2.3.4",)),
        ("10.1.1.1", (GATEWAY,)),
        ("fd00::7", (GATEWAY,)),
        ("10.1.1.1", (f"1.2.3.4, {GATEWAY}",)),
        ("10.1.1.1", (f"10.9.9.9, {GATEWAY},10.2.2.2 , 10.3.3.3",)),
        ("10.1.1.1", ("1.2.3.4", f"{GATEWAY}, 10.2.2.2")),
        ("10.1.1.1", (f"{GATEWAY}, ",)),
    ],
)
def test_first_address_that_is_not_a_proxy_of_ours_is_the_callers(
    peer: str, forwarded: tuple[str, ...]
) -> None:
    assert str(caller(scope(peer, *forwarded), OURS)) == GATEWAY


def test_header_is_not_believed_of_anybody_else() -> None:
    assert str(caller(scope("1.2.3.4", GATEWAY), OURS)) == "1.2.3.4"
    # What is made up comes before what our proxy adds.
    assert str(caller(scope("10.1.1.1", f"{GATEWAY}, 1.2.3.4"), OURS)) == "1.2.3.4"


@pytest.mark.parametrize(
    "made_up", ["unknown", "_hidden", f"{GATEWAY}:443", "1.2.3.4 5.6.7.8", "\xff\xfe", "for=x"]
)
def test_what_is_not_an_address_is_nobodys(made_up: str) -> None:
    assert caller(scope("10.1.1.1", f"{GATEWAY}, {made_up}"), OURS) is None


def test_proxy_itself_may_ask() -> None:
    assert str(caller(scope("10.1.1.1"), OURS)) == "10.1.1.1"


def test_peer_without_an_address_is_nobody() -> None:
    assert caller(scope(None, GATEWAY), OURS) is None


def test_everybody_may_post_where_no_list_is_set() -> None:
    assert Callers(None, None).may_post(scope("1.2.3.4"))
    assert Callers(None, None).may_post(scope(None))


def test_only_those_on_the_list_may_post() -> None:
    listed = networks("PLEXSEND_RECEIPT_ALLOW", f"{GATEWAY}, 2001:db8::/32")
    callers = Callers(listed, None)
    for _ in range(2):
        assert [callers.may_post(scope(peer)) for peer in (GATEWAY, f"::ffff:{GATEWAY}", "2001:db8::1")] == [
            True
        ] * 3
        assert not any(callers.may_post(scope(peer)) for peer in ("1.2.3.4", "::1", "unix", "", None))
    # Nobody is believed, where no proxy is named.
    assert not callers.may_post(scope("10.1.1.1", GATEWAY))
    assert Callers(listed, OURS).may_post(scope("10.1.1.1", GATEWAY))
    assert not Callers(listed, OURS).may_post(scope("10.1.1.1", f"{GATEWAY}, 1.2.3.4"))
    assert not Callers(listed, OURS).may_post(scope("10.1.1.1", f"{GATEWAY}, unknown"))


def test_body_without_a_stated_length_is_read_no_further_than_the_bound() -> None:
    part = {"type": "http.request", "body": b" " * 1_000, "more_body": True}
    asked = 0

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return {**part, "more_body": asked < 1_000}

    with pytest.raises(TooLong):
        asyncio.run(Bodies().read({"headers": []}, part, receive))
    assert asked == MOST_BYTES // 1_000
