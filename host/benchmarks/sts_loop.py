"""Decode tokens for a while and print how many a second; runs under CPython and, as a script, under MicroPython.

micropython sts_loop.py EA SECONDS [every]     `every`: a new key for every token
"""

import sys
import time

from metersim.sts import codec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from metersim.sts.codec import Decoded

    Decode = Callable[[str, bytes, int], Decoded]

COUNT = 64


def now_s() -> float:
    """Seconds of a steady clock of either Python."""
    if hasattr(time, "perf_counter"):
        return time.perf_counter()
    return time.ticks_us() / 1000000  # type: ignore[attr-defined,no-any-return,unused-ignore]


def tokens_per_s(decode: "Decode", ea: int, duration_s: float, new_keys: bool) -> int:
    """Decode credit tokens for about `duration_s` and give the rate; every token is checked to be right."""
    size = 16 if ea == 11 else 8
    work = []
    for number in range(COUNT):
        key = bytes([(number * 37 + place * 11) & 255 for place in range(size)] if new_keys else range(size))
        clear = 5 << 56 | (3721461 + number) << 32 | 139 << 16
        work.append((codec.encode(0, clear, key, ea), key))
    decode(work[0][0], work[0][1], ea)
    done = 0
    start = now_s()
    while now_s() - start < duration_s:
        for digits, key in work:
            if not decode(digits, key, ea).crc_ok:
                raise AssertionError("a token did not decode")
        done += COUNT
    return int(done / (now_s() - start))


if __name__ == "__main__":
    sys.stdout.write(
        "%d\n" % tokens_per_s(codec.decode, int(sys.argv[1]), float(sys.argv[2]), "every" in sys.argv)
    )
