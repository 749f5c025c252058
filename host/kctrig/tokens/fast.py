"""EA07 once more, for the host: the device's algorithm with tables of a byte at a time.

The device file keeps 2.5 kB of tables and 24-bit words; here a round is eight look-ups of 64-bit numbers (400 kB of
tables, made at the first use). `host/tests/tokens/test_fast_equals_device.py` holds the two equal.
"""

from __future__ import annotations

from functools import cache, lru_cache

from metersim.sts import codec
from metersim.sts.ea07 import INVERSE_PERMUTATION, PERMUTATION, S_BOX_1, S_BOX_2
from metersim.sts.misty1 import Misty1
from metersim.sts.token import parse, split

_MASK_64 = 0xFFFFFFFFFFFFFFFF

ByteTable = tuple[int, ...]
Round = tuple[ByteTable, ByteTable, ByteTable, ByteTable, ByteTable, ByteTable, ByteTable, ByteTable]


@cache
def _tables(permutation: bytes) -> tuple[tuple[ByteTable, ...], ...]:
    """Per byte position and per choice (bit 0: low nibble, bit 1: high nibble) the permuted substitution of a byte."""
    boxes = (S_BOX_1, S_BOX_2)

    def spread(bits: int) -> int:
        return sum(1 << permutation[n] for n in range(64) if bits >> n & 1)

    positions = []
    for position in range(8):
        low = [[spread(v << 8 * position) for v in box] for box in boxes]
        high = [[spread(v << 8 * position + 4) for v in box] for box in boxes]
        positions.append(tuple(tuple(h | lo for h in high[c >> 1] for lo in low[c & 1]) for c in range(4)))
    return tuple(positions)


_IDENTITY = bytes(range(64))


def _apply(block: int, tables: Round) -> int:
    """One round on a whole block."""
    return sum(table[byte] for table, byte in zip(tables, block.to_bytes(8, "little"), strict=True))


class FastEa07:
    """EA07 with the sample tables under one 64-bit key, answering exactly as `metersim.sts.ea07.Ea07`."""

    __slots__ = ("_down", "_key", "_last", "_up")

    def __init__(self, key: bytes) -> None:
        """Take an 8-byte decoder key; ValueError for another length."""
        if len(key) != 8:
            raise ValueError(f"EA07 needs a key of 8 bytes, this has {len(key)}")
        self._key = int.from_bytes(key, "big")
        inverse = _tables(INVERSE_PERMUTATION)
        key_bits = self._key
        rounds = []
        for turn in range(16):
            # Nibble i takes key bit 4i of the key rotated right by one more each round.
            turned = key_bits >> turn | key_bits << 64 - turn
            rounds.append(self._pick(inverse if turn < 15 else _tables(_IDENTITY), turned, 0))
        self._down: tuple[Round, ...] = tuple(rounds[:15])
        self._last: Round = rounds[15]
        self._up: tuple[Round, ...] | None = None

    @staticmethod
    def _pick(tables: tuple[tuple[ByteTable, ...], ...], key: int, bit: int) -> Round:
        """The eight byte tables of a round: per nibble the key bit `bit` of the same nibble chooses."""
        key >>= bit
        a, b, c, d, e, f, g, h = tables
        return (
            a[key & 1 | key >> 3 & 2],
            b[key >> 8 & 1 | key >> 11 & 2],
            c[key >> 16 & 1 | key >> 19 & 2],
            d[key >> 24 & 1 | key >> 27 & 2],
            e[key >> 32 & 1 | key >> 35 & 2],
            f[key >> 40 & 1 | key >> 43 & 2],
            g[key >> 48 & 1 | key >> 51 & 2],
            h[key >> 56 & 1 | key >> 59 & 2],
        )

    def decrypt(self, block: int) -> int:
        """The clear 64-bit block of an encrypted one."""
        # No substitution before the first inverse permutation: table 2 and then table 1 cancel.
        block = _apply(block, _first_box_2())
        block = _apply(block, _first_box_1())
        for a, b, c, d, e, f, g, h in self._down:
            i, j, k, m, n, o, p, q = block.to_bytes(8, "little")
            block = a[i] | b[j] | c[k] | d[m] | e[n] | f[o] | g[p] | h[q]
        return _apply(block, self._last)

    def encrypt(self, block: int) -> int:
        """The encrypted 64-bit block of a clear one."""
        if self._up is None:
            inverted = self._key ^ _MASK_64
            key = inverted >> 12 | inverted << 52 & _MASK_64
            forward = _tables(PERMUTATION)
            self._up = tuple(
                self._pick(forward, (key << turn | key >> 64 - turn) & _MASK_64, 3) for turn in range(16)
            )
        for a, b, c, d, e, f, g, h in self._up:
            i, j, k, m, n, o, p, q = block.to_bytes(8, "little")
            block = a[i] | b[j] | c[k] | d[m] | e[n] | f[o] | g[p] | h[q]
        return block


@cache
def _first_box_2() -> Round:
    """Table 2 for every nibble, nothing moved."""
    return FastEa07._pick(_tables(_IDENTITY), _MASK_64, 0)


@cache
def _first_box_1() -> Round:
    """Table 1 for every nibble and then the inverse permutation."""
    return FastEa07._pick(_tables(INVERSE_PERMUTATION), 0, 0)


@lru_cache(maxsize=256)
def cipher_for(key: bytes, ea: int) -> FastEa07 | Misty1:
    """The fastest cipher of the host for a key; the last 256 meters are remembered. EA11 is the device's own file."""
    if ea == codec.EA_STA:
        return FastEa07(key)
    cipher = codec.cipher_for(key, ea)
    assert isinstance(cipher, Misty1)
    return cipher


def decode(digits: str, key: bytes, ea: int) -> codec.Decoded:
    """As `metersim.sts.codec.decode`, for many tokens: the same answers and the same errors."""
    token_class, block = split(parse(digits))
    if token_class in (codec.CREDIT, codec.MANAGEMENT):
        block = cipher_for(key, ea).decrypt(block)
    return codec.Decoded(token_class, block)
