"""A meter's application layer on a desk: registers and decoder, no keypad and no glass."""

from __future__ import annotations

from typing import Any

from metersim import brands
from metersim.decoder import Outcome, TokenDecoder
from metersim.keychange import KeyChange
from metersim.laws import Lockout
from metersim.registers import Registers
from tests.meter import mint


class Desk:
    """A decoder with its registers and nothing around it."""

    def __init__(self, state: dict[str, Any] | None = None, **laws: Any) -> None:
        brand = brands.load("generic", laws)
        self.registers = Registers(state or mint.meter())
        self.lockout = Lockout(brand.lock_after, 10, True, 1280, True)
        self.key_change = KeyChange(self.registers, brand.section_timeout_s, 0)
        self.decoder = TokenDecoder(self.registers, brand, self.lockout, self.key_change)

    def enter(self, digits: str, now_ms: int = 0) -> Outcome:
        return self.decoder.enter(digits, now_ms)

    def result(self, digits: str, now_ms: int = 0) -> str:
        return self.enter(digits, now_ms).result
