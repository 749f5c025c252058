"""Key sections put together to a new key, in whatever order they came (facts/sts.md 1.3 and 4.3)."""

from metersim.sts.decoded import EA_MISTY1, SECTION_1, SECTION_2, SECTION_3, SECTION_4, Decoded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class NewKey:
    """What a complete set says: `key` (8 or 16 bytes), `krn`, `kt`, `ro`, `ken`, `ti` and the supply group.

    `sgc` is the whole group (four tokens) or None; `sgc_low` its lower 12 bits (three or four tokens) or None.
    """

    __slots__ = ("ken", "key", "krn", "kt", "ro", "sgc", "sgc_low", "ti")

    def __init__(
        self, key: bytes, first: int, second: int, sgc_low: "int | None", sgc_high: "int | None"
    ) -> None:
        """Take the key and the blocks of the first and second section."""
        self.key = key
        self.krn = first >> 52 & 15
        self.kt = first >> 48 & 3
        self.ro = first >> 51 & 1
        self.ken = (first >> 56 & 15) << 4 | second >> 56 & 15
        self.ti = second >> 48 & 255
        self.sgc_low = sgc_low
        self.sgc = None if sgc_low is None or sgc_high is None else sgc_high << 12 | sgc_low


def missing(sections: "Iterable[Decoded]", ea: int) -> "list[int]":
    """Subclasses of the sections still awaited; before the first section is in, a 64-bit key counts as two tokens."""
    have = {section.subclass: section for section in sections}
    wanted = [SECTION_1, SECTION_2]
    if ea == EA_MISTY1:
        wanted += [SECTION_3, SECTION_4]
    elif SECTION_1 in have and have[SECTION_1].res_3kct:
        wanted.append(SECTION_3)
    return [number for number in wanted if number not in have]


def assemble(sections: "Iterable[Decoded]", ea: int) -> "NewKey | None":
    """The new key of a complete set, None while a section is missing. A section given twice counts as its last one."""
    have = {section.subclass: section for section in sections}
    if missing(have.values(), ea):
        return None
    first = have[SECTION_1].block
    second = have[SECTION_2].block
    low = second >> 16 & 0xFFFFFFFF
    high = first >> 16 & 0xFFFFFFFF
    sgc_low = sgc_high = None
    words = [high, low]
    if ea == EA_MISTY1:
        third = have[SECTION_3].block
        fourth = have[SECTION_4].block
        sgc_low = third >> 48 & 0xFFF
        sgc_high = fourth >> 48 & 0xFFF
        words = [high, third >> 16 & 0xFFFFFFFF, fourth >> 16 & 0xFFFFFFFF, low]
    elif first >> 50 & 1:
        # Guess: a third token of a 64-bit key brings the lower 12 bits of the group and nothing else.
        sgc_low = have[SECTION_3].block >> 48 & 0xFFF
    key = b"".join([word.to_bytes(4, "big") for word in words])
    return NewKey(key, first, second, sgc_low, sgc_high)
