"""Putting messages in: from applications and from files. Needs Redis, no Celery and no account's secret."""

from plexsend.aliases import alias
from plexsend.errors import Refused
from plexsend.producers.api import cancel, cancel_group, send, service_id, status, submit
from plexsend.producers.files.imports import check_file, import_file
from plexsend.producers.files.rejects import Reject
from plexsend.producers.files.reports import ImportInterrupted, ImportReport, Progress
from plexsend.producers.producer import Producer
from plexsend.producers.submissions import (
    Added,
    Changed,
    Conflict,
    Duplicate,
    InDoubt,
    Invalid,
    NotAdded,
    Remark,
    Submission,
    SubmitInterrupted,
    Unknown,
)

if __name__ == "producers":
    alias(__name__)

__all__ = [
    "Added",
    "Changed",
    "Conflict",
    "Duplicate",
    "ImportInterrupted",
    "ImportReport",
    "InDoubt",
    "Invalid",
    "NotAdded",
    "Producer",
    "Progress",
    "Refused",
    "Reject",
    "Remark",
    "Submission",
    "SubmitInterrupted",
    "Unknown",
    "cancel",
    "cancel_group",
    "check_file",
    "import_file",
    "send",
    "service_id",
    "status",
    "submit",
]
