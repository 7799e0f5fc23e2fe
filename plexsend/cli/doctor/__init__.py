"""What `plexsend doctor` looks at: a module for each kind of check, which returns rows and prints nothing."""
