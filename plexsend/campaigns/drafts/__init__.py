"""New runs: their rows copied and judged, from a list or from another run's rows."""
