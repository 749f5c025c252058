"""What a board file says. One of boards/NAME.py becomes `board.py` on the board.

Levels of the expander's pins: 1 switches a channel on (through a sink driver whose inputs fall to "off" when the
expander's pins float, as they do after a reset), 0 or floating is off.
"""

NAME: str  # the file's name; told in HELLO
CHIP: str  # "esp32"
KEYPAD: str  # "uart" (contacts over the meter port), "matrix" (rows and columns), "direct" (one output a key)

USB: int
HOST_UART: int  # USB, or a UART of its own on the two pins below (the REPL then stays free)
HOST_TX: int
HOST_RX: int
HOST_BAUD: int
METER_UART: int  # contacts (uart) and glass (all)
METER_TX: int
METER_RX: int  # 34 to 39 have no pull inside: 10 k to 3V3 on the chip's pins, so that an open port is silence
METER_BAUD: int

LIGHT: int  # light for a camera, -1: none
# 1: the supply behind the emergency stop is there; 0: pressed, no supply, or the wire to it is off (the divider's lower
# resistor is on the chip's own pins, docs/wiring.md); -1: none
ESTOP_SENSE: int
REPL_PIN: int  # held to ground at reset: stay at the REPL, so that a broken build can be replaced
SAFE_LEVELS: tuple[tuple[int, int], ...]  # (pin, level), set before anything else happens

# Matrix and direct.
# KEY_ENABLE goes to nRESET of the expander and to trigger and clear of the one-shot, and has a pull-down of 1 k. Low:
# expander in reset, supply of the channels off. Its rising edge starts the one-shot, once a press. So whatever opens the keys also
# empties the latch, and no press can be made longer than ONE_SHOT_MS by software.
KEY_ENABLE: int
I2C_ID: int
I2C_SCL: int
I2C_SDA: int
I2C_HZ: int
EXPANDER: int  # I2C address of the MCP23017; its bits: 0 to 7 are GPA0 to GPA7, 8 to 15 are GPB0 to GPB7
ROW_BITS: tuple[int, ...]  # matrix: bit of each row
COLUMN_BITS: tuple[int, ...]  # matrix: bit of each column
KEY_ROWS: tuple[str, ...]  # matrix: the keys of each row, from the first column on
OUTPUT_BITS: tuple[int, ...]  # direct: bit of each key of rigwire.messages.KEYS
# Inputs for the loop-back jig (docs/wire.md, SELFTEST). Never GPA7 or GPB7, which are outputs only on newer MCP23017.
# Matrix: one bit a tap, rows, then columns. Direct: four bits; key i of KEYS pulls the bits of the number i + 1 low.
JIG_BITS: tuple[int, ...]

KEY_MAX_MS: int  # no output is on for longer, by firmware
ONE_SHOT_MS: int  # nor for longer than this, by hardware: nominal time of the one-shot
TRAVEL_MS: int  # the contact closes so long after its output, and opens at most so long after it
DUTY_PERMILLE: int  # no output is on for more than this part
DUTY_WINDOW_MS: int  # of any time of this length

WATCHDOG_MS: int
CPU_HZ: int
WAKE_QUANTUM_MS: int  # select.poll returns up to one FreeRTOS tick late (facts/micropython.md 6, point 4)
