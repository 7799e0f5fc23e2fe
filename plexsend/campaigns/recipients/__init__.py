"""Recipients: lists as people have them: CSV, JSON Lines, spreadsheets, packed or through a pipe."""

from plexsend.campaigns.recipients.opening import Recipients, open_recipients
from plexsend.campaigns.recipients.rows import RecipientRow

__all__ = ["RecipientRow", "Recipients", "open_recipients"]
