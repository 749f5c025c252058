"""A history of P2APST as a table: purchases of one customer or of many, with the time of update beside them or not."""

from __future__ import annotations

from dataclasses import dataclass, field

from kctrig.lang import N_
from kctrig.sop import names
from kctrig.sop.history import Purchase
from kctrig.sop.moments import Moment, UnreadableMoment, read_moment, same
from kctrig.sop.register import update_of
from kctrig.sop.said import Said, say
from kctrig.sop.table import Row, Table, beyond_said


@dataclass(slots=True)
class Customer:
    """One customer's history. `key` is the IDPEL, else the meter number, else empty."""

    key: str
    update: Moment | None = None
    purchases: list[Purchase] = field(default_factory=list)
    unreadable: list[Said] = field(default_factory=list)
    updates: dict[Moment, None] = field(default_factory=dict)


def read_histories(table: Table, zone_min: int | None = None) -> list[Customer]:
    """The customers of a table, in the order in which they first stand there; no row is left out in silence.

    `zone_min` is the zone of times that name none, None where that is not known.
    """
    customers: dict[str, Customer] = {}
    for row in table.rows:
        key = row.text(names.IDPEL) or row.text(names.NO_METER)
        _take(customers.setdefault(key, Customer(key)), row, row.beyond(len(table.header)), zone_min)
    for customer in customers.values():
        if not same(customer.updates):
            customer.unreadable.append(
                say(
                    N_("several times of update: {times}; give the right one with --update"),
                    times=", ".join(map(str, customer.updates)),
                )
            )
        elif customer.updates:
            customer.update = next(iter(customer.updates))
    return list(customers.values())


def _take(customer: Customer, row: Row, beyond: str, zone_min: int | None) -> None:
    text = row.text(names.BOUGHT)
    if beyond:  # every cell of the row may stand in a wrong column
        customer.unreadable.append(say(N_("row {row}: {wrong}"), row=row.row_no, wrong=beyond_said(beyond)))
        customer.purchases.append(Purchase(None, repr(" ".join(filter(None, row.all_cells))[:40])))
        return
    try:
        update = update_of(row)
        if update is not None:
            customer.updates[update.in_zone(zone_min)] = None
    except UnreadableMoment as fault:
        customer.unreadable.append(
            say(N_("row {row}, time of update: {wrong}"), row=row.row_no, wrong=fault.said)
        )
    if not text and not row.text(names.BOUGHT_CLOCK):
        if not row.text(names.UPDATED) and not row.text(names.CODES):
            customer.unreadable.append(say(N_("row {row} names no purchase and no update"), row=row.row_no))
        return
    try:
        bought = read_moment(text, row.text(names.BOUGHT_CLOCK)).in_zone(zone_min)
        customer.purchases.append(Purchase(bought, str(bought)))
    except UnreadableMoment as fault:
        customer.unreadable.append(say(N_("row {row}, purchase: {wrong}"), row=row.row_no, wrong=fault.said))
        customer.purchases.append(Purchase(None, repr(f"{text} {row.text(names.BOUGHT_CLOCK)}".strip()[:40])))
