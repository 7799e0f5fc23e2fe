"""Reports of a run: every row with its fate, for spreadsheets, as a page and in sums."""
