"""What can be wrong with a meter: one table of faults that can be named on a command line and in tests.

`fault=key_drop:0.02` is name, colon, argument.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.glass import CELL_BYTES, DOT_MATRIX, FOURTEEN_SEGMENT, SEVEN_SEGMENT
from rigwire.meterport import KEYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .brands import Brand
    from .faults import Faults

# Name, and what its argument is: none, or a value that may be left out where one stands after `=`. What each fault
# does is told in docs/emulated-meter.md and not here: on a board every text costs memory.
TABLE = (
    ("key_drop", "share"),
    ("bounce", "ms"),
    ("stuck_key", "key"),
    ("ghost_key", "share"),
    ("echo_off", ""),
    ("hold_entry", ""),
    ("half_lost", ""),
    ("lies_benar", ""),
    ("power_cut", "moment"),
    ("power_off_ms", "ms"),
    ("tamper", ""),
    ("locked", "s=60"),
    ("wrong_drn", "number=99999999990"),
    ("wrong_key", ""),
    ("overload", ""),
    ("no_mains", "s=3600"),
    ("slow_answer", "ms"),
    ("slow_glass", "ms"),
    ("frozen_glass", "changes=8"),
    ("dark_glass", ""),
    ("low_contrast", ""),
    ("no_glass", ""),
    ("dead_segment", "segment"),
    ("stuck_segment", "segment"),
    ("line_noise", "share"),
)
CUT_MOMENTS = ("after_kct1", "after_kct2", "after_kct3", "in_entry", "in_processing", "before_answer")
_SEGMENTS = {
    SEVEN_SEGMENT: ("a", "b", "c", "d", "e", "f", "g", "p"),
    FOURTEEN_SEGMENT: ("a", "b", "c", "d", "e", "f", "g1", "g2", "h", "j", "k", "l", "m", "n", "p"),
}
_COUNTER_CELLS = "c"
_MILLION = 1000000
_LONGEST_S = 500000  # a 30-bit tick cannot say more


def add(faults: "Faults", text: str) -> None:
    """Give the meter one fault by its name. Raises ValueError with one clear line."""
    name, _, given = text.partition(":")
    for known, argument in TABLE:
        if known == name:
            kind, _, default = argument.partition("=")
            value = given or default
            if bool(value) != bool(kind):
                wanted = "takes %s: %s:%s" % (kind, name, kind.upper()) if kind else "takes no argument"
                raise ValueError("fault %s %s" % (name, wanted))
            _set(faults, name, kind, value)
            return
    raise ValueError("no fault %s: one of %s" % (name, ", ".join([row[0] for row in TABLE])))


def _set(faults: "Faults", name: str, kind: str, value: str) -> None:
    if not kind:
        setattr(faults, name, True)
    elif kind == "share":
        setattr(faults, name + "_ppm", _ppm(name, value))
    elif kind == "segment":
        segments: "list[str]" = getattr(faults, name + "s")
        segments.append(value)
    elif kind == "key":
        if len(value) != 1 or value not in KEYS:
            raise ValueError("fault %s: %s is not one of the keys %s" % (name, value, KEYS))
        faults.stuck_mask |= 1 << KEYS.index(value)
    elif kind == "moment":
        if value not in CUT_MOMENTS:
            raise ValueError("fault %s: %s is not one of %s" % (name, value, ", ".join(CUT_MOMENTS)))
        faults.power_cut = value
    elif kind == "number":
        faults.wrong_drn = value
    else:
        if not value.isdigit():
            raise ValueError("fault %s: %s is not a whole number (%s)" % (name, value, kind))
        if int(value) > _LONGEST_S * (1000 if kind == "ms" else 1):
            raise ValueError("fault %s: %s is more than %d s" % (name, value, _LONGEST_S))
        setattr(faults, name if name.endswith("_" + kind) else "%s_%s" % (name, kind), int(value))


def _ppm(name: str, value: str) -> int:
    """A share as 0.02 or 2% in parts per million, without floating point."""
    percent = value.endswith("%")
    whole, _, fraction = (value[:-1] if percent else value).partition(".")
    digits = (fraction + "000000")[:6]
    if not (whole or "0").isdigit() or not digits.isdigit():
        raise ValueError("fault %s: %s is no share between 0 and 1" % (name, value))
    ppm = int(whole or "0") * _MILLION + int(digits)
    if percent:
        ppm //= 100
    if ppm > _MILLION:
        raise ValueError("fault %s: %s is no share between 0 and 1" % (name, value))
    return ppm


def segment_bit(spec: str, brand: "Brand") -> "tuple[bool, int, int]":
    """(in the counter, byte, bit) of a segment's name: 3g, 3g1, 3x2y5 (column and row from 1), c1a.

    Raises ValueError when this glass has no such segment.
    """
    in_counter = spec.startswith(_COUNTER_CELLS)
    name = spec[1:] if in_counter else spec
    digits = 0
    while name[digits : digits + 1].isdigit():
        digits += 1
    cell = int(name[:digits] or "0")
    name = name[digits:]
    kind = SEVEN_SEGMENT if in_counter else brand.glass
    if not 1 <= cell <= (brand.counter_cells if in_counter else brand.cells):
        raise ValueError("segment %s: %s has no such cell" % (spec, brand.name))
    at = (cell - 1) * CELL_BYTES[kind]
    if kind == DOT_MATRIX:
        column, _, row = name[1:].partition("y")
        if name[:1] == "x" and column in tuple("12345") and row in tuple("12345678"):
            return in_counter, at + int(column) - 1, 1 << int(row) - 1
    elif name in _SEGMENTS[kind]:
        bit = _SEGMENTS[kind].index(name)
        return in_counter, at + bit // 8, 1 << bit % 8
    raise ValueError("segment %s: the glass of %s has no such segment" % (spec, brand.name))
