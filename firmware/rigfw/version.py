"""The firmware's version, told in HELLO."""

VERSION = "0.1.0"
