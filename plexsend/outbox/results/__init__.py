"""Results: what applications hear of their messages, the readers that hear it, and the proof of it."""
