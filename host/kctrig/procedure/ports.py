"""What the procedure needs from others, as the smallest interfaces that will do: reader, rig, journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kctrig.procedure.verdicts import Answer


@dataclass(frozen=True, slots=True)
class Krn:
    """What 04 showed. `kt` is None where the brand does not show it."""

    krn: int
    kt: int | None


@dataclass(frozen=True, slots=True)
class Result:
    """What the glass said to a token."""

    answer: Answer
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Echo:
    """The entry line: the digits that are seen, oldest first, and the digit counter where the glass has one."""

    tail: str
    counter: int | None = None


class Reader(Protocol):
    """Reads images of one brand's glass; every method is None when the image is not that, and never guesses."""

    capacity: int
    """Digits of an entry that the glass can show at once."""
    has_counter: bool

    def text(self, image: bytes) -> str:
        """All of the glass as text for people, unreadable cells marked."""

    def dark(self, image: bytes) -> bool:
        """Nothing can be judged on it: blank, the dark half of a blink, or no image at all."""

    def echo(self, image: bytes) -> Echo | None:
        """An entry in progress."""

    def krn(self, image: bytes) -> Krn | None:
        """The answer to 04."""

    def number(self, images: Sequence[bytes]) -> str | None:
        """The answer to 75 from the settled images since Enter, pages put together."""

    def result(self, image: bytes) -> Result | None:
        """The answer to a token."""

    def tamper(self, image: bytes) -> bool:
        """The meter says that it has been tampered with."""


class KnownToken(Protocol):
    """What the journal knows of one token on one meter, from attempts before."""

    @property
    def answer(self) -> str | None:
        """Last answer; None when Enter was intended and no answer is known."""

    @property
    def enters(self) -> int:
        """How often Enter was intended."""

    @property
    def at_unix_ms(self) -> int:
        """When the last of it was recorded."""


class History(Protocol):
    """What the journal knows of one meter, from attempts before."""

    @property
    def refusals(self) -> int:
        """Tokens refused so far, since the last override."""

    @property
    def tokens(self) -> Mapping[str, KnownToken]:
        """By fingerprint; only tokens whose Enter was intended at least once."""

    @property
    def krn_before(self) -> int | None:
        """What 04 showed before the first token of an attempt that was never finished."""


class Attempt(Protocol):
    """One claimed attempt in the journal."""

    @property
    def number(self) -> int:
        """1 for the first attempt on this meter in this store."""

    @property
    def history(self) -> History:
        """What was known of the meter when the attempt was claimed."""

    def record(self, point: str, body: Mapping[str, object]) -> None:
        """Make a journal point durable; raises when it cannot."""

    def close(self) -> None:
        """Let go of the meter; an attempt without a verdict stays open in the store."""


class Journal(Protocol):
    """Where intents and answers are kept (kctrig.records.store.Store)."""

    def claim(self, meter_no: str, profile_name: str, body: Mapping[str, object]) -> Attempt:
        """Take the meter for one attempt; raises when another process has it."""

    def fingerprint(self, token: str) -> str:
        """What stands for the token in the journal; says nothing about its digits without this store's key."""
