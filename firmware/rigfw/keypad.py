"""Keypad drivers: what closes the contacts of a meter's keypad. The interface and its fake.

A driver has `set_contacts(mask, now_ms)` (bit i closes the contact of KEYS[i]; at most one bit, else ValueError and
everything opens), `release(now_ms)`, which opens everything and never fails, `poll(now_ms)`,
`next_deadline_ms(now_ms)` and `take_output()`, bytes for the line it drives. `refusal` says before the first key why
a script cannot be typed. A driver that cannot do, or no longer knows, what it was asked for has opened everything
before it raises KeypadFaultError. The meter port's driver is in `uartkeys`, those with hardware of their own in
`switched`: a board loads the one that it has.

Nothing here is loaded on a board: an interface has no code, and the fake is for tests, which run it unchanged under
CPython and MicroPython.
"""

from rigwire import messages as m

from rigfw.keyfault import KeypadFaultError, check_one_hot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Keypad(Protocol):
        """What every driver has.

        Attributes:
            key_max_ms: no output is on for longer.
            travel_ms: the contact closes so long after its output.
        """

        key_max_ms: int
        travel_ms: int

        def set_contacts(self, mask: int, now_ms: int) -> None:
            """Close exactly the contacts of `mask`."""
            ...

        def release(self, now_ms: int) -> None:
            """Open every contact; never raises."""
            ...

        def refusal(self, contacts: bytes, on_ms: int, period_ms: int, now_ms: int) -> "str | None":
            """Why a script of these contacts cannot be typed, None when it can; no key moves."""
            ...

        def acknowledge(self, now_ms: int) -> None:
            """The host knows about the emergency stop: type again, if it is released."""
            ...

        def poll(self, now_ms: int) -> None:
            """Do what is due. Raises KeypadFaultError."""
            ...

        def next_deadline_ms(self, now_ms: int) -> int:
            """Milliseconds until `poll` has something to do; -1 for never."""
            ...

        def take_output(self) -> bytes:
            """Bytes to write to the driver's line now."""
            ...


class FakeKeypad:
    """Driver for tests: keeps every change as (now_ms, mask) in `edges`; raises or refuses what a test puts in.

    Attributes:
        fault: raised once by the next `set_contacts` that closes a contact, after everything was opened.
        no: what `refusal` says.
    """

    def __init__(self, key_max_ms: int = m.KEY_MAX_MS, travel_ms: int = 0) -> None:
        self.key_max_ms = key_max_ms
        self.travel_ms = travel_ms
        self.fault: "KeypadFaultError | None" = None
        self.no: "str | None" = None
        self.mask = 0
        self.edges: "list[tuple[int, int]]" = []

    def set_contacts(self, mask: int, now_ms: int) -> None:
        """Note the change."""
        check_one_hot(mask)
        fault, self.fault = (self.fault, None) if mask else (None, self.fault)
        if fault is not None:
            self.release(now_ms)
            raise fault
        if mask != self.mask:
            self.mask = mask
            self.edges.append((now_ms, mask))

    def release(self, now_ms: int) -> None:
        """Note the change."""
        self.set_contacts(0, now_ms)

    def refusal(self, contacts: bytes, on_ms: int, period_ms: int, now_ms: int) -> "str | None":
        """What the test put in."""
        return self.no

    def acknowledge(self, now_ms: int) -> None:
        """Nothing to know about."""

    def poll(self, now_ms: int) -> None:
        """Nothing is ever due."""

    def next_deadline_ms(self, now_ms: int) -> int:
        """Never."""
        return -1

    def take_output(self) -> bytes:
        """Nothing: no line."""
        return b""
