"""`plexsend campaign`: one module a verb."""

from __future__ import annotations

from plexsend.cli.commands.campaign.cancel import cancel
from plexsend.cli.commands.campaign.check import check
from plexsend.cli.commands.campaign.create import create
from plexsend.cli.commands.campaign.drop import drop
from plexsend.cli.commands.campaign.group import campaign
from plexsend.cli.commands.campaign.list_ import list_
from plexsend.cli.commands.campaign.pause import pause
from plexsend.cli.commands.campaign.rate import rate
from plexsend.cli.commands.campaign.report import report
from plexsend.cli.commands.campaign.reschedule import reschedule
from plexsend.cli.commands.campaign.resume import resume
from plexsend.cli.commands.campaign.send import send
from plexsend.cli.commands.campaign.show import show
from plexsend.cli.commands.campaign.start import start
from plexsend.cli.commands.campaign.template import template
from plexsend.cli.commands.campaign.test import test

__all__ = ["campaign"]

for _verb in (
    check,
    create,
    send,
    start,
    list_,
    show,
    report,
    template,
    test,
    pause,
    resume,
    cancel,
    reschedule,
    rate,
    drop,
):
    campaign.add_command(_verb)
