"""The ground that producers and workers stand on: gateway contract, outbox, sandbox, settings, commands."""
