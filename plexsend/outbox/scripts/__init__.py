"""The Lua scripts of the outbox, and how they are put together."""
