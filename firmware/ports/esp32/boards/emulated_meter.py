"""Build a: a classic ESP32 board as the rig of an emulated meter; contacts and glass go over the meter port.

Plain constants; on the board this file is `board.py`. Every name is explained in board.pyi, and rigfw.boardcheck
refuses a file that breaks a rule.
"""

NAME = "emulated_meter"
CHIP = "esp32"
KEYPAD = "uart"

USB = 0
HOST_UART = USB
HOST_TX = 18
HOST_RX = 19
HOST_BAUD = 115200

METER_UART = 2
METER_TX = 33
METER_RX = 35
METER_BAUD = 115200

LIGHT = 26
ESTOP_SENSE = -1
REPL_PIN = 27
SAFE_LEVELS = ((26, 0),)

WATCHDOG_MS = 2000
CPU_HZ = 240_000_000
WAKE_QUANTUM_MS = 11
