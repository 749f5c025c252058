"""The command line: click commands, one file a family, imported only when called."""


def main() -> None:
    """Entry point of the `kctrig` command."""
    raise SystemExit("no commands yet")
