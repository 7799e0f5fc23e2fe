"""Ticks: what is due is claimed, prepared and started; running runs are watched."""
