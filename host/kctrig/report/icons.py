"""One small drawing for each state, so that no report depends on colour or on a font. 16 by 16, in the colour of the text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

_LINE = 'fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"'
_CUT = 'fill="none" stroke="#fff" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"'
_DISC = '<circle cx="8" cy="8" r="7" fill="currentColor"/>'
_RING = f'<circle cx="8" cy="8" r="6.2" {_LINE}/>'

_DRAWINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PASS_VERIFIED": f'{_DISC}<path d="M4.8 8.3l2.2 2.2 4.3-4.6" {_CUT}/>',
        "ALREADY_DONE": f'{_RING}<path d="M5.2 8.2l2 2 3.7-4" {_LINE}/>',
        "ENTERED": f'{_RING}<path d="M8 4.8v5.6M5.6 8.2L8 10.6l2.4-2.4" {_LINE}/>',
        "HALF": f'{_RING}<path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z" fill="currentColor"/>',
        "IN_DOUBT": '<path d="M8 .6L15.4 8 8 15.4.6 8z" fill="currentColor"/>'
        f'<path d="M6.3 6.5a1.8 1.8 0 1 1 2.6 1.7c-.7.4-.9.7-.9 1.3M8 11.6v.1" {_CUT}/>',
        "REJECTED": f'{_DISC}<path d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2" {_CUT}/>',
        "LOCKED_OUT": '<rect x="2.6" y="7" width="10.8" height="7.6" rx="1.4" fill="currentColor"/>'
        f'<path d="M5 7V4.6a3 3 0 0 1 6 0V7" {_LINE}/>',
        "BLOCKED": f'{_DISC}<path d="M4.4 8h7.2" {_CUT}/>',
        "INFRA_ERROR": f'<path d="M8 1.6l6.8 12.2H1.2z" {_LINE}/><path d="M8 6.2v3.6M8 11.8v.1" {_LINE}/>',
        "READY": _RING,
        "RUNNING": f'{_RING}<path d="M6.6 5.4l4 2.6-4 2.6z" fill="currentColor"/>',
    }
)


def name(state: str) -> str:
    """The id of a state's symbol; one that is not known looks like one that was not begun."""
    return f"s-{state if state in _DRAWINGS else 'READY'}"


def symbols(states: Iterable[str]) -> str:
    """The symbols of these states, for the head of a drawing."""
    known = sorted({state if state in _DRAWINGS else "READY" for state in states})
    return "".join(
        f'<symbol id="{name(state)}" viewBox="0 0 16 16">{_DRAWINGS[state]}</symbol>' for state in known
    )
