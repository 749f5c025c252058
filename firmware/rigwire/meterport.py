"""The wire between rig and meter port: three messages. Both ends send state, never commands, so a lost frame is mended.

CONTACTS carries a mask of 16 bits (bit i: contact of KEYS[i] is closed), GLASS an image (glass.py), ASK_GLASS nothing.
All are frames of kind EVENT without a session; their layouts stand in the table of messages.py with all others.

This file runs unchanged under CPython and MicroPython.
"""

CONTACTS = 0x40
GLASS = 0x41
ASK_GLASS = 0x42
CONTACTS_REFRESH_MS = 200
GLASS_REFRESH_MS = 500
METER_PORT_SILENCE_MS = 1000

# The twelve contacts of a telephone keypad; a key script is text over these
KEYS = "0123456789*#"


def mask_of(payload: bytes) -> int:
    """The mask of a CONTACTS payload, -1 when it is too short to hold one."""
    return payload[0] | payload[1] << 8 if len(payload) >= 2 else -1
