"""Requests to the gateway and what comes back, over connections of our own."""
