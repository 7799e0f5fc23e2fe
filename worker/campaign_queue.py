"""The queue of the tasks of campaigns, and their names. It is not a service, it has no lane."""

from __future__ import annotations

CAMPAIGNS = "campaigns"
"""The queue. Every worker serves it, unless `-Q` names others."""
TICK_TASK = "plexsend.campaigns.tick"
"""Claim what is due, and see who needs feeding. It carries nothing."""
FEED_TASK = "plexsend.campaigns.feed"
"""Feed a run of an account for a while."""

PREPARE_TASK = "plexsend.campaigns.prepare"
"""Read and check the recipients of a run that a cron made."""

TICK_S = 1.0
"""Between two ticks."""
MOST_WAITING = 20
"""Tasks in the queue above which none is added: nobody takes them, and one tick is as good as many."""
