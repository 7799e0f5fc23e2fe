"""Feeding: rows of running runs put into the outbox, each once."""
