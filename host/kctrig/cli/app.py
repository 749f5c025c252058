"""The `kctrig` command: its sub-commands by name, and what becomes of everything that goes wrong in them."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from kctrig import __version__
from kctrig.cli import exits

# name: (module, attribute, line shown by `kctrig --help`); nothing here is imported before it is called
COMMANDS = {
    "demo": ("kctrig.cli.demo", "demo", "Upgrade nine emulated meters side by side; needs nothing attached."),
    "upgrade": ("kctrig.cli.upgrade", "upgrade", "Upgrade the meters of a work list."),
    "resume": ("kctrig.cli.resume", "resume", "Finish what was begun: look first, then decide."),
    "probe": ("kctrig.cli.probe", "probe", "Read a meter's number and its key revision."),
    "enter": ("kctrig.cli.enter", "enter", "Enter tokens into the meter on a rig."),
    "status": ("kctrig.cli.status", "status", "What happened to which meter, from a store."),
    "worklist": (
        "kctrig.cli.worklist",
        "worklist",
        "Check, merge and hand out work lists; results back.",
    ),
    "report": (
        "kctrig.cli.report",
        "report",
        "What happened, as a page to print and sign, and as files for machines.",
    ),
    "shift": ("kctrig.cli.shift", "shift", "Close a shift with a signature."),
    "verify": ("kctrig.cli.verify", "verify", "Was a store or a bundle bent, and where first?"),
    "export": ("kctrig.cli.verify", "export", "A store as one .zip for others."),
    "sop": ("kctrig.cli.sop", "sop", "The SOP: registers against meters, complaints, dead tokens."),
    "simulate": (
        "kctrig.cli.simulate",
        "simulate",
        "Bad days at the bench in virtual time, by the thousand, judged.",
    ),
    "emulate": ("kctrig.cli.emulate", "emulate", "An emulated meter or rig for other programs."),
    "token": ("kctrig.cli.token", "token", "Look into tokens; issue tokens for emulated meters."),
    "trace": ("kctrig.cli.link", "trace", "Print a recording of the wire in words."),
    "glass": ("kctrig.cli.glass", "glass", "Read a display from a capture of its LCD driver's bus."),
    "rigs": ("kctrig.cli.rigs_found", "rigs", "Which rigs are attached, by their own names."),
    "flash": ("kctrig.cli.flash", "flash", "Put the rig firmware on an ESP32."),
    "selftest": ("kctrig.cli.selftest", "selftest", "Is this rig fit to work? A page that says so."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which a person needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, or None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


EPILOG = """\b
Exit codes:
  0  all as wanted
  1  some meter did not pass
  2  usage or bad input; nothing was pressed
  3  rig or link trouble; the text says what was pressed
  4  in doubt: a person must look at a meter
  130  interrupted, nothing in doubt

\b
Start here:
  kctrig demo
  kctrig upgrade bank_kct.csv --rig /dev/ttyUSB0 --store shift.db
"""


@click.command(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kctrig")
@click.option("--debug", is_flag=True, help="On an error show where in kctrig it arose.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Type Key Change Tokens into prepaid STS meters and believe only the meter's glass."""
    ctx.ensure_object(dict)["debug"] = debug


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and give back its exit code; every failure is one line on stderr."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = cli.main(args=words, prog_name="kctrig", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever read our output has gone (`| head`); a second failure at exit would only be noise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.OK
    except (Exception, KeyboardInterrupt) as error:
        if "--debug" in words and not isinstance(error, click.ClickException):
            raise
        line, code = exits.explain(error)
        click.echo(line, err=True)
    return code if isinstance(code, int) else exits.OK
