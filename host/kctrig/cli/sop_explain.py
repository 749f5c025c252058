"""`kctrig sop explain`: why a token cannot be entered, from the time of the update and the times of purchase."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from kctrig.cli import exits
from kctrig.cli.sop_common import bad_input, lang_option, note, refused, utc_offset_min
from kctrig.sop import usage
from kctrig.sop.answers import history_json, history_lines
from kctrig.sop.history import Finding, Purchase
from kctrig.sop.history import explain as explained
from kctrig.sop.history_table import Customer, read_histories
from kctrig.sop.moments import Moment, UnreadableMoment, read_moment
from kctrig.sop.names import HISTORY
from kctrig.sop.screen import read_page
from kctrig.sop.table import TableError, file_bytes, read_table
from kctrig.worklist.text import encoding_of

EPILOG = """\b
Example:
  kctrig sop explain --update "26-01-2021 13:00" --bought "26-01-2021 06:19" --bought "26-01-2021 08:21"
  kctrig sop explain page.txt
  kctrig sop explain history.csv --lang en

\b
FILE is the customer's page of P2APST copied as text (also badly scanned; - reads what is pasted), or a CSV or
.xlsx with TGL_BAYAR, JAM_BAYAR and TGL_UPDATE. Bought before the update and not entered: can no longer be
entered. Bought after it: must work, unless the officer's confirmation was wrong (SOP 7.d).
WIB, WITA or WIT behind a time is its zone: 13:00 WIT comes before 12:00 WIB.
Exit codes: 0 every purchase decided; 1 some cannot be decided; 2 bad input.
"""


@click.command(epilog=EPILOG, short_help="Why a token cannot be entered: update against purchase.")
@click.argument("page", metavar="[FILE|-]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--update", "update_text", metavar="TIME", help="Time of the update (TGUPDATE); beats that of FILE."
)
@click.option(
    "--bought", "bought_texts", metavar="TIME", multiple=True, help="Time of a purchase; repeat for more."
)
@click.option(
    "--zone",
    metavar="WIB|WITA|WIT",
    envvar="KCTRIG_ZONE",
    help="Time zone of the times that name none; two of them are of the same one without.",
)
@lang_option
@click.option("--json", "as_json", is_flag=True, help="One JSON line a purchase on stdout.")
def explain(
    page: Path | None,
    update_text: str | None,
    bought_texts: Sequence[str],
    zone: str | None,
    lang: str,
    as_json: bool,
) -> int:
    """Compare the time of the update with every purchase: which tokens still go in, which never will."""
    zone_min = utc_offset_min(zone, lang) if zone else None
    update = _moment(update_text, "--update", zone_min, lang) if update_text is not None else None
    bought = [Purchase(_moment(text, "--bought", zone_min, lang), text) for text in bought_texts]
    if page is None and not bought:
        raise refused(usage.NO_PAGE, lang)
    if page is None and update is None:
        raise refused(usage.NO_UPDATE, lang)
    try:
        customers = _read(page, zone_min, lang) if page is not None else [Customer("")]
    except TableError as error:
        raise bad_input(error, lang) from None
    settled = True
    for customer in customers:
        customer.update = update or customer.update
        customer.purchases += bought
        settled &= _show(customer, lang, as_json)
    return exits.OK if settled else exits.NOT_PASSED


def _moment(text: str, option: str, zone_min: int | None, lang: str) -> Moment:
    try:
        return read_moment(text).in_zone(zone_min)
    except UnreadableMoment as fault:
        raise refused(usage.option(option, fault.said), lang) from None


def _read(path: Path, zone_min: int | None, lang: str) -> list[Customer]:
    """The customers of a table; a file without the header of one is a page of text."""
    content = sys.stdin.buffer.read() if str(path) == "-" else file_bytes(path)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _histories(path, zone_min, lang)
    text = content.decode(encoding_of(content), "replace")
    if str(path) != "-" and _is_table(text):
        return _histories(path, zone_min, lang)
    found = read_page(text, zone_min)
    idpel = found.fields.get("IDPEL", "")
    key = idpel if idpel.isascii() and idpel.isdigit() else ""
    return [Customer(key, found.update, list(found.purchases), list(found.unreadable))]


def _histories(path: Path, zone_min: int | None, lang: str) -> list[Customer]:
    table = read_table(path, HISTORY)
    note((*table.notes, *table.unread), lang, f"{path}: ")
    return read_histories(table, zone_min)


def _is_table(text: str) -> bool:
    """Whether one of the first lines names the time of purchase between delimiters, as only a table does."""
    for line in text.splitlines()[:20]:
        for delimiter in ";,":
            cells = line.split(delimiter)
            if len(cells) > 1 and any(HISTORY.canonical(cell) == "TGL_BAYAR" for cell in cells):
                return True
    return False


def _show(customer: Customer, lang: str, as_json: bool) -> bool:
    """Print one customer; gives whether everything is decided and was readable."""
    found = explained(customer.update, customer.purchases)
    if as_json:
        for one in found:
            body = {"customer": customer.key, **history_json(customer.update, one)}
            click.echo(json.dumps(body, ensure_ascii=False))
    else:
        if customer.key:
            click.echo(f"IDPEL {customer.key}")
        for indent, line in history_lines(customer.update, found):
            click.echo("    " * indent + line.into(lang))
    note(customer.unreadable, lang, "? ")
    return bool(found) and all(one.finding is not Finding.UNDECIDABLE for one in found)
