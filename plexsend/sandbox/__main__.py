"""The sandbox as a process: `python -m plexsend.sandbox --port 8080`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from plexsend.sandbox.behaviour import Duplicates
from plexsend.sandbox.local import run
from plexsend.sandbox.server import HOST


class _Once(argparse.Action):
    """An option that takes one value: argparse takes the last of several without a word."""

    given = False

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Keep the value; a second one is wrong usage."""
        if self.given:
            parser.error(f"{option_string} is given twice and takes one value")
        self.given = True
        setattr(namespace, self.dest, values)


def build_parser() -> argparse.ArgumentParser:
    """Return the reader of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m plexsend.sandbox",
        description="A stand-in for API PLEX on this machine, to test against.",
    )
    parser.register("action", None, _Once)
    parser.add_argument("--port", type=int, default=0, help="where to listen; 0 takes any free port")
    parser.add_argument(
        "--host", choices=[HOST], default=HOST, help="the only address, as it has no protection"
    )
    parser.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="'userID;secret_key'",
        help="who may send; may be repeated. Without it everyone with a well-formed header may",
    )
    parser.add_argument(
        "--credit", type=int, help="messages that every account may send; no limit without it"
    )
    parser.add_argument("--rate", type=float, help="answer HTTP 429 above this many messages a second")
    parser.add_argument(
        "--duplicates",
        choices=[choice.value for choice in Duplicates],
        default=Duplicates.REFUSE.value,
        help="answer a key that was used before with 71003, or accept it again",
    )
    parser.add_argument(
        "--keep-bodies",
        action="store_true",
        help="let /_sandbox/requests show bodies, which hold texts and phone numbers",
    )
    parser.add_argument(
        "--receipts",
        metavar="URL",
        help="post a receipt for each accepted message there, on this machine",
    )
    parser.add_argument(
        "--receipts-file",
        type=Path,
        metavar="FILE",
        help="the same with the URL in a file, which may be written later",
    )
    parser.add_argument(
        "--receipts-delay", type=float, default=0, metavar="MS", help="how long after acceptance it is posted"
    )
    parser.add_argument("--verbose", action="store_true", help="write a line to stderr for every answer")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the sandbox until it is asked to end, and return the exit code."""
    options = build_parser().parse_args(arguments)
    if options.verbose:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    return run(
        options.port,
        accounts=options.account,
        credit=options.credit,
        keep_bodies=options.keep_bodies,
        duplicates=options.duplicates,
        messages_per_s=options.rate,
        receipts_url=options.receipts,
        receipts_file=options.receipts_file,
        receipt_delay_ms=options.receipts_delay,
    )


if __name__ == "__main__":
    sys.exit(main())
