"""First thing after every reset, soft ones included: outputs to their safe levels, and nothing else."""

import board
from machine import Pin

for number, level in board.SAFE_LEVELS:
    Pin(number, Pin.OUT, value=level)
