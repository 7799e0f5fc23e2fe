"""Putting messages in, from applications and from files, and hearing what became of them.

Needs Redis and no Celery; an account's secret only to upload pictures.
"""

from plexsend.aliases import alias
from plexsend.errors import Refused
from plexsend.producers.api import cancel, cancel_group, send, service_id, status, submit, upload
from plexsend.producers.api_async import asubmit
from plexsend.producers.api_results import aresults, results
from plexsend.producers.files.imports import check_file, import_file
from plexsend.producers.files.rejects import Reject
from plexsend.producers.files.reports import ImportInterrupted, ImportReport, Progress
from plexsend.producers.listening import AsyncResults, Results
from plexsend.producers.pictures.image import Image
from plexsend.producers.producer import Producer
from plexsend.producers.results import CodeFrom, Result
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
    "AsyncResults",
    "Changed",
    "CodeFrom",
    "Conflict",
    "Duplicate",
    "Image",
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
    "Result",
    "Results",
    "Submission",
    "SubmitInterrupted",
    "Unknown",
    "aresults",
    "asubmit",
    "cancel",
    "cancel_group",
    "check_file",
    "import_file",
    "results",
    "send",
    "service_id",
    "status",
    "submit",
    "upload",
]
