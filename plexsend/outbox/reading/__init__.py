"""What can be asked of the outbox: it only reads."""
