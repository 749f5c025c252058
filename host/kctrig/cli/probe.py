"""`kctrig probe`: what a meter says about itself; presses nothing that can change it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kctrig import profiles
from kctrig.cli import exits
from kctrig.cli.rigs import profile_for, recording_of, rig_options
from kctrig.procedure import runner
from kctrig.profiles import Profile
from kctrig.rig import Rig
from kctrig.sim import open_any

EPILOG = """\b
Example:
  kctrig probe --rig /dev/ttyUSB0 --profile hexing
  kctrig probe --rig sim:star --json

\b
Exit codes: 0 number and key revision read; 2 bad input; 3 rig or link trouble;
4 the glass shows something that the profile does not know.
"""


@click.command(epilog=EPILOG)
@rig_options
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def probe(rig: str, profile_name: str | None, trace_path: Path | None, as_json: bool) -> int:
    """Read the number (75) and the key revision (04) of the meter on a rig.

    Without --profile the glass must fit one profile only.
    """
    profile = profile_for(rig, profile_name)
    with open_any(rig, trace=recording_of(trace_path, rig, [rig])) as opened:
        if profile is None:
            profile = _only_profile(opened)
        seen = runner.probe_meter(opened, profile)
    if as_json:
        line = {
            "meter_no": seen.meter_no,
            "profile": profile.name,
            "krn": seen.krn,
            "kt": seen.kt,
            "shown": seen.shown,
            "problem": seen.problem,
        }
        click.echo(json.dumps(line, ensure_ascii=False))
    else:
        kt = f"KT {seen.kt}" if seen.kt is not None else "KT not shown by this brand"
        krn = f"KRN {seen.krn}, {kt}" if seen.krn is not None else "KRN not read"
        click.echo(
            f"meter {seen.meter_no or 'number not read'} ({profile.name}): {krn}; glass: {seen.shown.strip()}"
        )
    if seen.problem:
        click.echo(f"kctrig: {seen.problem}", err=True)
    return exits.OK if seen.meter_no is not None and seen.krn is not None else exits.IN_DOUBT


def _only_profile(rig: Rig) -> Profile:
    """The one profile that fits the glass; a usage error when several do or none."""
    found = runner.identify_meter(rig, [profiles.load(name) for name in profiles.names()])
    if found is None:
        raise click.UsageError(
            "no profile reads a number from this glass; name the meter's brand with --profile"
        )
    if len(found.profiles) > 1:
        names = ", ".join(profile.name for profile in found.profiles)
        raise click.UsageError(
            f"meter {found.meter_no}: name its brand with --profile, this glass fits {names}"
        )
    return found.profiles[0]
