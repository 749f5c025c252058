"""What can be wrong with a meter: one table of faults that can be named on a command line and in tests.

`fault=key_drop:0.02` is name, colon, argument. All are deterministic: the same seed gives the same run.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.messages import KEYS

# name, what its argument is (empty: none; a value after `=` may be left out), what it does
TABLE = (
    ("key_drop", "share", "this share of all key presses does not make contact"),
    ("bounce", "ms", "contacts chatter this long after every change"),
    ("stuck_key", "key", "this key is down all the time"),
    ("echo_off", "", "digits and counter are not shown while they are keyed in"),
    ("half_lost", "", "a key section is answered for and then forgotten"),
    ("lies_benar", "", "a complete key change is answered for and the key stays as it was"),
    ("power_cut", "moment", "the meter loses power once: after_kct1, after_kct2, after_kct3, in_entry, in_processing or before_answer"),
    ("power_off_ms", "ms", "how long that power cut lasts (2000 when not given)"),
    ("tamper", "", "the meter is in the tamper condition"),
    ("locked", "s=60", "token entry is locked from the start"),
    ("wrong_drn", "number=99999999990", "code 75 shows this number"),
    ("wrong_key", "", "the decoder key is not the one that the tokens were made for"),
    ("overload", "", "the load is above the power limit"),
    ("slow_answer", "ms", "answers take this much longer"),
    ("slow_glass", "ms", "the glass shows everything this much later"),
    ("frozen_glass", "changes=8", "after so many changes the glass never changes again"),
    ("dark_glass", "", "nothing is lit"),
    ("no_glass", "", "the meter port sends no glass"),
    ("dead_segment", "segment", "a segment of the glass never lights: cell and segment, as 3g, 3g1, 3x2y5, c1a"),
    ("stuck_segment", "segment", "a segment of the glass always lights"),
    ("line_noise", "share", "this share of the frames to the rig has one bad byte"),
)  # fmt: skip
CUT_MOMENTS = ("after_kct1", "after_kct2", "after_kct3", "in_entry", "in_processing", "before_answer")
_MILLION = 1000000


class Chance:
    """Random numbers from a seed, the same under CPython and MicroPython (a 31-bit linear congruence)."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 2 + 1) & 0x7FFFFFFF

    def below(self, n: int) -> int:
        """A number from 0 to n - 1, n up to a million."""
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % n

    def happens(self, ppm: int) -> bool:
        """True in `ppm` of a million cases."""
        return self.below(_MILLION) < ppm


class Faults:
    """The faults of one meter, from their names.

    Raises ValueError with one clear line for a fault that is not in the table or whose argument does not fit.
    """

    def __init__(self, names: "tuple[str, ...] | list[str]" = (), seed: int = 0) -> None:
        self.chance = Chance(seed)
        self.key_drop_ppm = 0
        self.bounce_ms = 0
        self.stuck_mask = 0
        self.echo_off = False
        self.half_lost = False
        self.lies_benar = False
        self.power_cut = ""
        self.power_off_ms = 2000
        self.tamper = False
        self.locked_s = 0
        self.wrong_drn = ""
        self.wrong_key = False
        self.overload = False
        self.slow_answer_ms = 0
        self.slow_glass_ms = 0
        self.frozen_glass_changes = -1
        self.dark_glass = False
        self.no_glass = False
        self.dead_segments: "list[str]" = []
        self.stuck_segments: "list[str]" = []
        self.line_noise_ppm = 0
        for text in names:
            self._add(text)

    def _add(self, text: str) -> None:
        name, _, given = text.partition(":")
        for known, argument, _ in TABLE:
            if known == name:
                kind, _, default = argument.partition("=")
                value = given or default
                if bool(value) != bool(kind):
                    wanted = "takes %s: %s:%s" % (kind, name, kind.upper()) if kind else "takes no argument"
                    raise ValueError("fault %s %s" % (name, wanted))
                self._set(name, kind, value)
                return
        raise ValueError("no fault %s: one of %s" % (name, ", ".join([row[0] for row in TABLE])))

    def _set(self, name: str, kind: str, value: str) -> None:
        if not kind:
            setattr(self, name, True)
        elif kind == "share":
            setattr(self, name + "_ppm", _ppm(name, value))
        elif kind == "segment":
            segments: "list[str]" = getattr(self, name + "s")
            segments.append(value)
        elif kind == "key":
            if len(value) != 1 or value not in KEYS:
                raise ValueError("fault %s: %s is not one of the keys %s" % (name, value, KEYS))
            self.stuck_mask |= 1 << KEYS.index(value)
        elif kind == "moment":
            if value not in CUT_MOMENTS:
                raise ValueError("fault %s: %s is not one of %s" % (name, value, ", ".join(CUT_MOMENTS)))
            self.power_cut = value
        elif kind == "number":
            self.wrong_drn = value
        else:
            if not value.isdigit():
                raise ValueError("fault %s: %s is not a whole number (%s)" % (name, value, kind))
            setattr(self, name if name.endswith("_" + kind) else "%s_%s" % (name, kind), int(value))


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
