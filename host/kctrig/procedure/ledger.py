"""What one attempt knows of its meter, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field

from kctrig.display.readings import KrnReading
from kctrig.procedure.verdicts import TokenAnswer


@dataclass(slots=True)
class Ledger:
    """What this attempt knows: readings before and after, and what became of each token.

    Attributes:
        open_enter: position of the token whose Enter is in the journal and whose answer is not.
        entered: position of every Enter that was put into the journal, in their order.
        typing: digits of a token may stand in the entry line.
        last_taken_ms: host time of the last answer that took a section.
        entered_ms: host time of the last Enter of a token.
        held: positions of tokens that an earlier attempt entered and that still count.
        number_images: the pages from which `number` was read, in hex.
        no_echo: the last code could not be typed, because the glass never showed it.
        tamper: the glass said at any time that the meter was tampered with.
    """

    state: str = "READY"
    number: str | None = None
    before: KrnReading | None = None
    after: KrnReading | None = None
    answers: list[TokenAnswer] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    open_enter: int | None = None
    entered: list[int] = field(default_factory=list)
    typing: bool = False
    last_taken_ms: int | None = None
    entered_ms: int = 0
    held: tuple[int, ...] = ()
    tamper: bool = False
    no_echo: bool = False
    number_images: list[str] = field(default_factory=list)
