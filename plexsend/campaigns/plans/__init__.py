"""When a run would start and end, and what it takes."""
