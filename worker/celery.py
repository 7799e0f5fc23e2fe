"""The application that Celery finds: `celery -A worker worker`, `plexsend worker`, `plexsend beat`."""

import sys

from plexsend.errors import SettingsError
from plexsend.gateway.environment import read_settings
from worker.app import create_app

__all__ = ["app"]

try:
    app = create_app(read_settings())
except SettingsError as exc:
    # Celery would wrap any other exception in a traceback, and a person only needs the list.
    print(f"plexsend: {exc}", file=sys.stderr)  # noqa: T201  logging is not set up yet
    raise SystemExit(2) from None
