"""What Redis remembers of pictures: claims, expiry, and that nothing stays for ever."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.constants import PICTURE_CLAIM_MS, PICTURE_KEPT_MS, PICTURE_KNOWN_MS
from plexsend.outbox.pictures import (
    KnownPicture,
    PictureBusy,
    PictureClaim,
    PictureFacts,
    PictureMark,
    Pictures,
    PictureTooLate,
)

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

FACTS = PictureFacts("https://x/1.jpg", 10, 20, 30, ("quality 90",))
DAY_MS = 86_400_000


@pytest.fixture
def shelf(store: Store) -> Pictures:
    return Pictures(store, "main")


@pytest.fixture
def key(store: Store) -> str:
    return store.keys.pictures("main")


def claimed(shelf: Pictures, picture: str = "mms:a", *, who: str = "one", need_ms: int = 0) -> PictureClaim:
    claim = shelf.claim(picture, who, need_ms=need_ms)
    assert isinstance(claim, PictureClaim), claim
    return claim


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_a_claim_keeps_others_waiting_until_it_is_done(shelf: Pictures) -> None:
    claim = claimed(shelf)
    busy = shelf.claim("mms:a", "two")
    assert isinstance(busy, PictureBusy)
    assert 0 < busy.wait_ms <= PICTURE_CLAIM_MS
    # Its owner has it again, and another picture is another claim.
    claimed(shelf)
    claimed(shelf, "mms:b", who="two")
    shelf.done(claim, FACTS)
    known = shelf.claim("mms:a", "two")
    assert known == KnownPicture(FACTS, claim.expires_at_ms)
    assert claim.expires_at_ms % DAY_MS == 0
    assert PICTURE_KEPT_MS - DAY_MS <= claim.expires_at_ms - now_ms() + 1000 <= PICTURE_KEPT_MS + 1000


def test_a_claim_that_is_given_up_is_the_next_ones(shelf: Pictures) -> None:
    claim = claimed(shelf)
    shelf.drop(PictureClaim("mms:a", "two", 0))
    assert isinstance(shelf.claim("mms:a", "two"), PictureBusy)
    shelf.drop(claim)
    claimed(shelf, who="two")


def test_a_claim_of_a_dead_process_lapses_within_a_minute(shelf: Pictures, store: Store, key: str) -> None:
    claimed(shelf)
    client: Any = store.client
    lapses_ms, _, token = client.hget(key, "w:mms:a").partition(b" ")
    assert int(lapses_ms) - now_ms() <= 60_000
    client.hset(key, "w:mms:a", b"%d %s" % (now_ms() - 1, token))
    claimed(shelf, who="two")


def test_a_claim_from_a_clock_far_ahead_keeps_nobody_waiting(shelf: Pictures, store: Store, key: str) -> None:
    client: Any = store.client
    client.hset(key, "w:mms:a", f"{now_ms() + 10 * DAY_MS} other")
    claimed(shelf)


def test_an_account_shares_nothing_with_another(shelf: Pictures, store: Store) -> None:
    shelf.done(claimed(shelf), FACTS)
    claimed(Pictures(store, "shop"))
    assert Pictures(store, "shop").find([FACTS.url]) == [None]


def test_what_is_needed_for_longer_is_uploaded_anew_or_never(shelf: Pictures) -> None:
    claim = claimed(shelf)
    shelf.done(claim, FACTS)
    late = shelf.claim("mms:a", "two", need_ms=claim.expires_at_ms)
    assert late == PictureTooLate(claim.expires_at_ms)
    assert isinstance(shelf.claim("mms:a", "two", need_ms=claim.expires_at_ms - 1), KnownPicture)


def test_addresses_stand_for_their_pictures(shelf: Pictures) -> None:
    claim = claimed(shelf)
    shelf.done(claim, FACTS)
    shelf.done(claim, PictureFacts("maapfile://b", 1, 1, 1))
    mark = PictureMark("mms:a", claim.expires_at_ms)
    assert shelf.find([FACTS.url, "https://x/2.jpg", "maapfile://b"]) == [mark, None, mark]
    assert shelf.find([]) == []


def test_what_is_over_goes_and_the_rest_with_the_key(shelf: Pictures, store: Store, key: str) -> None:
    client: Any = store.client
    over, kept = now_ms() - PICTURE_KNOWN_MS - 1000, now_ms() - PICTURE_KNOWN_MS + 60_000
    for n in range(1200):
        client.hset(key, mapping={f"p:mms:{n}": f"{over} x", f"u:{n}": f"{over} mms:{n}"})
    client.hset(key, mapping={"p:mms:kept": f"{kept} x", "w:mms:old": "1 dead", "p:mms:odd": "?"})
    for n in range(60):
        shelf.done(claimed(shelf, f"mms:new{n}"), PictureFacts(f"https://x/{n}", 1, 1, 1))
    left = {name.decode() for name in client.hkeys(key)}
    assert len([name for name in left if name.startswith("p:")]) == 61
    assert "p:mms:kept" in left
    assert "w:mms:old" not in left
    ends_ms = client.pttl(key)
    assert PICTURE_KEPT_MS + PICTURE_KNOWN_MS - 2 * DAY_MS < ends_ms <= PICTURE_KEPT_MS + PICTURE_KNOWN_MS


def test_a_claim_alone_leaves_nothing_behind(shelf: Pictures, store: Store, key: str) -> None:
    claimed(shelf)
    assert 0 < store.client.pttl(key) <= PICTURE_CLAIM_MS


def test_what_another_program_spoilt_counts_as_unknown(shelf: Pictures, store: Store, key: str) -> None:
    client: Any = store.client
    client.hset(key, mapping={"p:mms:a": f"{now_ms() + 30 * DAY_MS} not JSON"})
    claim = claimed(shelf)
    client.delete(key)
    client.set(key, "something else")
    shelf.done(claim, FACTS)
    assert isinstance(shelf.claim("mms:a", "two"), KnownPicture)
    assert client.get(f"{store.keys.account('main')}spoilt:pictures") == b"something else"
