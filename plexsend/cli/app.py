"""The top command: finds its commands by name and imports the one that is asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from plexsend.cli.ending import Ending, ReaderGone
from plexsend.cli.entries import ENTRIES, Section
from plexsend.cli.options import example
from plexsend.cli.repeating import refuse_repeated

if TYPE_CHECKING:
    from collections.abc import Sequence


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
