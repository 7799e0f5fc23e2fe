"""`python -m plexsend`: the `plexsend` command."""

from plexsend.cli import main

if __name__ == "__main__":
    main()
