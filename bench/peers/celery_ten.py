"""celery-batches: one task a message, ten of them in a request. Used as celery_each is."""

from __future__ import annotations

import sys

from celery import Celery
from celery_batches import Batches, SimpleRequest
from wire import REDIS, post, read_bodies

app = Celery("ten", broker=REDIS)
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=128,
    worker_disable_rate_limits=True,
    task_serializer="json",
    accept_content=["json"],
)


@app.task(name="send", base=Batches, flush_every=10, flush_interval=1)
def send(requests: list[SimpleRequest]) -> None:
    """Send up to ten messages."""
    post([request.args[0].encode() for request in requests])


if __name__ == "__main__":
    with app.producer_or_acquire() as producer:
        for ready in read_bodies(sys.argv[1]):
            send.apply_async((ready.decode(),), producer=producer)
