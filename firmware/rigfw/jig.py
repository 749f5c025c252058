"""The steps of the self-test, loaded when one begins: what each channel does, told one by one by a loop-back jig.

Matrix: the jig leads every tap (rows, then columns) to one spare expander bit. One bit is driven low; a tap that is
connected to it then reads low. Direct: contact i of KEYS pulls those of four bits low that are set in i + 1, by
diodes. Last the one-shot: a working contact is held until the hardware opens it, and the time is told.

Runs unchanged under CPython and MicroPython.
"""

from rigwire import messages as m
from rigwire import ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generator

    from rigfw.selftest import SelfTest

    # Yields milliseconds to wait; gives what was read.
    Look = Generator[int, None, int]

_ROWS = 4
_COLUMNS = 3
_JOINS = ((0, 1), (2, 3), (4, 5), (5, 6))  # taps of one kind: no key, but the jig sees it
_UNANSWERED = 3  # digits that go to a meter at most when there is no jig
_ONE_SHOT_STEP_MS = 5
NEVER_OPENED = 0xFFFF


def steps_of(channels: int, matrix: bool) -> int:
    """Steps of a whole run."""
    return channels + (len(_JOINS) + _ROWS * _COLUMNS if matrix else 1) + 1


def _close(test: "SelfTest", bits: int, tap: int) -> None:
    test.expander.arm()
    test.expander.drive(bits)
    if tap >= 0:
        test.expander.pull_low(1 << test.jig_bits[tap])


def _low(test: "SelfTest") -> int:
    """Bit i is set when jig bit i reads low."""
    pins = test.expander.pins()
    low = 0
    for i in range(len(test.jig_bits)):
        if not pins >> test.jig_bits[i] & 1:
            low |= 1 << i
    return low


def _look(test: "SelfTest", bits: int, tap: int = -1) -> "Look":
    _close(test, bits, tap)
    yield test.settle_ms
    low = _low(test)
    test.expander.release()
    test.done += 1
    yield test.settle_ms
    return low


def _measure_one_shot(test: "SelfTest", bits: int, tap: int, expected: int) -> "Look":
    _close(test, bits, tap)
    closed_ms = test.now_ms
    test.one_shot_ms = NEVER_OPENED
    yield test.settle_ms
    while ticks.diff(test.now_ms, closed_ms) < test.one_shot_most_ms:
        if _low(test) & expected != expected:
            test.one_shot_ms = ticks.diff(test.now_ms, closed_ms)
            break
        yield _ONE_SHOT_STEP_MS
    test.expander.release()
    test.done += 1
    yield test.settle_ms
    return test.one_shot_ms


def matrix(test: "SelfTest") -> "Generator[int, None, None]":
    """Test every row and column, then the one-shot; yields milliseconds to wait before the next step."""
    count = _ROWS + _COLUMNS
    near = [0] * count  # taps that hang together with tap i while channel i alone is on
    partners = [0] * count
    for i in range(count):
        low = yield from _look(test, 1 << test.bits[i], i)
        near[i] = low & ~(1 << i)
    jig = False
    for one, other in _JOINS:
        low = yield from _look(test, 1 << test.bits[one] | 1 << test.bits[other], one)
        jig = jig or bool(low >> other & 1)
    pair = (-1, -1)
    for row in range(_ROWS) if jig else ():
        for column in range(_ROWS, count):
            low = yield from _look(test, 1 << test.bits[row] | 1 << test.bits[column], row)
            if low >> column & 1:
                partners[row] |= 1 << column
                partners[column] |= 1 << row
                pair = (row, column)
    for i in range(count):
        test.results[i] = _judge_tap(i, near, partners[i], jig)
    row, column = pair
    if row >= 0:
        bits = 1 << test.bits[row] | 1 << test.bits[column]
        yield from _measure_one_shot(test, bits, row, 1 << column)


def direct(test: "SelfTest") -> "Generator[int, None, None]":
    """Test every output, then the one-shot; yields milliseconds to wait before the next step."""
    rest = yield from _look(test, 0)
    codes = []
    for bit in test.bits:
        code = yield from _look(test, 1 << bit)
        codes.append(code)
        if len(codes) == _UNANSWERED and not rest and not any(codes):
            break
    for i in range(len(codes)):
        test.results[i] = _judge_code(i, rest, codes)
    for i in range(len(codes)):
        if test.results[i] == m.CHANNEL_OK:
            yield from _measure_one_shot(test, 1 << test.bits[i], -1, i + 1)
            return


def _judge_tap(i: int, near: "list[int]", partners: int, jig: bool) -> int:
    others = [x for x in range(len(near)) if x != i and near[x] >> i & 1]
    if len(others) > 1:
        return m.CHANNEL_CLOSED
    if others:
        return m.CHANNEL_BRIDGED | others[0] << 4
    if not jig:
        return m.CHANNEL_UNTESTED
    return m.CHANNEL_OK if partners else m.CHANNEL_OPEN


def _judge_code(i: int, rest: int, codes: "list[int]") -> int:
    own = i + 1
    seen = codes[i]
    if rest == own:
        return m.CHANNEL_CLOSED
    if own | rest == rest:
        return m.CHANNEL_UNTESTED  # hidden behind the one that is stuck
    if seen == rest:
        return m.CHANNEL_OPEN
    for k in range(len(codes)):
        if k != i and codes[k] == seen and own | (k + 1) | rest == seen and (k + 1) | rest != rest:
            return m.CHANNEL_BRIDGED | k << 4
    if seen == own | rest:
        return m.CHANNEL_OK
    other = (seen & ~rest) - 1
    if other >= len(codes):
        other = m.CHANNEL_UNKNOWN
    return m.CHANNEL_CROSSED | other << 4
