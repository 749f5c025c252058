"""What every keypad driver needs of the others: the fault it raises, and the check that one key is asked for at a time.

Runs unchanged under CPython and MicroPython.
"""

from rigwire import messages as m


class KeypadFaultError(Exception):
    """The driver has opened every contact and says why; `reason` is one of rigwire.messages.REASON_*."""

    def __init__(self, reason: int, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


ALL_CONTACTS = (1 << len(m.KEYS)) - 1


def check_one_hot(mask: int) -> None:
    """Refuse a mask that closes two contacts, or one that no keypad has.

    Raises ValueError: a meter ignores two keys or reads them as a third one; the rig never does that.
    """
    if mask & ~ALL_CONTACTS or mask & (mask - 1):
        raise ValueError("contacts 0x%x: one key at a time" % mask)
