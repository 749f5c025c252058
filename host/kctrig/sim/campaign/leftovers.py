"""What lies there when a campaign is over: the store as the next process would read it, and the meters' own logs."""

from __future__ import annotations

from collections.abc import Sequence

from kctrig.records.errors import StoreError
from kctrig.sim.campaign import meters as bench
from kctrig.sim.campaign.disks import Disk
from kctrig.sim.campaign.evidence import Evidence, MeterLog, StoreEvent
from kctrig.sim.campaign.meters import BenchMeter
from kctrig.sim.campaign.world import START_UNIX_MS


def gather(evidence: Evidence, disk: Disk, meters: Sequence[BenchMeter], end_unix_ms: int) -> None:
    """Complete the evidence; the host is gone and no meter is in the slot any more."""
    try:
        _read_store(evidence, disk)
    except StoreError as error:
        evidence.chain_error = str(error)
    for meter in meters:
        rows = [(START_UNIX_MS + at_ms, row) for at_ms, row in meter.log]
        evidence.meters.append(
            MeterLog(
                meter.meter_no,
                meter.krn,
                meter.kt,
                bench.shows_kt(meter.plan.brand),
                bench.section_timeout_ms(meter.plan.brand),
                rows,
            )
        )
    evidence.end_unix_ms = end_unix_ms


def _read_store(evidence: Evidence, disk: Disk) -> None:
    store = disk.open()
    evidence.chain_error = store.verify().wrong
    for event in store.events():
        evidence.events.append(
            StoreEvent(event.seq, event.attempt, event.meter_no, event.point, event.at_unix_ms, event.body)
        )
    for tokens in evidence.tokens.values():
        for digits in tokens:
            evidence.fingerprints[digits] = store.fingerprint(digits)
    store.close()
