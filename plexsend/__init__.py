"""Sends messages through API PLEX. What an application needs of it, each part imported when it is asked for.

    import plexsend

    key = plexsend.send("mms-bulk", to="010-2345-6789", from_="02-2123-4567", text="안녕하세요", images=[url])

`send` puts one message in, `submit` many; `status` and `cancel` ask for one, and `cancel_group` takes a group
back; `results` says what became of each; `upload` gives the gateway a picture; `campaigns` is a module for
messages to lists of people. They take their settings from the environment; a `Producer` takes others. Errors
are drawn in plexsend.errors.
"""

from __future__ import annotations

# Type checkers take this name for true. The module `typing`, which has it, would cost more than all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from plexsend.errors import (
        FileProblem,
        GroupClosed,
        ImportRefused,
        InvalidItem,
        OutboxError,
        OutboxFull,
        OutboxUnavailable,
        OutboxUnsuitable,
        PlexsendError,
        Problem,
        Refused,
        RefusedItem,
        ResultsMissed,
        SettingsError,
        UsageError,
    )
    from plexsend.gateway.item_types import LmsItem, MmsItem, RcsMmsItem, ServiceId, SmsItem
    from plexsend.gateway.pictures.failures import PictureRefused, UploadFailed
    from plexsend.outbox.groups import GroupCancelled
    from plexsend.outbox.records import Record
    from plexsend.outbox.states import ResultOutcome, State
    from plexsend.outbox.steer import Decision
    from plexsend.producers.api import cancel, cancel_group, send, service_id, status, submit, upload
    from plexsend.producers.api_async import asubmit
    from plexsend.producers.api_results import aresults, results
    from plexsend.producers.files.imports import check_file, import_file
    from plexsend.producers.files.reports import ImportInterrupted, ImportReport
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
    )

    __version__: str

__all__ = [
    "Added",
    "AsyncResults",
    "Changed",
    "CodeFrom",
    "Conflict",
    "Decision",
    "Duplicate",
    "FileProblem",
    "GroupCancelled",
    "GroupClosed",
    "Image",
    "ImportInterrupted",
    "ImportRefused",
    "ImportReport",
    "InDoubt",
    "Invalid",
    "InvalidItem",
    "LmsItem",
    "MmsItem",
    "NotAdded",
    "OutboxError",
    "OutboxFull",
    "OutboxUnavailable",
    "OutboxUnsuitable",
    "PictureRefused",
    "PlexsendError",
    "Problem",
    "Producer",
    "RcsMmsItem",
    "Record",
    "Refused",
    "RefusedItem",
    "Remark",
    "Result",
    "ResultOutcome",
    "Results",
    "ResultsMissed",
    "ServiceId",
    "SettingsError",
    "SmsItem",
    "State",
    "Submission",
    "SubmitInterrupted",
    "UploadFailed",
    "UsageError",
    "__version__",
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

_HOMES = {
    "errors": (
        "FileProblem",
        "GroupClosed",
        "ImportRefused",
        "InvalidItem",
        "OutboxError",
        "OutboxFull",
        "OutboxUnavailable",
        "OutboxUnsuitable",
        "PlexsendError",
        "Problem",
        "Refused",
        "RefusedItem",
        "ResultsMissed",
        "SettingsError",
        "UsageError",
    ),
    "gateway.item_types": ("LmsItem", "MmsItem", "RcsMmsItem", "ServiceId", "SmsItem"),
    "gateway.pictures.failures": ("PictureRefused", "UploadFailed"),
    "outbox.groups": ("GroupCancelled",),
    "outbox.records": ("Record",),
    "outbox.states": ("ResultOutcome", "State"),
    "outbox.steer": ("Decision",),
    "producers.api": ("cancel", "cancel_group", "send", "service_id", "status", "submit", "upload"),
    "producers.api_async": ("asubmit",),
    "producers.api_results": ("aresults", "results"),
    "producers.files.imports": ("check_file", "import_file"),
    "producers.files.reports": ("ImportInterrupted", "ImportReport"),
    "producers.listening": ("AsyncResults", "Results"),
    "producers.pictures.image": ("Image",),
    "producers.producer": ("Producer",),
    "producers.results": ("CodeFrom", "Result"),
    "producers.submissions": (
        "Added",
        "Changed",
        "Conflict",
        "Duplicate",
        "InDoubt",
        "Invalid",
        "NotAdded",
        "Remark",
        "Submission",
        "SubmitInterrupted",
    ),
}
"""Module → what is imported from it when it is first asked for: redis and marshmallow take their time."""

_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import what is asked for, and keep it."""
    if name == "__version__":
        from importlib.metadata import version

        value: object = version(__name__)
    elif name == "campaigns":
        from importlib import import_module

        value = import_module(f"{__name__}.campaigns")
    elif name in _HOME_OF:
        from importlib import import_module

        value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
