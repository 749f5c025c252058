"""Seconds per meter, brand by brand, as a drawing: a mark a meter, or bars where there are too many for marks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import ceil, floor, log10
from statistics import median

from kctrig.lang.formats import Formats
from kctrig.report import icons, words
from kctrig.report.record import MeterLine
from kctrig.report.summary import ORDER

WIDTH = 720
_LEFT, _RIGHT = 150, 100
_PLOT = WIDTH - _LEFT - _RIGHT
_ROW, _MARK, _STACK = 27, 10.5, 2
_AXIS, _LEGEND_ROW = 28, 19
_TICKS = 6
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1c2126}.t-good{color:#17713a}.t-warn{color:#9a5400}.t-bad{color:#b3261e}"
    ".t-doubt{color:#6b37b0}.t-plain{color:#59636e}"
)

Words = Callable[[str], str]


def chart(meters: Sequence[MeterLine], formats: Formats, gettext: Words, *, standalone: bool = False) -> str:
    """The drawing; `standalone` makes it a file of its own, else it takes colours and symbols from its page."""
    by_brand: defaultdict[str, list[MeterLine]] = defaultdict(list)
    for meter in meters:
        by_brand[meter.profile].append(meter)
    states = [state for state in ORDER if any(meter.state == state for meter in meters)]
    longest = max((meter.seconds for meter in meters), default=1.0)
    step = _step(longest)
    most = max(step, step * ceil(longest / step))
    legend, top = _legend(states, gettext)
    rows = len(by_brand)
    title = gettext("Seconds per meter")
    parts = [_head(top + rows * _ROW + _AXIS, title, states, standalone), *legend]
    parts += _grid(top, rows, step, most, formats, gettext)
    for row, (profile, own) in enumerate(sorted(by_brand.items())):
        parts += _brand(top + (row + 1) * _ROW - 5, profile, own, most, formats, gettext)
    return "".join(parts) + "</svg>"


def _head(height: int, title: str, states: Sequence[str], standalone: bool) -> str:
    own = ""
    if standalone:
        own = (
            f'<style>{_STYLE}</style><defs>{icons.symbols(states)}</defs><rect width="{WIDTH}" height="{height}" '
            'fill="#fff"/>'
        )
    size = f'width="{WIDTH}" height="{height}" ' if standalone else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {height}" {size}role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>{own}'
    )


def _legend(states: Sequence[str], gettext: Words) -> tuple[list[str], int]:
    """Its marks and words in as many lines as they need, and where the plot begins below them."""
    parts = []
    x, y = float(_LEFT), 2
    for state in states:
        said = gettext(words.STATES.get(state, state))
        width = 15 + 6.8 * len(said) + 18
        if x + width > WIDTH and x > _LEFT:
            x, y = float(_LEFT), y + _LEGEND_ROW
        parts.append(_mark(state, x, y))
        parts.append(f'<text x="{x + 15:g}" y="{y + 10}">{escape(said)}</text>')
        x += width
    return parts, y + _LEGEND_ROW + 4


def _grid(top: int, rows: int, step: float, most: float, formats: Formats, gettext: Words) -> Iterator[str]:
    bottom = top + rows * _ROW
    places = max(0, -floor(log10(step)))
    for number in range(round(most / step) + 1):
        x = _LEFT + _PLOT * number * step / most
        yield (
            f'<path d="M{x:.1f} {top - 2}V{bottom + 4}" stroke="currentColor" stroke-opacity=".14" fill="none"/>'
            f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle" opacity=".75">'
            f"{formats.decimal(number * step, places)}</text>"
        )
    said = escape(gettext("median, s"))
    yield f'<text x="{WIDTH - _RIGHT + 14}" y="{bottom + 18}" opacity=".75">{said}</text>'


def _brand(
    base: int, profile: str, own: Sequence[MeterLine], most: float, formats: Formats, gettext: Words
) -> Iterator[str]:
    """One brand's line: its name, its median and its meters; `base` is the line's foot."""
    middle = median(meter.seconds for meter in own)
    x = _LEFT + _PLOT * middle / most
    yield (
        f'<path d="M{_LEFT} {base + 3}H{WIDTH - _RIGHT}" stroke="currentColor" stroke-opacity=".22" fill="none"/>'
        f'<text x="{_LEFT - 14}" y="{base - 1}" text-anchor="end">{escape(words.brand(profile))}</text>'
        f'<text x="{WIDTH - _RIGHT + 14}" y="{base - 1}">{formats.decimal(middle, 1)}</text>'
    )
    if len(own) > 1:
        yield (
            f'<path d="M{x:.1f} {base - 19}V{base + 3}" stroke="currentColor" stroke-width="1.4" '
            f'stroke-dasharray="2 2" stroke-opacity=".6" fill="none"/>'
        )
    bins: defaultdict[int, list[MeterLine]] = defaultdict(list)
    for meter in own:
        bins[floor(_PLOT * meter.seconds / most / (_MARK + 1))].append(meter)
    if max(map(len, bins.values())) <= _STACK:
        yield from _marks(bins, base, most, formats, gettext)
    else:
        yield from _bars(bins, base, gettext)


def _marks(
    bins: dict[int, list[MeterLine]], base: float, most: float, formats: Formats, gettext: Words
) -> Iterator[str]:
    for _, own in sorted(bins.items()):
        for level, meter in enumerate(own):
            said = f"{meter.meter_no}: {gettext(words.STATES.get(meter.state, meter.state))}, "
            said += formats.duration(meter.seconds, 1)
            x = round(_LEFT + _PLOT * meter.seconds / most - _MARK / 2, 1)
            yield _mark(meter.state, x, base - _MARK + 1 - level * _MARK, said)


def _bars(bins: dict[int, list[MeterLine]], base: float, gettext: Words) -> Iterator[str]:
    most = max(map(len, bins.values()))
    for place, own in sorted(bins.items()):
        y = base + 3.0
        for state, count in sorted(Counter(meter.state for meter in own).items(), key=_in_order):
            height = max(1.0, 20 * count / most)
            y -= height
            said = f"{count} × {gettext(words.STATES.get(state, state))}"
            yield (
                f'<rect class="t-{words.tone(state)}" x="{_LEFT + place * (_MARK + 1) + 0.5:g}" y="{y:.1f}" width="{_MARK}" '
                f'height="{height:.1f}" fill="currentColor"><title>{escape(said)}</title></rect>'
            )


def _in_order(item: tuple[str, int]) -> int:
    return ORDER.index(item[0]) if item[0] in ORDER else len(ORDER)


def _mark(state: str, x: float, y: float, said: str = "") -> str:
    title = f"<title>{escape(said)}</title>" if said else ""
    return (
        f'<svg class="t-{words.tone(state)}" x="{x:g}" y="{y:g}" width="{_MARK}" height="{_MARK}">'
        f'{title}<use href="#{icons.name(state)}"/></svg>'
    )


def _step(most: float) -> float:
    """1, 2 or 5 times a power of ten, so that about six of them cover the longest time."""
    rough = max(most, 0.1) / _TICKS
    power: float = 10.0 ** floor(log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
