"""A stand-in for API PLEX to try and test against, written from the contract and not from the client."""

from plexsend.sandbox.behaviour import Behaviour, Duplicates
from plexsend.sandbox.courses import COURSES
from plexsend.sandbox.faults import KINDS, Fault
from plexsend.sandbox.local import Sandbox, run
from plexsend.sandbox.magic import MAGIC
from plexsend.sandbox.recorder import Seen
from plexsend.sandbox.remote import SandboxAdmin
from plexsend.sandbox.stats import Arrival, Stats

__all__ = [
    "COURSES",
    "KINDS",
    "MAGIC",
    "Arrival",
    "Behaviour",
    "Duplicates",
    "Fault",
    "Sandbox",
    "SandboxAdmin",
    "Seen",
    "Stats",
    "run",
]
