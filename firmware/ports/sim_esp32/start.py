"""What an ESP32's start does: boot.py, then main.py, then the REPL, at which nobody sits.

With SIM_WRAP_MS in the environment the chip has an ESP32's bad manners (`unkind`), which come before everything else;
a chip with good manners leaves the firmware that much more of the heap.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def start() -> None:
    """Run the port as a board runs it: an error of boot.py is printed and main.py is run nevertheless."""
    wrap_ms = os.getenv("SIM_WRAP_MS")
    if wrap_ms:
        unkind: "Any" = __import__("unkind")
        unkind.install(int(wrap_ms))
        usbline: "Any" = __import__("usbline")
        usbline.sys = unkind.Console()
    errors: "Any" = sys.stderr
    try:
        __import__("boot")
    except Exception as error:
        sys.print_exception(error, errors)
    try:
        __import__("main")
    except Exception as error:
        sys.print_exception(
            error, errors
        )  # for the launcher; on a board it goes to the USB line, as here by raise
        raise
    errors.write("main.py came to its end: the board is at the REPL\n")
    sys.exit(3)


start()
