"""The emulated meter on MicroPython's unix port: UART 0 is the meter port; the rest comes by environment."""

import os

import machine
from fdline import LineClosedError
from metersim import loop


def main() -> None:
    """Run until the launcher or the line is gone."""
    faults = os.getenv("SIM_FAULTS") or ""
    try:
        loop.run(
            machine.UART(0),
            os.getenv("SIM_BRAND"),
            os.getenv("SIM_STATE"),
            os.getenv("SIM_METER") or None,
            os.getenv("SIM_LOG"),
            faults.split(",") if faults else [],
            int(os.getenv("SIM_SEED") or "0"),
        )
    except LineClosedError:
        raise SystemExit(0) from None


main()
