"""What the commands that open a rig share: which profile to read the glass with, and the recording of its line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from kctrig import profiles
from kctrig.link.trace import TraceFile
from kctrig.profiles import Profile
from kctrig.sim.urls import is_sim, parse

F = Callable[..., Any]


trace_option = click.option(
    "--trace",
    "trace_path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Record every byte of the line, tokens included; read it with kctrig trace show. Several rigs: FILE-1, FILE-2.",
)


def recording_of(path: Path | None, rig: str, rigs: Sequence[str]) -> TraceFile | None:
    """The recording for one of these rigs; None when nobody wants one.

    Raises TraceError when the file cannot be made.
    """
    if path is None:
        return None
    if len(rigs) > 1:
        path = path.with_name(f"{path.stem}-{rigs.index(rig) + 1}{path.suffix}")
    return TraceFile(path, rig)


def rig_options(command: F) -> F:
    """The options `--rig`, `--profile` and `--trace`."""
    command = trace_option(command)
    command = click.option(
        "--profile",
        "profile_name",
        metavar="NAME",
        help="Brand profile of the meter, or a profile FILE.toml of your own; sim:BRAND has its own.",
    )(command)
    return click.option(
        "--rig",
        metavar="URL",
        required=True,
        help="Port of the rig, rig:ID or sim:BRAND (sim:generic?laws=FILE: a meter of your own laws).",
    )(command)


def profile_for(rig: str, name: str | None) -> Profile | None:
    """The profile named, or that of an emulated brand; None when nothing says which.

    Raises:
        click.UsageError: there is no profile of that name.
        ProfileError: a file that holds no whole profile.
    """
    known = profiles.names()
    if name is None:
        brand = parse(rig).brand if is_sim(rig) else ""
        return profiles.load(brand) if brand in known else None
    if name.endswith(".toml"):
        return profiles.load_file(name)
    if name not in known:
        raise click.UsageError(
            f"no brand profile is called {name!r}; known are {', '.join(known)}, or a FILE.toml"
        )
    return profiles.load(name)


def ask_for_profile() -> click.UsageError:
    """The error for a real rig whose meter's brand nobody named."""
    return click.UsageError(f"name the meter's brand with --profile: one of {', '.join(profiles.names())}")
