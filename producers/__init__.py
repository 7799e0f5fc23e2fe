"""Putting messages in: from applications and from files. Needs Redis, no Celery and no account's secret."""

from plexsend.aliases import alias
from plexsend.producers.api import cancel, status, submit
from plexsend.producers.files.imports import check_file, import_file
from plexsend.producers.files.rejects import Reject
from plexsend.producers.files.reports import ImportInterrupted, ImportReport, Progress
from plexsend.producers.producer import Producer
from plexsend.producers.submissions import (
    Added,
    Conflict,
    Duplicate,
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
    "Conflict",
    "Duplicate",
    "ImportInterrupted",
    "ImportReport",
    "Invalid",
    "NotAdded",
    "Producer",
    "Progress",
    "Reject",
    "Remark",
    "Submission",
    "SubmitInterrupted",
    "Unknown",
    "cancel",
    "check_file",
    "import_file",
    "status",
    "submit",
]
