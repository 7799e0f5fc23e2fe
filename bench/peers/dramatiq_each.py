"""dramatiq: one actor call a message. As a script it puts the messages of a file in; `dramatiq` runs it."""

from __future__ import annotations

import sys

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from wire import REDIS, post, read_bodies

broker = RedisBroker(url=REDIS)
dramatiq.set_broker(broker)


@dramatiq.actor(max_retries=3)  # type: ignore[untyped-decorator]  # dramatiq is not installed here
def send(body: str) -> None:
    """Send one message."""
    post([body.encode()])


if __name__ == "__main__":
    for ready in read_bodies(sys.argv[1]):
        send.send(ready.decode())
