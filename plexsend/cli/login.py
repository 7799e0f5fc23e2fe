"""The person at the terminal."""

from __future__ import annotations


def login_name() -> str:
    """Return the name under which this command runs."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container's user may have no name.
        return "unknown"
