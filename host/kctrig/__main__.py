"""`python -m kctrig` is the `kctrig` command."""

from kctrig.cli import main

if __name__ == "__main__":
    main()
