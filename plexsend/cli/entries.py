"""The table of commands: what each is for, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module

import click


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
    ListedCommand(
        "campaign",
        "campaign:campaign",
        Section.SEND,
        "Send to lists of people in runs; watch and steer them.",
        replaces="Importing a list at night by hand, and counting afterwards in a spreadsheet who got what",
    ),
    ListedCommand("upload", "upload:upload", Section.SEND, "Upload pictures.", "Uploading them with curl"),
    ListedCommand("status", "status:status", Section.FOLLOW, "Show all that is known of a message."),
    ListedCommand("why", "why:why", Section.FOLLOW, "Explain why a message is not sent yet, and until when."),
    ListedCommand(
        "top",
        "top:top",
        Section.FOLLOW,
        "Watch lanes, pace, holds and workers, and when it will be over.",
        replaces="Typing lanes, fleet, holds and why again and again while something goes out",
    ),
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
        "suppress",
        "suppress:suppress",
        Section.STEER,
        "Keep numbers from being written to; say who refused.",
        replaces="Taking numbers out of every list by hand before each campaign",
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
        "Start Celery's beat, which rings for campaigns.",
        replaces="`celery -A worker beat`, which fails beside a worker.py of another project",
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
