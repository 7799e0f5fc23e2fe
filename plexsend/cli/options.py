"""Options and arguments that several commands share, checked before anything is opened."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_A_TIME = "2026-03-01T09:00:00+09:00"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

_FIRST_YEAR, _LAST_YEAR = 1900, 9000

NOW = datetime(1970, 1, 1, tzinfo=UTC)
"""What `now` means: long enough ago for any clock of Redis, where a time that has passed means at once."""


class _Moment(click.ParamType[datetime]):
    """A point in time. Without a zone it has none here: the command finds out which one counts (`timing`)."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from plexsend.producers.written_times import NotATime, read_time

        if isinstance(value, datetime):
            return value
        try:
            moment = read_time(value)
            # The years at both ends of the calendar have no time in every zone.
            if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
                self.fail(f"{value!r} is in a year that messages do not live to see.", param, ctx)
        except NotATime as exc:
            self.fail(f"{value!r} {exc}. Write 2026-03-01T09:00, or with a zone {_A_TIME}.", param, ctx)
        return moment


class _MomentOrNow(_Moment):
    """The same, or `now`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, str) and value.strip().lower() == "now":
            return NOW
        return super().convert(value, param, ctx)


class _Since(_Moment):
    """A point in time, or a day, which means its midnight."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, str) and _DAY.fullmatch(value.strip()):
            value = f"{value.strip()}T00:00"
        return super().convert(value, param, ctx)


class _Account(click.ParamType[str]):
    """An account's name. The command finds out whether the account is known."""

    name = "account"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from plexsend.outbox.lanes import NAME

        # What does not look like a name is not shown: somebody may have pasted the secret itself.
        if not NAME.fullmatch(value):
            self.fail("this is not an account's name: 1 to 32 of a-z, 0-9 and '-'.", param, ctx)
        return str(value)


class _Group(click.ParamType[str]):
    """The name of an application's group."""

    name = "group"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from plexsend.errors import UsageError
        from plexsend.producers.groups import check_group

        try:
            check_group(value)
        except UsageError as exc:
            self.fail(str(exc), param, ctx)
        return str(value)


class _Service(click.ParamType[str]):
    """A service id of the gateway."""

    name = "service"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from plexsend.gateway.services import SERVICES, no_service

        if value not in SERVICES:
            self.fail(f"{no_service(value)} Known services: {', '.join(SERVICES)}.", param, ctx)
        return str(value)


class _Key(click.ParamType[str]):
    """A message's key. The command finds out whether there is such a message."""

    name = "key"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            # Bytes of a command line that are not UTF-8, which Redis cannot be asked for.
            self.fail("this is not a message's key: it is not UTF-8.", param, ctx)
        return str(value)


class _Lane(click.ParamType[Any]):
    """A lane, as it is written."""

    name = "lane"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from plexsend.errors import UsageError
        from plexsend.outbox.lanes import Lane

        if isinstance(value, Lane):
            return value
        try:
            return Lane.parse(value)
        except UsageError as exc:
            self.fail(str(exc), param, ctx)


MOMENT = _Moment()
MOMENT_OR_NOW = _MomentOrNow()
SINCE = _Since()
ACCOUNT = _Account()
GROUP = _Group()
SERVICE = _Service()
KEY = _Key()
LANE = _Lane()

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object a line, nothing else."
)
account_option = click.option(
    "--account", type=ACCOUNT, metavar="A", help="Look in this account alone; all are searched otherwise."
)
group_account_option = click.option(
    "--account", type=ACCOUNT, metavar="A", help="The account of a group; the one that knows it otherwise."
)
key_argument = click.argument("key", type=KEY, metavar="KEY")
key_or_group_argument = click.argument("what", type=KEY, metavar="KEY|group:NAME")
wide_option = click.option(
    "--wide", is_flag=True, help="Show all columns, each row on a line, however narrow the terminal."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
what_argument = click.argument("what", metavar="WHAT")

celery_settings = {"ignore_unknown_options": True, "allow_interspersed_args": False}
"""For a command whose options are Celery's: options that click does not know are passed on unchanged."""
celery_arguments = click.argument("options", metavar="[CELERY_OPTIONS]...", nargs=-1, type=click.UNPROCESSED)

msg_type_option = click.option(
    "--msg-type",
    metavar="T",
    help="RCS: RMM (picture on top) or RMH (at the side), for all; otherwise each message names its own.",
)


_LONGEST_REASON = 200
"""Characters of a reason, or of who gives it: what is held is read in one line."""


def words_option(
    name: str, metavar: str, words: str, *, required: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return an option for words that others will read, on one line."""
    return click.option(name, metavar=metavar, required=required, callback=_check_words, help=words)


def _check_words(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and (not value.strip() or len(value) > _LONGEST_REASON or not value.isprintable()):
        raise click.BadParameter(f"write 1 to {_LONGEST_REASON} characters on one line.")
    return value


def example(*lines: str) -> str:
    """Return the end of a command's help: lines that can be typed exactly as they are."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def submit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of everything that puts messages in."""
    for option in (
        click.option(
            "--replace",
            is_flag=True,
            help="Replace characters that MMS cannot carry, where a usual replacement exists.",
        ),
        click.option("--expires-at", type=MOMENT, metavar="T", help="Never send after this time (ISO 8601)."),
        click.option(
            "--send-at",
            type=MOMENT,
            metavar="T",
            help="Send no sooner than this (ISO 8601; without a zone in that of the policy time_zone).",
        ),
        click.option(
            "--account",
            type=ACCOUNT,
            metavar="A",
            default="main",
            show_default=True,
            help="Whose credentials send it.",
        ),
        click.option(
            "--group",
            type=GROUP,
            metavar="G",
            help="The group it belongs to: what is paused, cancelled and counted together.",
        ),
    ):
        command = option(command)
    return command


mend_numbers_option = click.option(
    "--mend-numbers",
    is_flag=True,
    help="Put back the 0 that a spreadsheet took from numbers such as 1022345678, and report each.",
)
key_column_option = click.option(
    "--key-column",
    metavar="C",
    help="The column that tells rows apart, such as an order's number; all that they say does otherwise.",
)


def import_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which rows of a file were imported before."""
    for option in (
        click.option(
            "--changed",
            type=click.Choice(["hold", "send"]),
            default="hold",
            show_default=True,
            help="What becomes of new rows to receivers that the list had before.",
        ),
        click.option("--resume", is_flag=True, help="It is the same list as before: send what is new in it."),
        key_column_option,
        click.option(
            "--name", metavar="NAME", help="What this list is called. [default: the name of the file]"
        ),
    ):
        command = option(command)
    return command


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of everything that reads a file of messages."""
    for option in (
        click.option(
            "--encoding",
            type=click.Choice(["utf-8", "cp949"]),
            help="How the file is encoded; otherwise whichever it is in.",
        ),
        click.option(
            "--format",
            "fmt",
            type=click.Choice(["jsonl", "csv"]),
            help="What the file is, where its name does not end in .jsonl or .csv.",
        ),
        click.option(
            "--service",
            type=SERVICE,
            metavar="S",
            required=True,
            help="The service that its messages go through.",
        ),
    ):
        command = option(command)
    return command
