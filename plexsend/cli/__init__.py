"""The `plexsend` command: the top layer. It may import everything, nothing imports it."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process and end it with the command's exit code."""
    # The import stands inside, so that Ctrl-C while Python still loads ends as quietly as later.
    try:
        from plexsend.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
