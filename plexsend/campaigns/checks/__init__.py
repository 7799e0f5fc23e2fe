"""The check before launch: every row as it will be sent."""
