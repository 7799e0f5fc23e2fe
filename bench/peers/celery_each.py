"""One Celery task a message. As a script it puts a file's messages in; Celery runs it as `-A celery_each`.

Settings and their reasons are in bench/README.md.
"""

from __future__ import annotations

import sys

from celery import Celery
from wire import REDIS, post, read_bodies

app = Celery("each", broker=REDIS)
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=128,
    worker_disable_rate_limits=True,
    task_serializer="json",
    accept_content=["json"],
)


@app.task(name="send")
def send(body: str) -> None:
    """Send one message."""
    post([body.encode()])


if __name__ == "__main__":
    with app.producer_or_acquire() as producer:
        for ready in read_bodies(sys.argv[1]):
            send.apply_async((ready.decode(),), producer=producer)
