"""The top command: finds its commands by name and imports the one that is asked for."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.ending import Ending, ReaderGone
from plexsend.cli.options import example
from plexsend.cli.repeating import refuse_repeated

if TYPE_CHECKING:
    from collections.abc import Sequence


class Section(StrEnum):
    """What a command is for; the sections of `plexsend --help`, in their order."""

    SEND = "Send"
    FOLLOW = "Follow"
    STEER = "Steer"
    SERVERS = "Servers"
    SET_UP = "Set up"


@dataclass(frozen=True, slots=True)
class ListedCommand:
    """A command that is imported when it is asked for, and what the list of commands says of it."""

    name: str
    where: str
    """Module below `plexsend.cli.commands` and the name of the command in it."""
    section: Section
    summary: str
    replaces: str = ""
    """What people no longer type since this command exists, or why it replaces nothing. Every command that is
    added says it, so that the list grows on purpose."""

    def load(self) -> click.Command:
        """Import the command."""
        module, _, name = self.where.partition(":")
        command = getattr(import_module(f"{__package__}.commands.{module}"), name)
        assert isinstance(command, click.Command)  # noqa: S101  the table below is wrong otherwise
        return command


# Importing all commands to list them would cost more than most of them take to run.
ENTRIES = (
    ListedCommand("send", "send:send", Section.SEND, "Put one message in."),
    ListedCommand("check", "check:check", Section.SEND, "Judge a file of messages; send nothing."),
    ListedCommand("import", "import_:import_", Section.SEND, "Put a file of messages in."),
    ListedCommand("upload", "upload:upload", Section.SEND, "Upload pictures.", "Uploading them with curl"),
    ListedCommand("status", "status:status", Section.FOLLOW, "Show all that is known of a message."),
    ListedCommand("why", "why:why", Section.FOLLOW, "Explain why a message is not sent yet, and until when."),
    ListedCommand("lanes", "lanes:lanes", Section.FOLLOW, "List the lanes and what waits in them."),
    ListedCommand(
        "groups",
        "groups:groups",
        Section.FOLLOW,
        "List the groups, and what became of their messages so far.",
        replaces="Asking for the status of each message of a campaign or a batch job, key by key",
    ),
    ListedCommand(
        "receipts",
        "receipts:receipts",
        Section.FOLLOW,
        "Show which delivery results came, and those of no message.",
        replaces="Looking through the logs of a webhook for keys that nobody knows",
    ),
    ListedCommand(
        "results",
        "results:results",
        Section.FOLLOW,
        "List who hears what became of messages; hear it.",
        replaces="Asking for the status of messages again and again, to find out which have ended",
    ),
    ListedCommand(
        "holds", "holds:holds", Section.FOLLOW, "List what keeps accounts, services and lanes from sending."
    ),
    ListedCommand(
        "fleet",
        "fleet:fleet",
        Section.FOLLOW,
        "List the worker processes, and what they disagree about.",
        replaces="asking every host which workers run there, and with which settings",
    ),
    ListedCommand(
        "audit", "audit:audit", Section.FOLLOW, "Prove from the records that no message is missing."
    ),
    ListedCommand(
        "find",
        "find:find",
        Section.FOLLOW,
        "Find messages by their receiver, state, code, time or lane.",
        replaces="Looking through a shop's own database for the msg_key of a customer's message",
    ),
    ListedCommand(
        "stats",
        "stats:stats",
        Section.FOLLOW,
        "Show what became of a month's messages, and what they cost.",
        replaces="Adding up exports of the service console in a spreadsheet, month by month",
    ),
    ListedCommand(
        "archive",
        "archive:archive",
        Section.FOLLOW,
        "Keep what became of messages in files, for months.",
        replaces="nothing: a week after its end nobody could say what became of a message",
    ),
    ListedCommand(
        "cancel", "cancel:cancel", Section.STEER, "Take a message or a group back that has not been sent."
    ),
    ListedCommand(
        "reschedule",
        "reschedule:reschedule",
        Section.STEER,
        "Give a message or a group another time.",
        replaces="Cancelling messages and submitting them again under other keys, to change their time",
    ),
    ListedCommand(
        "pause", "pause:pause", Section.STEER, "Keep a lane, service, account or group from sending."
    ),
    ListedCommand(
        "resume", "resume:resume", Section.STEER, "Let a lane, service, account or group send again."
    ),
    ListedCommand(
        "policy",
        "policy:policy",
        Section.STEER,
        "Show and change what the whole fleet agrees on.",
        replaces="changing a setting on every host and restarting every worker",
    ),
    ListedCommand(
        "dead", "dead:dead", Section.STEER, "List, requeue or drop messages that will not be sent."
    ),
    ListedCommand(
        "uncertain",
        "uncertain:uncertain",
        Section.STEER,
        "List or settle messages that may have been sent.",
    ),
    ListedCommand(
        "prune",
        "prune:prune",
        Section.STEER,
        "Forget records of messages that ended some time ago.",
        replaces="Lowering keep_days for the whole fleet, and setting it back, to make room in a full Redis",
    ),
    ListedCommand(
        "rewound",
        "rewound:rewound",
        Section.STEER,
        "Decide what becomes of messages where Redis went back in time.",
        replaces="Nothing: after a restore everything that had gone since the copy went again, unsaid",
    ),
    ListedCommand(
        "up", "up:up", Section.SERVERS, "Start Valkey, workers and the rest here, and keep them running."
    ),
    ListedCommand(
        "worker",
        "worker:worker",
        Section.SERVERS,
        "Start a worker process, which sends what waits.",
        replaces="`celery -A worker worker`, which needs names by hand and fails beside a worker.py",
    ),
    ListedCommand(
        "beat",
        "beat:beat",
        Section.SERVERS,
        "Start Celery's beat, for periodic tasks; plexsend has none yet.",
        replaces="`celery -A worker beat`, which writes a file and fails beside a worker.py",
    ),
    ListedCommand(
        "serve",
        "serve:serve",
        Section.SERVERS,
        "Take receipts and serve metrics, over HTTP.",
        replaces="Nothing: what became of a message after its acceptance was in the gateway's console alone",
    ),
    ListedCommand("sandbox", "sandbox:sandbox", Section.SERVERS, "Run a stand-in gateway on this machine."),
    ListedCommand(
        "doctor",
        "doctor:doctor",
        Section.SET_UP,
        "Look whether all that a worker needs fits; say what to do.",
        replaces="comparing settings, `valkey-cli` and `openssl s_client` by hand on every machine",
    ),
    ListedCommand(
        "health",
        "health:health",
        Section.SET_UP,
        "Say whether a worker, receipts or the outbox are well; for probes.",
        replaces="reading `plexsend fleet --json` or pinging Redis by hand in a probe's shell script",
    ),
    ListedCommand("demo", "demo:demo", Section.SET_UP, "Run the whole thing on this machine and watch it."),
)

_BY_NAME = {entry.name: entry for entry in ENTRIES}


class Plexsend(click.Group):
    """The group of all commands. Its `main` never prints a traceback unless it is asked to."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        del ctx
        return list(_BY_NAME)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command of this name, None where there is none."""
        del ctx
        entry = _BY_NAME.get(cmd_name)
        return None if entry is None else entry.load()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name; for any other, say which one was likely meant."""
        if args[0] not in _BY_NAME and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], _BY_NAME, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"There is no command {args[0]!r}.{meant}")
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and not ctx.resilient_parsing:
            refuse_repeated(command, name or "", rest, ctx)
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, without importing them."""
        del ctx
        longest = max(map(len, _BY_NAME))
        for section in Section:
            with formatter.section(section):
                # Of the same width in every section, so that all summaries begin in one column.
                rows = [
                    (entry.name.ljust(longest), entry.summary)
                    for entry in ENTRIES
                    if entry.section is section
                ]
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was parsed."""
        # After these two click would print an empty line and exit with 1.
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as exc:
            raise click.Abort from exc
        except BrokenPipeError as exc:
            raise ReaderGone from exc

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002  the parent's signature
        **extra: Any,
    ) -> Any:
        """Run a command; in standalone mode end the process with its exit code."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        given = list(sys.argv[1:] if args is None else args)
        code = Ending(given).guard(
            lambda: super(Plexsend, self).main(
                given, prog_name or "plexsend", complete_var, standalone_mode=False, **extra
            )
        )
        sys.exit(code)


@click.group(
    name="plexsend",
    cls=Plexsend,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example("plexsend import messages.csv --service mms-bulk", "plexsend why order-4711"),
)
@click.version_option(package_name="plexsend", message="plexsend %(version)s")
@click.option("--traceback", is_flag=True, help="Show a Python traceback where plexsend fails.")
def app(*, traceback: bool) -> None:
    """Send messages through API PLEX: put them in, watch them go, steer what waits.

    Settings come from PLEXSEND_* variables of the environment; docs/settings.md lists them. Every command but
    worker and beat takes --json and then prints one JSON object a line. Exit codes: 0 done, 1 something was
    refused or not found, 2 wrong usage or settings.
    """
    del traceback  # read before anything was parsed
