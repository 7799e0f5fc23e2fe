"""The one door to redis-py: connections, scripts, names of keys, and whether a server may be trusted."""
