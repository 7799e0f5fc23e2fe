"""Runs of campaigns: each is one sending, the group `NAME~3`, with a state, a mark and fates in Redis."""
