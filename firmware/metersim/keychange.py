"""The key change: sections kept until their set is complete, then taken as one (facts/sts.md 4.3).

The old key stays valid until the last section is in. The order is free. A section is forgotten when it gets too old
(CLOU: 10 minutes); another token between two sections changes nothing (guess). Nothing on the tokens says
that two sections belong to one set: halves of two different sets make a key that nobody knows, here as on
a real meter.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.ticks import add, diff

from .registers import BASE_DATES
from .sts.decoded import (
    EA_MISTY1,
    MANAGEMENT,
    SECTION_1,
    SECTION_2,
    SECTION_3,
    SECTION_4,
    Decoded,
)
from .sts.keyset import assemble, missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .registers import Registers
    from .sts.keyset import NewKey

SECTIONS = (SECTION_1, SECTION_2, SECTION_3, SECTION_4)
RESULTS = ("1stKCT", "2ndKCT", "3rdKCT", "4thKCT")
MAX_TI = 99

# Key types that a key may be parent of. DUTK -> DUTK, DDTK and the refusal of DCTK are sourced (facts/sts.md 2.4), the
# other rows are a guess: Table 33 of the standard was not found.
_DITK, _DDTK, _DUTK = 0, 1, 2
_ALLOWED = {
    _DITK: (_DITK, _DDTK, _DUTK),
    _DDTK: (_DDTK, _DUTK),
    _DUTK: (_DDTK, _DUTK),
}


class KeyChange:
    """The sections that wait, and what becomes of them.

    Attributes:
        timeout_ms: age at which a section is forgotten, 0 = never.
        awaited: sections (1 to 4) that the last one taken left to wait for.
        forgets: a fault: the first section of an incomplete set is answered for and not kept, once.
        lies: a fault: a complete set is answered for and the key stays as it was.
    """

    def __init__(self, registers: "Registers", timeout_s: int, now_ms: int) -> None:
        self._registers = registers
        self.timeout_ms = timeout_s * 1000
        self.forgets = False
        self.lies = False
        self.awaited: "list[int]" = []
        self._taken: "list[tuple[Decoded, int]]" = []
        for row in registers.pending:
            block = int(str(row["block_hex"]), 16)
            self._taken.append((Decoded(MANAGEMENT, block), add(now_ms, -1000 * int(row.get("age_s", 0)))))

    def expire(self, now_ms: int) -> bool:
        """Forget the sections that are too old; True when there were any."""
        if not self.timeout_ms:
            return False
        kept = [row for row in self._taken if diff(now_ms, row[1]) < self.timeout_ms]
        if len(kept) == len(self._taken):
            return False
        self._taken = kept
        self.write_back(now_ms)
        return True

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until a section is forgotten, -1 when none will be."""
        if not self.timeout_ms or not self._taken:
            return -1
        oldest = max([diff(now_ms, at_ms) for _, at_ms in self._taken])
        return max(0, self.timeout_ms - oldest)

    def check(self, token: "Decoded") -> str:
        """The refusal that a section earns before it is kept, else an empty text."""
        registers = self._registers
        if token.subclass in (SECTION_3, SECTION_4) and registers.ea != EA_MISTY1:
            first = [d for d, _ in self._taken if d.subclass == SECTION_1]
            if token.subclass == SECTION_4 or (first and not first[0].res_3kct):
                return "FunctionError"
        if token.kt is not None and token.kt not in _ALLOWED.get(registers.kt, (registers.kt,)):
            return "KeyTypeError"
        if token.krn is not None and not 1 <= token.krn <= 9:
            return "RangeError"
        if token.ti is not None and token.ti > MAX_TI:
            return "RangeError"
        return ""

    def take(self, token: "Decoded", now_ms: int) -> str:
        """Keep a section that passed `check`; change the key when the set is complete. Returns the result.

        Results are named by order of arrival. A section given again takes the place of its first copy.
        """
        kept = [row for row in self._taken if row[0].subclass != token.subclass]
        result = RESULTS[len(kept)]
        kept.append((token, now_ms))
        sections = [d for d, _ in kept]
        self.awaited = [SECTIONS.index(n) + 1 for n in missing(sections, self._registers.ea)]
        new = assemble(sections, self._registers.ea)
        if new is None:
            self._taken = [] if self.forgets else kept
            self.forgets = False
        else:
            self._taken = []
            if new.ro and new.key == self._registers.key:
                # Clearing the memory under the same key would let used tokens in again (facts/sts.md 4.3).
                result = "RangeError"
            elif not self.lies:
                self._apply(new)
        self.write_back(now_ms)
        return result

    def write_back(self, now_ms: int) -> None:
        """Put what waits, with its age, into the registers."""
        self._registers.pending = [
            {"block_hex": "%016x" % d.block, "age_s": max(0, diff(now_ms, at_ms)) // 1000}
            for d, at_ms in self._taken
        ]

    def _apply(self, new: "NewKey") -> None:
        registers = self._registers
        registers.key = new.key
        registers.krn = new.krn
        registers.kt = new.kt
        registers.ken = new.ken
        registers.ti = "%02d" % new.ti
        if new.sgc is not None:
            registers.sgc = "%06d" % new.sgc
        elif new.sgc_low is not None:
            # Guess: a third token brings the lower 12 bits and leaves the upper ones.
            registers.sgc = "%06d" % (int(registers.sgc) & ~0xFFF | new.sgc_low)
        else:
            # Two tokens carry no supply group: the register then reads 0 (facts/sts.md 4.3).
            registers.sgc = "000000"
        if new.ro:
            registers.clear_tids()
            if registers.base_date in BASE_DATES[:-1]:
                registers.base_date = BASE_DATES[BASE_DATES.index(registers.base_date) + 1]
