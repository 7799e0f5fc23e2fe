"""The application that Celery finds: `celery -A worker worker`, `plexsend worker`, `plexsend beat`."""

import atexit
import sys

from plexsend.errors import MissingExtra, SettingsError
from plexsend.extras import require
from plexsend.gateway.environment import read_settings

__all__ = ["app"]

# Celery would wrap any other exception in a traceback, and a person only needs to know what to do.
try:
    require("worker", versions=True)
    from plexsend.worker.app import create_app

    app = create_app(read_settings())
    # The worker and beat log what is ignored; commands such as `inspect` have no log.
    atexit.register(app.write_ignored)
except (MissingExtra, SettingsError) as exc:
    print(f"plexsend: {exc}", file=sys.stderr)  # noqa: T201  logging is not set up yet
    raise SystemExit(2) from None
