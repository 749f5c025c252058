"""What an ESP32's start does: boot.py, then main.py, then the REPL, at which nobody sits.

The USB line comes from `lines` too: the port's own `usbline` takes it for `sys`.
"""

import sys

import lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def start() -> None:
    """Run the port as a board runs it: an error of boot.py is printed and main.py is run nevertheless."""
    usbline: "Any" = __import__("usbline")
    usbline.sys = lines.console()
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
