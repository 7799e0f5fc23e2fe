"""A beat that rings every half second: `celery -A tests.failover.beating beat -l DEBUG` says so each time."""

from plexsend.worker.celery import app

RING_EVERY_S = 0.5

# A doorbell for a lane that has nothing: it costs a look, and shows that beat reaches the broker.
app.conf.beat_schedule = {
    "ring": {
        "task": "plexsend.drain",
        "schedule": RING_EVERY_S,
        "args": ("mms-standard@main", ""),
        "options": {"queue": "mms-standard"},
    }
}
