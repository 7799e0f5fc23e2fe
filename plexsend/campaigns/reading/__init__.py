"""What is known of runs: which there are, how they stand, how their rows are counted."""
