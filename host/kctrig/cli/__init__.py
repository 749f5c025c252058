"""The command line: click commands, one file a family, imported only when called."""


def main() -> None:
    """Entry point of the `kctrig` command."""
    from kctrig.cli.app import run  # late, so that importing a part of kctrig.cli does not build the whole

    raise SystemExit(run())
