"""`python -m pixonomy` is the command `pixonomy`."""

from pixonomy.cli.main import main

if __name__ == "__main__":
    main()
