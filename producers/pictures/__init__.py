"""Pictures on their way in: uploaded once, and in items the files that they name."""
