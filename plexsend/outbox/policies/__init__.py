"""Policies: what the whole fleet agrees on, kept in Redis and not in the environment of each process."""
