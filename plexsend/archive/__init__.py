"""The archive: one line for each message that ended, in a file a day, for longer than Redis keeps records."""
