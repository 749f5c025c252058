"""Fourteen segments: the alphabet of dmadison/LED-Segment-ASCII (MIT), whose letters facts/keypad_display.md 4 quotes.

This file runs unchanged under CPython and MicroPython.
"""

from binascii import unhexlify

GLYPHS = " -/_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZr"
# The bytes of each glyph, in the same order
MASKS = unhexlify(
    "0000C000000C08003F0C0604DB008F00E6006920FD000700FF00EF00F7008F1239000F1279007100BD00F60009121E00"
    "70243800360536213F00F3003F20F320ED0001123E00300C3628002DEE00090C5000"
)
