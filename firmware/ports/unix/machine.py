"""`machine` for MicroPython's unix port: a UART is a file descriptor that the launcher handed over.

The environment variable SIM_UART<id> holds the number of the descriptor (facts/micropython.md section 2).
"""

import os

from fdline import FdLine


class UART(FdLine):  # type: ignore[misc]
    """The part of machine.UART that the firmware uses; every other argument is accepted and means nothing here."""

    IRQ_RX = 1

    def __init__(self, id: int, baudrate: int = 115200, **_unused: object) -> None:
        fd = os.getenv("SIM_UART%d" % id)
        if fd is None:
            raise ValueError("UART(%d) does not exist" % id)
        super().__init__(int(fd))

    def irq(self, handler: object, trigger: int) -> None:
        """Data wakes select.poll by itself here."""
