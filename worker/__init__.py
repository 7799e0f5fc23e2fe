"""Takes messages out of the outbox and sends them. `celery -A worker worker` finds `app` here."""

import sys

from plexsend.errors import SettingsError
from plexsend.gateway.services import read_settings
from worker.app import create_app

__all__ = ["app"]

try:
    app = create_app(read_settings())
except SettingsError as exc:
    # Celery would wrap any other exception in a traceback, and a person only needs the list.
    print(f"plexsend: {exc}", file=sys.stderr)  # noqa: T201  logging is not set up yet
    raise SystemExit(2) from None
