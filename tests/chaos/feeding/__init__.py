"""Campaigns with real workers, beats and a Valkey: fed while things break, steered, restored from a copy."""
