"""`kctrig verify` and `kctrig export`: is the record as it was written, and how it is handed on."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kctrig.cli import exits
from kctrig.cli.stores import must_exist, source_argument

if TYPE_CHECKING:
    from kctrig.records.evidence import Checked

_VERIFY = """\b
Example:
  kctrig verify shift.db
  kctrig verify bundle.zip --key bench7.pem

\b
Without --key nothing is said of who wrote the record: anybody can make one that fits itself.
With it, that key must have closed at least one shift, and signed a bundle with all its files.
FILE comes from the bench (kctrig shift key), not out of the bundle.
Events after the last close of a shift are counted: in a store nobody has signed them yet.
Exit codes: 0 everything fits; 1 something was bent, the first event is named, or is not signed
with the key; 2 bad input.
"""
_EXPORT = """\b
Example:
  kctrig export shift.db --out shift-2021-01-26.zip

\b
The bundle holds masked tokens only and no private key. `unzip`, `sha256sum` and a text editor open it.
A file that is there already is never overwritten.
"""


@click.command(epilog=_VERIFY)
@source_argument("STORE|BUNDLE.zip")
@click.option(
    "--key",
    "key_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Public key that must have signed.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def verify(source: Path, key_path: Path | None, as_json: bool) -> int:
    """Check that no event of a store or a bundle was changed, dropped or put in.

    Needs no private key and changes nothing.
    """
    from kctrig.records import signing
    from kctrig.records.bundle import check_bundle
    from kctrig.records.evidence import check, read_store

    must_exist(source)
    public = _public(key_path) if key_path else ""
    found = check_bundle(source, public) if zipfile.is_zipfile(source) else check(read_store(source), public)
    key = signing.short_name(found.public) if found.public and found.shifts else ""
    if as_json:
        line = {
            "ok": found.ok,
            "events": found.chain.events,
            "first_bent": found.chain.first_bent or None,
            "wrong": found.wrong,
            "shifts": found.shifts,
            "signed_to": found.signed_to,
            "key": key,
            "checked_against": signing.short_name(public) if public else "",
            "unsigned": found.unsigned,
            "unsigned_from": found.chain.events - found.unsigned + 1 if found.unsigned else None,
        }
        click.echo(json.dumps(line, ensure_ascii=False))
    else:
        click.echo(_said(source, found, key, against_key=bool(public)))
    return exits.OK if found.ok else exits.NOT_PASSED


@click.command(epilog=_EXPORT)
@source_argument("STORE")
@click.option(
    "--out",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The bundle.",
)
def export(source: Path, out: Path) -> int:
    """Write a store's events, their hashes and the public key into one .zip."""
    from kctrig.records.bundle import check_bundle, write_bundle

    must_exist(source)
    if out.exists():  # an older bundle is the witness against a store that was cut since
        raise click.UsageError(f"{out} is there already; name a new file")
    try:
        evidence = write_bundle(source, out)
    except OSError as error:
        raise click.UsageError(f"{out} cannot be written: {error.strerror}") from error
    found = check_bundle(out)
    click.echo(f"{out}: {len(evidence.events)} events")
    if not found.ok:
        click.echo(f"kctrig: exported as it is, but it was bent: {found.chain.wrong}", err=True)
        return exits.NOT_PASSED
    return exits.OK


def _public(path: Path) -> str:
    from kctrig.records import signing

    try:
        return signing.from_pem(path.read_bytes())
    except OSError as error:
        raise click.UsageError(f"--key {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise click.UsageError(
            f"--key {path} is no Ed25519 public key in PEM; make one with kctrig shift key"
        ) from error


def _said(path: Path, found: Checked, key: str, *, against_key: bool) -> str:
    chain = found.chain
    if not chain.ok:
        first = f"the first that does not fit is event {chain.first_bent}; " if chain.first_bent else ""
        return f"{path}: BENT: {first}{chain.wrong}"
    if not found.ok:
        return f"{path}: NOT PROVED: {chain.events} events fit each other; {found.unproved}"
    if found.shifts:
        shifts = "1 shift" if found.shifts == 1 else f"{found.shifts} shifts"
        signed = f"{shifts} signed with key {key}" + _tail(found)
    else:
        signed = "no shift was closed, so nothing is signed"
    unchecked = (
        "" if against_key else ". Checked against no key: it fits itself, who wrote it is open (--key)"
    )
    return f"{path}: {chain.events} events fit; {signed}{unchecked}"


def _tail(found: Checked) -> str:
    """What is to be said of the events after the last close of a shift."""
    first = found.chain.events - found.open_events + 1
    after = f"{found.open_events} after the last signature, from event {first} on"
    if found.unsigned:
        return f"; WARNING: {after}, signed by nobody: anybody can have made them"
    return f"; {after}, signed with the bundle only" if found.open_events else ""
