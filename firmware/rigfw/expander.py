"""MCP23017 whose reset line is the key supply's line too: registers written, read back, and never trusted further.

One output of the ESP32, KEY_ENABLE, goes to nRESET of the expander and to trigger and clear of the one-shot that
supplies the channels. Low: latch empty, supply off. Its rising edge starts the one-shot. So every press begins with
an expander fresh from reset, every release is one pin and needs no bus, and the only way to start the one-shot again
opens every contact first. Registers: MCP23017 data sheet, table 3-3, BANK = 0 as after a reset.

Nothing is allocated between `arm` and `release` unless something is wrong. Runs unchanged under CPython and MicroPython.
"""

from rigwire import messages as m

from rigfw.keyfault import KeypadFaultError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Protocol

    class Bus(Protocol):
        """The part of machine.I2C that is used. Both raise OSError when nobody acknowledges, or nobody in time."""

        def writeto_mem(self, addr: int, memaddr: int, buf: bytearray) -> None:
            """Write registers from `memaddr` on."""
            ...

        def readfrom_mem_into(self, addr: int, memaddr: int, buf: bytearray) -> None:
            """Read registers from `memaddr` on."""
            ...

    class OutputPin(Protocol):
        """The part of machine.Pin that is used."""

        def value(self, level: int) -> "int | None":
            """Drive the pin."""
            ...


ALL_BITS = 0xFFFF
_IODIR = 0x00
_GPPU = 0x0C
_GPIO = 0x12  # and OLAT right behind it
_OLAT = 0x14


class Expander:
    """Sixteen bits, of which some are outputs; all others are inputs with a pull-up.

    Args:
        open_bus: gives the I2C bus, freed if it was stuck; called before the first use and after every error.
        enable: the KEY_ENABLE pin.
        address: I2C address.
        outputs: mask of the bits that switch channels.

    Attributes:
        outputs: the same mask.
    """

    def __init__(
        self, open_bus: "Callable[[], Bus]", enable: "OutputPin", address: int, outputs: int
    ) -> None:
        self.outputs = outputs
        self._open_bus = open_bus
        self._enable = enable
        self._address = address
        self._bus: "Bus | None" = None
        self._two = bytearray(2)
        self._four = bytearray(4)
        self.release()

    def release(self) -> None:
        """Empty the latch and cut the supply, by the pin alone; never raises."""
        self._enable.value(0)

    def arm(self) -> None:
        """Reset the expander, start the one-shot, make the outputs outputs: all off. Raises KeypadFaultError.

        That it really was reset, and so its latch is empty, shows in its direction register.
        """
        self._enable.value(0)
        self._enable.value(1)
        inputs = ALL_BITS & ~self.outputs
        self._must_be(_IODIR, ALL_BITS)
        self._write(_GPPU, inputs)
        self._write(_IODIR, inputs)

    def drive(self, bits: int) -> None:
        """Switch exactly these outputs on and read everything back. Raises KeypadFaultError."""
        self._write(_OLAT, bits)
        self.verify(bits)

    def verify(self, bits: int) -> None:
        """Exactly these outputs are on, in direction, latch and at the pins. Raises KeypadFaultError."""
        self._must_be(_IODIR, ALL_BITS & ~self.outputs)
        four = self._four
        self._read(_GPIO, four)
        pins = (four[0] | four[1] << 8) & self.outputs
        latch = four[2] | four[3] << 8
        if latch != bits or pins != bits:
            self._fail(
                "the expander should drive %04x, its latch holds %04x and its pins %04x; check its supply, "
                "its reset wire and its outputs for shorts" % (bits, latch, pins)
            )

    def pins(self) -> int:
        """Level of every pin. Raises KeypadFaultError."""
        self._read(_GPIO, self._two)
        return self._two[0] | self._two[1] << 8

    def pull_low(self, tap: int) -> None:
        """For the jig: drive the inputs of mask `tap` low; 0 lets them go. Raises KeypadFaultError."""
        self._write(_IODIR, ALL_BITS & ~self.outputs & ~tap)

    def _must_be(self, register: int, value: int) -> None:
        self._read(register, self._two)
        found = self._two[0] | self._two[1] << 8
        if found != value:
            self._fail(
                "register %02x of the expander reads %04x instead of %04x; check its supply and its reset wire"
                % (register, found, value)
            )

    def _write(self, register: int, value: int) -> None:
        two = self._two
        two[0] = value & 0xFF
        two[1] = value >> 8
        try:
            self._opened().writeto_mem(self._address, register, two)
        except OSError as error:
            self._no_answer(error)

    def _read(self, register: int, buf: bytearray) -> None:
        try:
            self._opened().readfrom_mem_into(self._address, register, buf)
        except OSError as error:
            self._no_answer(error)

    def _opened(self) -> "Bus":
        bus = self._bus
        if bus is None:
            bus = self._bus = self._open_bus()
        return bus

    def _no_answer(self, error: OSError) -> None:
        self._fail(
            "the expander at %02x does not answer (error %s); check its supply and its wires SDA and SCL"
            % (self._address, error.args[0] if error.args else "without a number")
        )

    def _fail(self, text: str) -> None:
        self.release()
        self._bus = None
        raise KeypadFaultError(m.REASON_KEYPAD, text)
