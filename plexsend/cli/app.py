"""The top command: finds its commands by name and imports the one that is asked for."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.ending import Ending, ReaderGone
from plexsend.cli.options import example

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class ListedCommand:
    """A command that is imported when it is asked for, and what the list of commands says of it."""

    name: str
    where: str
    """Module below `plexsend.cli.commands` and the name of the command in it."""
    summary: str

    @property
    def module(self) -> str:
        """The full name of the module that holds the command."""
        return f"{__package__}.commands.{self.where.partition(':')[0]}"

    def load(self) -> click.Command:
        """Import the command."""
        command = getattr(import_module(self.module), self.where.partition(":")[2])
        assert isinstance(command, click.Command)  # noqa: S101  the table below is wrong otherwise
        return command


# Importing all commands to list them would cost more than most of them take to run.
ENTRIES = (
    ListedCommand("demo", "demo:demo", "Run the whole thing on this machine and watch it."),
    ListedCommand("up", "up:up", "Start Valkey and workers here, and keep them running."),
    ListedCommand("send", "send:send", "Put one message in."),
    ListedCommand("check", "check:check", "Judge a file of messages; send nothing."),
    ListedCommand("import", "import_:import_", "Put a file of messages in."),
    ListedCommand("status", "status:status", "Show all that is known of a message."),
    ListedCommand("why", "why:why", "Explain what keeps a message from going, and until when."),
    ListedCommand("cancel", "cancel:cancel", "Take a message back that has not been sent."),
    ListedCommand("lanes", "lanes:lanes", "List the lanes and what waits in them."),
    ListedCommand("holds", "holds:holds", "List what keeps accounts, services and lanes from sending."),
    ListedCommand("pause", "pause:pause", "Keep a lane, a service or an account from sending."),
    ListedCommand("resume", "resume:resume", "Let a lane, a service or an account send again."),
    ListedCommand("dead", "dead:dead", "List, requeue or drop messages that will not be sent."),
    ListedCommand("uncertain", "uncertain:uncertain", "List or settle messages that may have been sent."),
    ListedCommand("audit", "audit:audit", "Prove from the records that no message is missing."),
    ListedCommand("sandbox", "sandbox:sandbox", "Run a stand-in gateway on this machine."),
)


class Plexsend(click.Group):
    """The group of all commands. Its `main` never lets a traceback out."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands whose modules are installed."""
        del ctx
        return [entry.name for entry in ENTRIES if find_spec(entry.module) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command of this name, None where there is none."""
        entry = next((entry for entry in ENTRIES if entry.name == cmd_name), None)
        if entry is None or entry.name not in self.list_commands(ctx):
            return None
        return entry.load()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name; for any other, say which one was likely meant."""
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            import difflib  # noqa: PLC0415  only a slip needs it

            near = difflib.get_close_matches(args[0], known, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"There is no command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, without importing them."""
        listed = self.list_commands(ctx)
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.summary) for entry in ENTRIES if entry.name in listed])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was parsed."""
        # click has ways of its own to end after these two, which print an empty line and exit with 1.
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

    Settings come from PLEXSEND_* variables of the environment; the README lists them. Every command takes
    --json and then prints one JSON object a line. Exit codes: 0 done, 1 something was refused or not found,
    2 wrong usage or settings.
    """
    del traceback  # read before anything was parsed
