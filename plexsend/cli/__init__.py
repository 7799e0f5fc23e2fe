"""The `plexsend` command: the top layer. It may import everything, nothing imports it."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process and end it with the command's exit code."""
    # The imports are inside, so that Ctrl-C while Python still loads ends as quietly as later.
    try:
        from plexsend.errors import MissingExtra
        from plexsend.extras import require

        # The command is installed with the base too, and click is what prints its errors.
        try:
            require("cli")
        except MissingExtra as exc:
            sys.stderr.write(f"plexsend: {exc}\n")
            sys.exit(2)
        from plexsend.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
