"""What may be entered now: the work, what 04 shows, and what the journal knows of this meter, put together.

Pure. Looking has been done when this is asked; everything it forbids stays forbidden until a person overrides it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kctrig.display.readings import KrnReading
from kctrig.procedure.ports import History, KnownToken
from kctrig.procedure.verdicts import REFUSALS, TAKEN, Answer, Job, Role, Verdict

SECTION_MARGIN_MS = 60_000
"""Host and meter do not share a clock: this long before and after its end a section's time is no one's to say."""


DOUBT_REMAINS = "doubt_remains"
"""Outcome code: a token got its Enter before, and its answer is not known."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing is entered; the attempt ends with this verdict."""

    verdict: Verdict
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Go:
    """Enter the tokens at these positions, in this order; those at `held` were taken before and still count."""

    positions: tuple[int, ...]
    held: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Taken:
    """A token of which the meter itself said later that it had taken it."""

    enters: int
    at_unix_ms: int
    answer: str | None = Answer.HALF.value


def reached(job: Job, reading: KrnReading) -> bool:
    """Whether 04 shows what the job wants: the KRN, and the KT where the brand shows one."""
    return reading.krn == job.target_krn and reading.kt in (None, job.target_kt)


def decide(
    job: Job,
    reading: KrnReading,
    history: History,
    fingerprint: Callable[[str], str],
    *,
    now_unix_ms: int,
    section_timeout_ms: int | None,
    refusals_max: int,
    resolved: frozenset[int] = frozenset(),
) -> Stop | Go:
    """What a look at the meter and its past allow. `resolved`: positions whose doubt another look has ended: taken."""
    past = past_of_job(job, history, fingerprint)
    sections = [position for position, step in enumerate(job.steps) if step.role is Role.KCT]
    if reached(job, reading):
        return _already(job, past, sections, history)
    if reading.krn >= job.target_krn:
        return Stop(
            Verdict.BLOCKED,
            "unexpected_krn",
            f"04 shows {reading.text}, which no token of this list leads to; no token was entered",
        )
    for position in resolved:
        past[position] = _Taken(past[position].enters, past[position].at_unix_ms)
    if (doubtful := doubtful_of(past)) is not None:
        return Stop(
            Verdict.IN_DOUBT,
            DOUBT_REMAINS,
            f"token {doubtful + 1} got its Enter before and its answer is not known; 04 shows {reading.text}. "
            "A person must decide (--override)",
        )
    if history.refusals >= refusals_max:
        return Stop(
            Verdict.BLOCKED,
            "refusal_budget",
            f"this meter has refused {history.refusals} tokens and locks at the next; get new tokens, then --override",
        )
    for position, known in past.items():
        if known.answer in REFUSALS:
            return Stop(
                Verdict.BLOCKED,
                "refused_before",
                f"this meter has answered {known.answer} to token {position + 1}; a token gets one try. Get new tokens, then --override",
            )
    return _sections(job, past, sections, now_unix_ms, section_timeout_ms)


def _already(
    job: Job,
    past: dict[int, KnownToken],
    sections: list[int],
    history: History,
) -> Stop:
    entered = any(position in past and past[position].answer not in REFUSALS for position in sections)
    if entered and _below(history.krn_before, job):
        return Stop(
            Verdict.PASS_VERIFIED,
            "",
            "04 shows the new key revision; its tokens were entered in an earlier attempt that broke off",
        )
    if job.old_base and not _below(history.lowest_krn, job):
        return Stop(
            Verdict.BLOCKED,
            "old_base",
            "04 shows the new key revision, but the list has VKRN 42, and such a meter shows it before the upgrade too. "
            "Nothing was typed, and tokens entered by hand do not change what 04 can tell here. Have AP2T looked at",
        )
    return Stop(
        Verdict.ALREADY_DONE,
        "",
        "04 shows the new key revision; no key of a token was pressed in this attempt",
    )


def _below(krn: int | None, job: Job) -> bool:
    """Whether 04 has shown a key revision that the tokens of the job lead away from."""
    return krn is not None and krn < job.target_krn


def past_of_job(job: Job, history: History, fingerprint: Callable[[str], str]) -> dict[int, KnownToken]:
    """What the journal knows of the tokens of a job, by position."""
    return {
        position: known
        for position, step in enumerate(job.steps)
        if (known := history.tokens.get(fingerprint(step.digits))) is not None
    }


def doubtful_of(past: Mapping[int, KnownToken]) -> int | None:
    """Position of the first token that got its Enter and whose answer is not known."""
    for position, known in past.items():
        if known.answer in (None, Answer.UNREADABLE):
            return position
    return None


def _sections(
    job: Job,
    past: dict[int, KnownToken],
    sections: list[int],
    now_unix_ms: int,
    section_timeout_ms: int | None,
) -> Stop | Go:
    held = [position for position, known in past.items() if known.answer in TAKEN]
    held_sections = [position for position in held if position in sections]
    if held_sections:
        if len(held_sections) == len(sections):
            return Stop(
                Verdict.IN_DOUBT,
                "key_not_changed",
                "every token was taken before and 04 still shows the old key revision. A person must look",
            )
        if section_timeout_ms is not None:
            # Each section has its own age: one may be forgotten while another, entered later, still counts.
            ages_ms = {position: now_unix_ms - past[position].at_unix_ms for position in held_sections}
            gone = {at for at, age_ms in ages_ms.items() if age_ms > section_timeout_ms + SECTION_MARGIN_MS}
            held = [position for position in held if position not in gone]
            if any(
                age_ms > section_timeout_ms - SECTION_MARGIN_MS
                for position, age_ms in ages_ms.items()
                if position not in gone
            ):
                return Stop(
                    Verdict.HALF,
                    "section_deadline",
                    "the meter may or may not have forgotten the sections it held; wait two minutes, then start again",
                )
    positions = tuple(
        position
        for position, step in enumerate(job.steps)
        if position not in held and step.role is not Role.NEW_CREDIT
    )
    return Go(positions, tuple(held))
