"""Measures plexsend against its peers: `python -m bench`. How to read the figures stands in README.md."""
