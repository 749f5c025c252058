"""A meter and a rig for the entry machines, in text and in virtual time: nothing of the product but the machine.

An image is text: `idle`, `blank`, `entry 1234 4`, `krn 1 2`, `number 00000000018`, `says refused SALAH`, `junk xyz`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from kctrig.display.readings import EntryEcho, KrnReading, Result
from kctrig.procedure import events as ev
from kctrig.procedure.actions import AbortKeys, Action, Ask, Finish, Keys, Look, PressKeys, Record, Wait
from kctrig.procedure.hand import Hand
from kctrig.procedure.machine import EntryMachine
from kctrig.procedure.pace import Habits, Pace
from kctrig.procedure.upgrade import Upgrade
from kctrig.procedure.verdicts import Job, Outcome
from kctrig.records.points import MeterPast

METER = "00000000018"
FIRST, SECOND = "65652931283250951756", "40338491193860092817"
DEBOUNCE_MS = 20
CODE_MS, TOKEN_MS, RESULT_MS = 100, 300, 3000


class TextWatch:
    """Proves an entry by the counter: each image proves the digits it shows at their places."""

    counts = True

    def __init__(self, digits: str) -> None:
        self.wrong = False
        self._digits = digits
        self._proved: set[int] = set()
        self._count = 0

    @property
    def verified(self) -> bool:
        return not self.wrong and self._count == len(self._digits) == len(self._proved)

    @property
    def standing(self) -> int | None:
        return self._count if not self.wrong and self._count == len(self._proved) else None

    def see(self, image: bytes, keys_down: int, *, at_rest: bool = False) -> None:
        words = image.decode(errors="replace").split(" ")
        if words[0] != "entry":
            self._count = 0
            self._proved.clear()
            return
        count = int(words[2])
        first = count - len(words[1])
        self.wrong |= count < self._count or words[1] != self._digits[first:count]
        self._count = count
        self._proved.update(range(first, count))


class TextReader:
    """Reads the images above."""

    def __init__(self, *, kt_shown: bool = True) -> None:
        self._kt_shown = kt_shown

    def watch(self, digits: str) -> TextWatch:
        return TextWatch(digits)

    def text(self, image: bytes) -> str:
        word, _, rest = image.decode().partition(" ")
        return "(entry)" if word == "entry" else rest or word

    def dark(self, image: bytes) -> bool:
        return image in (b"", b"dark")

    def empty(self, image: bytes) -> bool:
        return image in (b"idle", b"blank")

    def echo(self, image: bytes) -> EntryEcho | None:
        words = image.decode().split(" ")
        if words[0] != "entry":
            return None
        return EntryEcho(words[1], words[1], words[3] == "whole", int(words[2]))

    def shortened(self, image: bytes, digits: str) -> bool:
        echo = self.echo(image)
        return echo is not None and digits[: echo.counter].endswith(echo.tail) and echo.counter != len(digits)

    def krn(self, image: bytes) -> KrnReading | None:
        words = image.decode().split(" ")
        if words[0] != "krn":
            return None
        return KrnReading(int(words[1]), int(words[2]) if self._kt_shown else None, image.decode())

    def number(self, images: Sequence[bytes], lengths: Sequence[int] = ()) -> str | None:
        found = [image.decode().split(" ")[1] for image in images if image.startswith(b"number ")]
        return found[-1] if found else None

    def result(self, image: bytes) -> Result | None:
        words = image.decode().split(" ")
        return Result(words[1], " ".join(words[2:])) if words[0] == "says" else None  # type: ignore[arg-type]

    def tamper(self, image: bytes) -> bool:
        return image.startswith(b"says tamper")


def says(answer: str) -> str:
    """The image of an answer."""
    texts = {"accepted": "BENAR", "half": "PLS 2nd", "refused": "SALAH", "used": "USED", "old": "OLD"}
    return f"says {answer} {texts.get(answer, answer.upper())}"


@dataclass
class FakeMeter:
    """What the meter is and does.

    Attributes:
        answers: token to what the glass says to it, one after the other; a word of `says`, or a whole image.
        changes_key_after: tokens after whose answer KRN becomes 2.
        cells: how many digits of an entry are seen.
        lose, double: key presses (counted from 0 over the whole run) that are not seen, or seen twice.
        codes: code to image, instead of what the registers say.
    """

    number: str = METER
    krn: int = 1
    kt: int = 2
    answers: dict[str, list[str]] = field(default_factory=dict)
    changes_key_after: frozenset[str] = frozenset({SECOND})
    cells: int = 8
    lose: frozenset[int] = frozenset()
    double: frozenset[int] = frozenset()
    codes: dict[str, str] = field(default_factory=dict)
    start_image: str = "idle"
    entry: str = ""
    submitted: list[str] = field(default_factory=list)
    presses: int = 0
    erased: bool = False  # by the key before: the next erase press empties the line

    def image_of_entry(self) -> str:
        whole = "whole" if len(self.entry) < self.cells else "cut"
        return f"entry {self.entry[-self.cells :]} {len(self.entry)} {whole}" if self.entry else "idle"

    def press(self, key: str) -> list[tuple[int, str]]:
        """(after how many ms, image) of what the glass does now."""
        index, self.presses = self.presses, self.presses + 1
        if index in self.lose:
            return []
        if key == "*":
            self.entry = "" if self.erased else self.entry[:-1]
            self.erased = not self.erased
            return [(0, self.image_of_entry())]
        self.erased = False
        if key == "#":
            return self._enter()
        self.entry += key * (2 if index in self.double else 1)
        return [(0, self.image_of_entry())]

    def _enter(self) -> list[tuple[int, str]]:
        digits, self.entry = self.entry, ""
        if not digits:
            return []
        if len(digits) < 3:
            return [(0, "blank"), (CODE_MS, self._code(digits))]
        self.submitted.append(digits)
        left = self.answers.get(digits, ["accepted"])
        answer = left.pop(0) if len(left) > 1 else left[0]
        if digits in self.changes_key_after and answer in ("accepted", "half"):
            self.krn = 2
        image = answer if " " in answer or answer in ("dark", "blank", "idle") else says(answer)
        return [(0, "blank"), (TOKEN_MS, image), (TOKEN_MS + RESULT_MS, "idle")]

    def _code(self, digits: str) -> str:
        if digits in self.codes:
            return self.codes[digits]
        known = {"04": f"krn {self.krn} {self.kt}", "75": f"number {self.number}"}
        return known.get(digits, "says unknown_code Err")


Trouble = Callable[[Action, "FakeBench"], ev.Event | None]


class FakeBench:
    """Performs the machine's actions on a FakeMeter, in virtual time.

    Attributes:
        trace: every action, in order, with the events that answered.
        journal: the records that became durable.
        trouble: looked at before each action; what it gives is told instead of performing it.
        wait_trouble: looked at in each Wait; what it gives is told instead.
    """

    def __init__(self, meter: FakeMeter, *, trouble: Trouble | None = None) -> None:
        self.meter = meter
        self.trouble = trouble
        self.answer_to_ask: str | None = None
        self.trace: list[tuple[str, object]] = []
        self.journal: list[Record] = []
        self.now_ms = 0
        self.image = meter.start_image
        self._queue: list[tuple[int, int, Callable[[], ev.Event | None]]] = []
        self._order = itertools.count()
        self._image_due: set[int] = set()
        self._generation = 0
        self._job: int | None = None
        self._aborted_ms: dict[int, int] = {}

    def run(self, machine: EntryMachine, *, limit: int = 20_000) -> Outcome:
        action = machine.start(self.now_ms)
        for _ in range(limit):
            self.trace.append(("action", action))
            if isinstance(action, Finish):
                return action.outcome
            event = self.perform(action)
            self.trace.append(("event", event))
            following = machine.handle(event, self.now_ms)
            assert following is not None, f"{event} does not answer {action}"
            action = following
        raise AssertionError("the machine never ends")

    @property
    def actions(self) -> list[Action]:
        return [item for kind, item in self.trace if kind == "action"]  # type: ignore[misc]

    def perform(self, action: Action) -> ev.Event:
        if self.trouble is not None:
            event = self.trouble(action, self)
            if event is not None:
                return event
        if isinstance(action, Record):
            self.journal.append(action)
            return ev.Recorded()
        if isinstance(action, Ask):
            return ev.OperatorAnswered(self.answer_to_ask)
        if isinstance(action, Look):
            self.now_ms += 2
            return ev.GlassSeen(self.image.encode(), self.now_ms)
        if isinstance(action, PressKeys):
            self._press(action)
            return ev.KeysAccepted(action.job_id)
        if isinstance(action, AbortKeys):
            self._job = None
            self._aborted_ms[action.job_id] = self.now_ms
            return ev.KeysEnded(action.job_id, "aborted", 0)
        assert isinstance(action, Wait)
        return self._wait(action.until_ms)

    def _wait(self, until_ms: int) -> ev.Event:
        while self._queue and self._queue[0][0] <= max(until_ms, self.now_ms):
            at_ms, _, do = heappop(self._queue)
            self.now_ms = max(self.now_ms, at_ms)
            event = do()
            if event is not None:
                return event
        self.now_ms = max(self.now_ms, until_ms)
        return ev.DeadlinePassed()

    def at(self, at_ms: int, do: Callable[[], ev.Event | None]) -> None:
        heappush(self._queue, (at_ms, next(self._order), do))

    def _press(self, action: PressKeys) -> None:
        self._job = action.job_id
        start_ms = self.now_ms + 1
        for index, key in enumerate(action.keys):
            down_ms = start_ms + index * (action.press_ms + action.gap_ms)
            self.at(down_ms, self._edge(action.job_id, key, True, down_ms))
            self.at(down_ms + DEBOUNCE_MS, self._seen(action.job_id, key, down_ms))
            up_ms = down_ms + action.press_ms
            self.at(up_ms, self._edge(action.job_id, key, False, up_ms))
        end_ms = start_ms + len(action.keys) * (action.press_ms + action.gap_ms) - action.gap_ms
        self.at(end_ms, self._ended(action.job_id, len(action.keys)))

    def _edge(self, job_id: int, key: str, down: bool, at_ms: int) -> Callable[[], ev.Event | None]:
        return lambda: ev.KeyMoved(key, down, at_ms) if self._job == job_id else None

    def _ended(self, job_id: int, keys: int) -> Callable[[], ev.Event | None]:
        def end() -> ev.Event | None:
            if self._job != job_id:
                return None
            self._job = None
            return ev.KeysEnded(job_id, "done", keys)

        return end

    def _seen(self, job_id: int, key: str, down_ms: int) -> Callable[[], ev.Event | None]:
        def seen() -> None:
            if down_ms > self._aborted_ms.get(job_id, down_ms):
                return
            self._generation += 1
            for after_ms, image in self.meter.press(key):
                self.at(self.now_ms + after_ms, self._shows(image, self._generation))

        return seen

    def _shows(self, image: str, generation: int) -> Callable[[], ev.Event | None]:
        def show() -> ev.Event | None:
            if generation != self._generation or image == self.image:
                return None
            self.image = image
            return ev.GlassSeen(image.encode(), self.now_ms)

        return show


def habits(**changes: object) -> Habits:
    values: dict[str, object] = {
        "pace": Pace(40, 40),
        "code_wait_ms": 1_000,
        "token_wait_ms": 2_000,
        "page_wait_ms": 3_000,
        "digit_timeout_ms": 10_000,
    }
    return Habits(**{**values, **changes})  # type: ignore[arg-type]


def job_ids() -> Iterator[int]:
    return itertools.count(1)


def upgrade(
    bench: FakeBench,
    *,
    tokens: tuple[str, ...] = (FIRST, SECOND),
    job: Job | None = None,
    past: MeterPast | None = None,
    reader: TextReader | None = None,
    changes: Mapping[str, object] = {},
) -> Upgrade:
    """An upgrade script for the meter of `bench`."""
    hand = Hand(reader or TextReader(), habits(**changes), job_ids())
    return Upgrade(
        hand,
        job or Job.of(METER, "fake", tokens),
        past or MeterPast(),
        lambda token: f"hash of {token}",
        attempt=1,
        unix_ms_at_start=1_000_000_000_000,
        started_ms=0,
    )


def enters_of(actions: Sequence[Action]) -> list[PressKeys]:
    return [
        a for a in actions if isinstance(a, PressKeys) and a.purpose is Keys.ENTER and a.position is not None
    ]


def token_keys(actions: Sequence[Action]) -> list[PressKeys]:
    """Key jobs that belong to a token."""
    return [a for a in actions if isinstance(a, PressKeys) and a.position is not None]
