"""What the procedure needs from others, as the smallest interfaces that will do: reader, rig, journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Protocol

from kctrig.display.readings import EntryEcho, KrnReading, Result


class EchoWatch(Protocol):
    """Follows what the glass shows while one number is typed, and says whether that proves the entry."""

    @property
    def verified(self) -> bool:
        """Every digit was seen in its place, and nothing else fits what was seen."""

    @property
    def wrong(self) -> bool:
        """What was seen cannot be the wanted digits."""

    @property
    def counts(self) -> bool:
        """The glass says how many digits stand in the line; else only the order of its images does."""

    @property
    def standing(self) -> int | None:
        """How many digits stand in the line, when these are the first ones of the wanted and nothing else; or None.

        Means something only after an image that was seen `at_rest`.
        """

    def see(self, image: bytes, keys_down: int, *, at_rest: bool = False) -> None:
        """Take the next image; `at_rest` when every key pressed so far must show by now."""


class Reader(Protocol):
    """Reads images of one brand's glass; every reading is None when the image is not that, and never a guess."""

    def watch(self, digits: str) -> EchoWatch:
        """A watch over these digits, about to be typed into an empty entry line."""

    def text(self, image: bytes) -> str:
        """The glass as text for people; the digits of an entry are not in it."""

    def dark(self, image: bytes) -> bool:
        """Nothing can be judged on it: the dark half of a blink, every segment lit, or no image at all."""

    def empty(self, image: bytes) -> bool:
        """No digit stands in the entry line, and that is certain."""

    def echo(self, image: bytes) -> EntryEcho | None:
        """An entry in progress."""

    def shortened(self, image: bytes, digits: str) -> bool:
        """Whether the entry line shows the first of these digits, and one or more are gone from its end."""

    def krn(self, image: bytes) -> KrnReading | None:
        """The answer to 04."""

    def number(self, images: Sequence[bytes], lengths: Sequence[int] = ...) -> str | None:
        """The answer to 75 from the settled images since Enter, pages put together; `lengths` for another number."""

    def result(self, image: bytes) -> Result | None:
        """The answer to a token, or to a code that the meter does not know."""

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
    def entered_before(self) -> Set[str]:
        """Fingerprints of tokens whose Enter was intended before the last pass or override."""

    @property
    def krn_before(self) -> int | None:
        """What 04 showed at the first look since the last pass or override."""

    @property
    def lowest_krn(self) -> int | None:
        """The lowest key revision that 04 ever showed on this meter."""

    @property
    def binds(self) -> bool:
        """Whether there is anything that an attempt must mind and an override would open."""

    def opened(self) -> History:
        """The same past after an override."""


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
