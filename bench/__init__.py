"""Measures plexsend against its peers: `python -m bench`. README.md says how to read the figures."""
