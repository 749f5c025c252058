"""The display memory of an HT1621 or HT1622 as the bus tells it; what was never told is unknown, not dark."""

from __future__ import annotations

from dataclasses import dataclass

from kctrig.display.lcd_trace.bus import BusEvent, Command, Nibble, Trouble


@dataclass(frozen=True, slots=True)
class Chip:
    """One kind of chip.

    Attributes:
        nibbles: addresses of its display memory.
        chooses_commons: the BIAS command says how many commons are driven; the rest of the memory is not shown.
    """

    name: str
    nibbles: int
    chooses_commons: bool


CHIPS = {"HT1621": Chip("HT1621", 32, True), "HT1622": Chip("HT1622", 64, False)}
"""32 segments by 4 commons, and 32 by 8 (two addresses a segment)."""

SYS_DIS, SYS_EN, LCD_OFF, LCD_ON = range(4)
_COMMONS = {0: 2, 1: 3, 2: 4}
# (mask, value, name) of C8..C1: HT1621 datasheet, command summary. Those of the HT1622 that bear on the glass are the same.
_COMMANDS = (
    (0xFF, SYS_DIS, "SYS DIS"), (0xFF, SYS_EN, "SYS EN"), (0xFF, LCD_OFF, "LCD OFF"), (0xFF, LCD_ON, "LCD ON"),
    (0xFF, 0x04, "TIMER DIS"), (0xFF, 0x05, "WDT DIS"), (0xFF, 0x06, "TIMER EN"), (0xFF, 0x07, "WDT EN"),
    (0xFF, 0x08, "TONE OFF"), (0xFF, 0x09, "TONE ON"), (0xFE, 0x0E, "CLR WDT"), (0xFC, 0x0C, "CLR TIMER"),
    (0xFC, 0x14, "XTAL 32K"), (0xFC, 0x18, "RC"), (0xFC, 0x1C, "EXT"),
    (0xF1, 0x20, "BIAS 1/2"), (0xF1, 0x21, "BIAS 1/3"), (0xE0, 0x40, "TONE 4K"), (0xE0, 0x60, "TONE 2K"),
    (0xE8, 0x80, "IRQ DIS"), (0xE8, 0x88, "IRQ EN"), (0xE0, 0xA0, "TIME BASE"),
    (0xFF, 0xE0, "TEST"), (0xFF, 0xE3, "NORMAL"),
)  # fmt: skip


def command_name(code: int) -> str:
    """Name of a command by its eight bits; "?" for one that the datasheet does not have."""
    return next((name for mask, value, name in _COMMANDS if code & mask == value), "?")


@dataclass(frozen=True, slots=True)
class Content:
    """The display memory at a moment.

    Attributes:
        nibbles: one for each address, D0 is bit 0; None where the capture does not tell.
        on: the chip drives the glass, as far as is known: a capture that begins later than LCD ON never says so.
        on_sure: False after a command that the capture does not tell clearly.
        commons: driven commons of a chip that lets them be chosen.
    """

    nibbles: tuple[int | None, ...]
    on: bool
    on_sure: bool
    commons: int


class Memory:
    """Follows one chip.

    Attributes:
        overruns: nibbles written past the last address. What the chip does with them the datasheet does not say;
            as it may begin anew at address 0, the nibble that would be hit there is unknown from then on.
        contradictions: reads in which the chip told otherwise than had been written: this capture or this
            decoder misses something.
    """

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._nibbles: list[int | None] = [None] * chip.nibbles
        self._on = True
        self._on_sure = True
        self._commons = 4
        self.overruns = 0
        self.contradictions = 0

    def apply(self, event: BusEvent) -> None:
        """Do what the controller told the chip."""
        if isinstance(event, Nibble):
            self._write(event)
        elif isinstance(event, Command):
            self._command(event.code)
        elif isinstance(event, Trouble) and event.kind == "gap":
            self._forget()

    def content(self) -> Content:
        """What is known now."""
        return Content(tuple(self._nibbles), self._on, self._on_sure, self._commons)

    def _write(self, nibble: Nibble) -> None:
        if nibble.by_chip:
            self._told(nibble)
        elif nibble.address is None:
            self._nibbles = [None] * self._chip.nibbles
        elif nibble.address < self._chip.nibbles:
            self._nibbles[nibble.address] = nibble.value
        else:
            self.overruns += 1
            self._nibbles[nibble.address % self._chip.nibbles] = None

    def _told(self, nibble: Nibble) -> None:
        if nibble.address is None or nibble.address >= self._chip.nibbles or nibble.value is None:
            return
        known = self._nibbles[nibble.address]
        if known is None:
            self._nibbles[nibble.address] = nibble.value
        elif known != nibble.value:
            self.contradictions += 1
            self._nibbles[nibble.address] = None

    def _command(self, code: int | None) -> None:
        if code is None:
            self._on_sure = False
        elif code in (SYS_DIS, LCD_OFF):
            self._on, self._on_sure = False, True
        elif code == LCD_ON:
            self._on, self._on_sure = True, True
        elif self._chip.chooses_commons and command_name(code).startswith("BIAS"):
            self._commons = _COMMONS.get(code >> 2 & 3, 4)

    def _forget(self) -> None:
        self._nibbles = [None] * self._chip.nibbles
        self._on_sure = False
