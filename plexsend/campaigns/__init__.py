"""Campaigns: what a person sends to a list of people, from its definition to its report."""
