"""First thing after every reset, soft ones included: outputs to their safe levels, and nothing else.

The rules of rigfw.boardcheck are not known yet: a row that cannot be done must not keep the others from being done,
and the flash's own pins are never touched.
"""

import board
from machine import Pin

_FLASH = (6, 7, 8, 9, 10, 11)

for number, level in board.SAFE_LEVELS:
    if number not in _FLASH:
        try:
            Pin(number, Pin.OUT, value=level)
        except ValueError:
            continue  # no such output; main.py says so
