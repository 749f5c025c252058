"""One attempt out of its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kctrig.display.screen import read_image
from kctrig.records import points
from kctrig.records.points import Event
from kctrig.report.masking import masked
from kctrig.report.record import AttemptLine, Glass, TokenLine

BROKEN_OFF = "broken_off"
"""The code of an attempt without a verdict."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an attempt ended, as `kctrig status` sees it."""

    number: int
    state: str
    reason: str
    broken_off: bool


def attempt_of(own: Sequence[Event], standing: Standing) -> AttemptLine:
    """The line of an attempt from its events, oldest first; the first is its claim."""
    claim, last = own[0], own[-1]
    verdict: Mapping[str, object] = last.body if last.point == points.VERDICT else {}
    probe = _last(own, points.PROBE)
    verify = _last(own, points.VERIFY)
    before = _glass(probe) if probe else None
    after = _glass(verify) if verify else before if standing.state == "ALREADY_DONE" else None
    seconds = verdict.get("seconds")
    keys = verdict.get("keys_pressed")
    return AttemptLine(
        number=standing.number,
        shift=_int(claim.body, "shift"),
        first_event=claim.seq,
        last_event=last.seq,
        hash=last.hash,
        began_unix_ms=claim.at_unix_ms,
        ended_unix_ms=last.at_unix_ms,
        operator=text_of(claim.body, "operator"),
        bench=text_of(claim.body, "bench"),
        rig=text_of(claim.body, "rig").partition("?")[0],
        firmware=text_of(claim.body, "firmware"),
        profile=text_of(claim.body, "profile"),
        state=standing.state,
        code=BROKEN_OFF if standing.broken_off else text_of(verdict, "code"),
        reason=masked(standing.reason),
        broken_off=standing.broken_off,
        before=before,
        said=_said(own),
        after=after,
        tokens=_tokens(own),
        retypes=sum(event.point == points.RETYPE for event in own),
        doubts=_doubts(own, verdict),
        seconds=float(seconds)
        if isinstance(seconds, int | float)
        else max(0, last.at_unix_ms - claim.at_unix_ms) / 1000,
        keys_pressed=keys if isinstance(keys, int) else None,
        enters=sum(event.point == points.ENTER_INTENT for event in own),
        weak=verdict.get("weak_evidence") is True,
        tamper=bool(probe and probe.body.get("tamper")),
    )


def text_of(body: Mapping[str, object], key: str) -> str:
    """A text of an event, tokens masked; empty where there is none."""
    value = body.get(key)
    return masked(value) if isinstance(value, str) else ""


def _int(body: Mapping[str, object], key: str) -> int:
    value = body.get(key)
    return value if isinstance(value, int) else 0


def _int_or_none(body: Mapping[str, object], key: str) -> int | None:
    value = body.get(key)
    return value if isinstance(value, int) else None


def _last(own: Sequence[Event], point: str) -> Event | None:
    return next((event for event in reversed(own) if event.point == point), None)


def _image(text: object) -> bytes:
    try:
        return bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        return b""


def _glass(event: Event) -> Glass:
    body = event.body
    return Glass(
        image=_image(body.get("image")),
        text=text_of(body, "shown").strip(),
        krn=_int_or_none(body, "krn"),
        kt=_int_or_none(body, "kt"),
        at_unix_ms=event.at_unix_ms,
    )


def _said(own: Sequence[Event]) -> Glass | None:
    """The glass with the last answer, unless the token was taken: then the looks before and after say enough."""
    answer = _last(own, points.ANSWER)
    if answer is None or answer.body.get("answer") in points.TAKEN:
        return None
    frames = answer.body.get("frames")
    images = [_image(frame[1]) for frame in frames if _is_frame(frame)] if isinstance(frames, list) else []
    lit = [image for image in images if _is_lit(image)]
    return Glass(lit[-1] if lit else b"", text_of(answer.body, "shown").strip(), at_unix_ms=answer.at_unix_ms)


def _is_frame(frame: object) -> bool:
    return isinstance(frame, list) and len(frame) == 2


def _is_lit(image: bytes) -> bool:
    try:
        return not read_image(image).blank
    except (ValueError, KeyError):
        return False


def _tokens(own: Sequence[Event]) -> tuple[TokenLine, ...]:
    """Every token of the claim that was begun, in the order of the list."""
    lines: dict[int, TokenLine] = {}
    for event in own:
        position = event.body.get("position")
        if not isinstance(position, int):
            continue
        fresh = TokenLine(position + 1, text_of(event.body, "digits"), "", "", "", False, 0, False, 0)
        line = lines.get(position, fresh)
        lines[position] = _with(line, event)
    return tuple(line for _, line in sorted(lines.items()))


def _with(line: TokenLine, event: Event) -> TokenLine:
    body = event.body
    if event.point == points.INTENT:
        return replace(line, role=text_of(body, "role"), digits=text_of(body, "digits"))
    if event.point == points.TYPED:
        return replace(line, tries=_int(body, "tries"))
    if event.point == points.ENTER_INTENT:
        return replace(line, entered=True)
    if event.point == points.ANSWER:
        return replace(
            line,
            role=text_of(body, "role") or line.role,
            answer=text_of(body, "answer"),
            shown=text_of(body, "shown").strip(),
            by_look=body.get("by_look") is True,
            keypad_ms=_int(body, "keypad_ms") or line.keypad_ms,
        )
    return line


def _doubts(own: Sequence[Event], verdict: Mapping[str, object]) -> tuple[str, ...]:
    """What was unclear, in the words of the rig: of the verdict, or of the journal where there is none."""
    said = verdict.get("doubts")
    if isinstance(said, list):
        return tuple(masked(str(doubt)) for doubt in said)
    return tuple(
        text_of(event.body, "what")
        for event in own
        if event.point == points.DOUBT and "match" not in event.body
    )
