"""What `plexsend up` says when it is up: where everything is, and what to type in another terminal."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from plexsend.stack import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.stack.folder import DataFolder
    from plexsend.stack.stack import Plan, Stack
    from plexsend.terminal.screen import Screen


_FIRST_MESSAGE = "plexsend send sms-standard --to 010-2345-6789 --from 02-2345-6789 --text hello --wait"


def announce(screen: Screen, stack: Stack, plan: Plan, folder: DataFolder) -> None:
    """Print the addresses of a stack that is up, and how to use it from elsewhere."""
    data, redis_file = folder.path, folder.redis_url
    exports = _exports(stack, plan, folder)
    screen.facts(
        {
            "event": "up",
            "redis_url": stack.redis_place,
            "redis_url_file": str(redis_file),
            "sandbox_url": stack.sandbox_url,
            "receipts_url": stack.receipts_url,
            "data": str(data),
            "logs": str(data / "logs"),
            "export": exports,
            "processes": {child.name: child.pid for child in stack.children},
        }
    )
    screen.say("plexsend is up.", style="bold green")
    screen.say(f"  Valkey    {stack.redis_place}  (its password is in {redis_file.name} of the data folder)")
    if stack.sandbox_url is None:
        urls = ", ".join(sorted(set(plan.base_urls.values())))
        screen.say(f"  gateway   {urls}: messages are really sent there")
    else:
        screen.say(f"  sandbox   {stack.sandbox_url}  (nothing leaves this machine)")
    screen.say(f"  receipts  {_receipts(stack)}")
    screen.say(f"  workers   {len(stack.workers)}, and beat, which rings for campaigns")
    screen.say(f"  data      {data}")
    screen.say(f"  logs      {data / 'logs'}")
    screen.say()
    screen.say("To use it from another terminal, with commands and applications:")
    for name in sorted(environment.REDIS_VARIABLES & plan.environ.keys() - exports.keys()):
        screen.say(f"  unset {name}")
    screen.say(f"  export {_shell(exports)}")
    screen.say("  plexsend lanes")
    if stack.sandbox_url is not None:
        screen.say("To send a first message there:")
        screen.say(f"  {_FIRST_MESSAGE}")
        screen.say("To upload a picture, and to add a worker there:")
        screen.say("  plexsend upload FILE")
        screen.say("  plexsend worker")
        screen.say("For some numbers the sandbox has a fixed outcome: docs/sandbox.md lists them.")
    screen.say()
    screen.say("Ctrl-C stops everything.")
    sys.stdout.flush()


def _receipts(stack: Stack) -> str:
    if stack.receipts_url is None:
        if stack.sandbox_url is not None:
            return "not taken: messages end accepted"
        return "not taken: set PLEXSEND_RECEIPT_SECRET_MAIN for them (docs/receipts.md)"
    if stack.sandbox_url is not None:
        return f"{stack.receipts_url}  (the sandbox posts them there)"
    return f"{stack.receipts_url}/receipts/ACCOUNT/SECRET  (the gateway posts them there: docs/receipts.md)"


def _shell(variables: Mapping[str, str]) -> str:
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())


# With the sandbox everything, so that pictures, advertisements and workers need no further line.
def _exports(stack: Stack, plan: Plan, folder: DataFolder) -> dict[str, str]:
    prefix = f"{environment.OURS}KEY_PREFIX"
    # A file, since a password in an output ends up in logs and in the history of a shell.
    exports = {environment.REDIS_URL_FILE: str(folder.redis_url)}
    if stack.sandbox_url is not None:
        exports |= {
            environment.NUMBER_KEY_FILE: str(folder.number_key),
            environment.CAMPAIGN_DIR: str(folder.campaigns),
            # Any other account is refused by the sandbox.
            f"{environment.ACCOUNTS}MAIN": environment.SANDBOX_CREDENTIALS,
            **dict.fromkeys(environment.gateway_names(), stack.sandbox_url),
        }
    # What is submitted under another key than the workers' is not found by its number, nor suppressed.
    if stack.number_key_file is not None:
        exports[environment.NUMBER_KEY_FILE] = str(stack.number_key_file)
    # Another prefix would show another, empty outbox, and another folder no recipients.
    for name in (prefix, environment.CAMPAIGN_DIR):
        if name in plan.environ:
            exports[name] = plan.environ[name]
    return exports
