"""Pins and lines of this build: a classic ESP32 board, host on its USB, meter port on UART 2.

Pins: facts/keypad_display.md 2.4 (34 to 39 are inputs only; 0 2 5 12 15 are strapping pins; 6 to 11 are flash).
"""

USB = 0

HOST_UART = USB  # USB, or 1 for a second USB-UART on the two pins below (the REPL then stays free)
HOST_TX = 18
HOST_RX = 19
HOST_BAUD = 115200

METER_UART = 2
METER_TX = 33
METER_RX = 35
METER_BAUD = 115200

# Driven to this level before anything else happens: key supply off, light off.
SAFE_LEVELS = ((25, 0), (26, 0))

# Held to ground at reset: stay at the REPL, so that a broken build can be replaced.
REPL_PIN = 27

WATCHDOG_MS = 2000
CPU_HZ = 240_000_000
# select.poll returns up to one FreeRTOS tick late (facts/micropython.md 6, point 4).
WAKE_QUANTUM_MS = 11
