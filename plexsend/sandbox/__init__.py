"""A stand-in API PLEX to try and test against, written from the contract and not from the client."""
