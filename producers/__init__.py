"""Putting messages in: from applications and from files. Needs Redis, no Celery and no account's secret."""

from producers.api import cancel, status, submit
from producers.imports import check_file, import_file
from producers.producer import Producer
from producers.rejects import Reject
from producers.reports import ImportInterrupted, ImportReport, Progress
from producers.submissions import (
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
