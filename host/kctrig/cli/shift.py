"""`kctrig shift`: close a shift with a signature, and show the key that signs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kctrig.cli import exits
from kctrig.cli.plain import plain_line
from kctrig.cli.stores import must_be_store, store_option
from kctrig.records.store import Store

_EXAMPLE = """\b
Example:
  kctrig shift close --store shift.db --operator Sari
  kctrig shift key --store shift.db > bench7.pem
"""


@click.group(epilog=_EXAMPLE)
def shift() -> None:
    """Close a shift with a signature; show the key that signs."""


@shift.command(epilog=_EXAMPLE)
@store_option
@click.option(
    "--operator", metavar="NAME", type=plain_line, required=True, help="Who closes the shift; signed with it."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def close(store_path: Path, operator: str, as_json: bool) -> int:
    """Sign everything in the store so far (Ed25519).

    The key is made at first use, in STORE.key, which never leaves this machine; STORE.receipts keeps what was signed.
    """
    from kctrig.records import shift as shifts
    from kctrig.records import signing

    if not operator.strip():
        raise click.UsageError("--operator needs a name; the shift is signed with it")
    must_be_store(store_path)
    with Store(store_path) as store:
        if store.closed_last():
            raise click.UsageError("nothing happened since the last close of a shift; nothing was signed")
        closed = shifts.close_shift(store, operator.strip())
        states = [row.state for row in store.status()]
    name = signing.short_name(closed.public)
    if as_json:
        line = {"shift": closed.shift, "event": closed.seq, "hash": closed.hash, "key": name}
        click.echo(json.dumps(line))
    else:
        click.echo(f"shift {closed.shift} closed by {operator.strip()}: event {closed.seq}, {closed.hash}")
        click.echo(f"signed with key {name} ({signing.key_path(store_path)}; public part: kctrig shift key)")
    code = exits.of_states(states)
    if code:
        click.echo(
            f"kctrig: meters in doubt or half done remain: kctrig status --store {store_path}", err=True
        )
    return code


@shift.command(epilog=_EXAMPLE)
@store_option
def key(store_path: Path) -> None:
    """Print the public key that signs this store's shifts, as PEM; makes the key at first use."""
    from kctrig.records import signing

    must_be_store(store_path)
    click.echo(signing.pem_of(signing.ShiftKey(store_path).public), nl=False)
