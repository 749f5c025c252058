"""The emulated meter on MicroPython's unix port: UART 0 is the meter port; the rest comes by environment."""

import os

import machine
from fdline import LineClosedError, Waiter
from metersim import loop


def needed(name: str) -> str:
    """A variable that the launcher always sets."""
    value = os.getenv(name)
    if not value:
        raise ValueError("%s is not set" % name)
    return value


def main() -> None:
    """Run until the launcher or the line is gone."""
    faults = os.getenv("SIM_FAULTS") or ""
    line = machine.UART(0)
    try:
        loop.run(
            line,
            needed("SIM_BRAND"),
            needed("SIM_STATE"),
            os.getenv("SIM_METER") or None,
            needed("SIM_LOG"),
            faults.split(",") if faults else [],
            int(os.getenv("SIM_SEED") or "0"),
            Waiter(line),
        )
    except LineClosedError:
        raise SystemExit(0) from None


main()
