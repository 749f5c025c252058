"""Pins and lines of this build: a classic ESP32 board as the emulated meter, its meter port on UART 2.

The two lines cross over to those of the rig's board (ports/esp32/board.py): the rig sends on its 33 and hears on its 35.
"""

METER_UART = 2
METER_TX = 33
METER_RX = 35
METER_BAUD = 115200

# Held to ground at reset: stay at the REPL, so that files can be replaced.
REPL_PIN = 27

CPU_HZ = 240_000_000
WATCHDOG_MS = 8000  # the state file is written on the flash, which may take long

# The meter, when there is no state file yet: a brand's default meter. To be another, put its state file here.
BRAND = "hexing"
STATE_FILE = "meter.json"
FAULTS = ()  # as fault= of a sim: URL, e.g. ("key_drop:0.02", "slow_glass:1500")
SEED = 0
