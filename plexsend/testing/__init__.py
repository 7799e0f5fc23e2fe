"""Tests of applications: an outbox in memory, with the judge that production has. No server, no Redis.

With pytest the fixture `plexsend_outbox` is there by itself. Without it:

    from plexsend.testing import MemoryOutbox

    with MemoryOutbox() as outbox:
        plexsend.send(…)
        outbox.deliver(outbox.submitted[0].msg_key)

docs/applications.md shows both.
"""

from __future__ import annotations

# pytest imports this package when it starts, in every project where plexsend is installed: so what it offers
# is imported when it is asked for.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from plexsend.testing.memory import MemoryOutbox
    from plexsend.testing.messages import SubmittedMessage

__all__ = ["MemoryOutbox", "SubmittedMessage"]

_HOME_OF = {"MemoryOutbox": "memory", "SubmittedMessage": "messages"}


def __getattr__(name: str) -> object:
    """Import what is asked for, and keep it."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value
