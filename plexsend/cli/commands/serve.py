"""`plexsend serve`: a server for what the gateway and monitoring ask over HTTP."""

from __future__ import annotations

import sys

import click

from plexsend.cli.options import example, json_option
from plexsend.terminal.screen import Screen

_PARTS = ("receipts", "metrics")


@click.command(
    epilog=example(
        "plexsend serve receipts --port 8080",
        "plexsend serve receipts --host 0.0.0.0 --port 8080",
        "plexsend serve metrics --port 9464",
    ),
)
@click.argument("parts", metavar="PART...", nargs=-1, required=True, type=click.Choice(_PARTS))
@click.option("--host", metavar="H", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    metavar="P",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Where to listen; 0 takes a free one.",
)
@json_option
def serve(*, parts: tuple[str, ...], host: str, port: int, as_json: bool) -> None:
    """Take receipts and serve metrics over HTTP until Ctrl-C or SIGTERM.

    PART is receipts (what the gateway posts to /receipts/ACCOUNT/SECRET; docs/receipts.md) or metrics
    (/metrics, the whole fleet for Prometheus; docs/metrics.md), or both. /health/live and /health/ready are
    always there. Prints its address when it is ready; what comes is finished before it ends.
    """
    from plexsend.cli.opening import open_settings
    from plexsend.extras import require

    require("web")
    from plexsend.web.serving import serve as run

    screen = Screen(as_json=as_json)
    settings = open_settings(screen)
    names = tuple(dict.fromkeys(parts))

    def ready(url: str) -> None:
        screen.facts({"url": url, "parts": list(names)})
        screen.say(f"It listens on {url}: {', '.join(names)}. Ctrl-C ends it.")
        sys.stdout.flush()

    run(names, settings, host=host, port=port, ready=ready)
