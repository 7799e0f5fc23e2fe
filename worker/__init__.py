"""Takes messages out of the outbox and sends them. `celery -A worker worker` finds `worker.celery.app`."""

from plexsend.aliases import alias

if __name__ == "worker":
    alias(__name__)
