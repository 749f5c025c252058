"""What a rig tells of its self-test with the loop-back jig, in words (docs/wire.md, SELFTEST)."""

from __future__ import annotations

from dataclasses import dataclass

from rigwire import messages as m

from kctrig.link import words

_MATRIX = ("row 1", "row 2", "row 3", "row 4", "column 1", "column 2", "column 3")
_DIRECT = tuple(f"key {key}" for key in m.KEYS)
_NEVER_OPENED = 0xFFFF


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of the keypad driver.

    Attributes:
        name: "row 1" … "column 3", or "key 0" … "key #".
        result: one of kctrig.link.words.CHANNEL_NAMES.
        other: the channel it hangs together with, "" when there is none or it could not be told.
    """

    name: str
    result: str
    other: str = ""

    @property
    def ok(self) -> bool:
        """The channel opens and closes, and nothing else with it."""
        return self.result == words.CHANNEL_NAMES[m.CHANNEL_OK]


@dataclass(frozen=True, slots=True)
class SelfTest:
    """A self-test as far as it has come.

    Attributes:
        state: one of kctrig.link.words.JOB_STATE_NAMES; "unknown" before the first run.
        steps_done: of `steps`.
        steps: of a whole run.
        one_shot_ms: after how long the hardware opened a held contact; None when not measured.
        one_shot_failed: the hardware never opened it.
        reason: why the run was aborted, "none" otherwise.
        channels: in the order of the wiring; empty before the first run.
    """

    state: str
    steps_done: int
    steps: int
    one_shot_ms: int | None
    one_shot_failed: bool
    reason: str
    channels: tuple[Channel, ...]

    @property
    def no_jig(self) -> bool:
        """Not one channel answered: no jig, no supply, or the jig's plug is off. The test then stopped early."""
        silent = (words.CHANNEL_NAMES[m.CHANNEL_OPEN], words.CHANNEL_NAMES[m.CHANNEL_UNTESTED])
        return self.state == "done" and all(channel.result in silent for channel in self.channels)

    @property
    def ok(self) -> bool:
        """Every channel and the one-shot did what they should."""
        return (
            self.state == "done"
            and self.one_shot_ms is not None
            and bool(self.channels)
            and all(channel.ok for channel in self.channels)
        )


def decode(answer: bytes) -> SelfTest:
    """A SELFTEST answer, without its status byte. Raises ValueError when it is too short."""
    state, done, steps, one_shot_ms, reason, results = m.unpack_answer(m.SELFTEST, b"\0" + answer)
    names = _MATRIX if len(results) == len(_MATRIX) else _DIRECT
    failed = one_shot_ms == _NEVER_OPENED
    return SelfTest(
        _word(words.JOB_STATE_NAMES, state),
        done,
        steps,
        None if failed or not one_shot_ms else one_shot_ms,
        failed,
        _word(words.REASON_NAMES, reason),
        tuple(_channel(i, result, names) for i, result in enumerate(results)),
    )


def _channel(number: int, result: int, names: tuple[str, ...]) -> Channel:
    code, other = result & 0x0F, result >> 4
    told = code in (m.CHANNEL_BRIDGED, m.CHANNEL_CROSSED) and other != m.CHANNEL_UNKNOWN
    return Channel(
        _word(names, number), _word(words.CHANNEL_NAMES, code), _word(names, other) if told else ""
    )


def _word(names: tuple[str, ...], number: int) -> str:
    return names[number] if number < len(names) else str(number)
