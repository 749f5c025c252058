"""What a rig's HELLO says about itself, taken apart: firmware, board, the chip's own number, why it started."""

from __future__ import annotations

import re
from dataclasses import dataclass

FIRMWARE = "kctrig-rig"

_NAME = re.compile(r"^(?P<firmware>[\w-]+) (?P<version>[^\s,]+)(?: (?P<board>\w+))?(?:,|$)")
_MICROPYTHON = re.compile(r"\bmicropython(?: (?P<version>\d+\.\d+))? on (?P<platform>\w+)")
_ID = re.compile(r"\bid (?P<id>[0-9a-f]{8,16})\b")
_RESET = re.compile(r"\breset (?P<why>[\w-]+(?: [\w-]+)*)")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers on a line.

    Attributes:
        text: the whole text of HELLO.
        firmware: "kctrig-rig", or what another program calls itself.
        version: of the firmware.
        board: the build, a name of firmware/ports/esp32/boards; "" when it does not say.
        chip_id: the chip's own number (an ESP32's MAC) in hex; "" when there is none (an emulated rig).
        micropython: e.g. "1.29"; "" when it does not say.
        platform: e.g. "esp32".
        reset: why it started last, e.g. "power-on"; "" when it does not say.
        boot_id: random number of 32 bits drawn at that start, by which two starts are told apart; 0 when not known.
    """

    text: str
    firmware: str = ""
    version: str = ""
    board: str = ""
    chip_id: str = ""
    micropython: str = ""
    platform: str = ""
    reset: str = ""
    boot_id: int = 0

    @property
    def is_rig(self) -> bool:
        """Whether this is the rig firmware."""
        return self.firmware == FIRMWARE


def identify(text: str, boot_id: int = 0) -> Identity:
    """Take a version text of HELLO apart; what it does not say stays empty."""
    name = _NAME.search(text)
    python = _MICROPYTHON.search(text)
    chip = _ID.search(text)
    reset = _RESET.search(text)
    return Identity(
        text,
        firmware=name["firmware"] if name else "",
        version=name["version"] if name else "",
        board=(name["board"] or "") if name else "",
        chip_id=chip["id"] if chip else "",
        micropython=(python["version"] or "") if python else "",
        platform=python["platform"] if python else "",
        reset=reset["why"] if reset else "",
        boot_id=boot_id,
    )
