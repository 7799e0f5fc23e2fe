"""A run's folder of rows and what else is kept of it, until it is forgotten."""
