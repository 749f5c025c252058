"""Build b: a bench meter behind seven PhotoMOS, four rows and three columns to one node.

Plain constants; on the board this file is `board.py`. Every name is explained in board.pyi, and rigfw.boardcheck
refuses a file that breaks a rule.
"""

NAME = "bench_matrix"
CHIP = "esp32"
KEYPAD = "matrix"

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
ESTOP_SENSE = 34
REPL_PIN = 27
KEY_ENABLE = 25
SAFE_LEVELS = ((25, 0), (26, 0))

I2C_ID = 0
I2C_SCL = 22
I2C_SDA = 21
I2C_HZ = 400_000
EXPANDER = 0x20
ROW_BITS = (0, 1, 2, 3)
COLUMN_BITS = (4, 5, 6)
KEY_ROWS = ("123", "456", "789", "*0#")
JIG_BITS = (8, 9, 10, 11, 12, 13, 14)

KEY_MAX_MS = 400
ONE_SHOT_MS = 500
TRAVEL_MS = 0
DUTY_PERMILLE = 1000
DUTY_WINDOW_MS = 60_000

WATCHDOG_MS = 2000
CPU_HZ = 240_000_000
WAKE_QUANTUM_MS = 11
