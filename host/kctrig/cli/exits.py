"""Exit codes, and the one line and the code that each failure ends in."""

from __future__ import annotations

import click

from kctrig.link.errors import LinkError

OK = 0
NOT_PASSED = 1
USAGE = 2
TROUBLE = 3
IN_DOUBT = 4
INTERRUPTED = 130

_PASSED = frozenset({"PASS_VERIFIED", "ALREADY_DONE"})
_DOUBTFUL = frozenset({"IN_DOUBT", "HALF"})
_TROUBLE = frozenset({"INFRA_ERROR"})


def of_verdicts(verdicts: list[str]) -> int:
    """The exit code of a command that ended with these verdicts: the gravest one counts."""
    if any(verdict in _DOUBTFUL for verdict in verdicts):
        return IN_DOUBT
    if any(verdict in _TROUBLE for verdict in verdicts):
        return TROUBLE
    return OK if all(verdict in _PASSED for verdict in verdicts) else NOT_PASSED


def of_states(states: list[str]) -> int:
    """The exit code of a look at the store: 4 when some meter waits for a person."""
    return IN_DOUBT if any(state in _DOUBTFUL for state in states) else OK


def explain(error: BaseException) -> tuple[str, int]:
    """The line for the person and the exit code."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.format_message(), USAGE
    if isinstance(error, click.UsageError):
        hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        return f"kctrig: {error.format_message()}{hint}", USAGE
    if isinstance(error, click.ClickException):
        return f"kctrig: {error.format_message()}", error.exit_code
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return f"kctrig: interrupted; exit code {INTERRUPTED}", INTERRUPTED
    effect = getattr(error, "effect", None)
    if effect is None:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return (
            f"kctrig: fault inside kctrig ({what}); run again with `kctrig --debug` and report it",
            IN_DOUBT,
        )
    if effect == "unknown":
        return f"kctrig: {error}", IN_DOUBT
    return f"kctrig: {error}", TROUBLE if isinstance(error, LinkError) else USAGE
