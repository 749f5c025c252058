"""A glass drawn for people: a few lines of text for a terminal, and a small SVG for reports."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from rigwire import glass

from kctrig.display.screen import Cell, Screen

# End points of the segments a..g and A..N in a cell of 20 x 36; the point sits at the lower right.
_SEVEN_LINES = (
    ((4, 2), (16, 2)), ((17, 3), (17, 17)), ((17, 19), (17, 33)), ((4, 34), (16, 34)),
    ((3, 19), (3, 33)), ((3, 3), (3, 17)), ((4, 18), (16, 18)),
)  # fmt: skip
_FOURTEEN_LINES = _SEVEN_LINES[:6] + (
    ((4, 18), (9, 18)), ((11, 18), (16, 18)), ((5, 5), (9, 15)), ((10, 4), (10, 16)),
    ((15, 5), (11, 15)), ((9, 21), (5, 31)), ((10, 20), (10, 32)), ((11, 21), (15, 31)),
)  # fmt: skip
_CELL_HEIGHT, _PITCH = 36, 26
_COUNTER_SCALE = 0.5
_LIT, _UNLIT, _BACK = "#1c2a1c", "#b9c7a5", "#c6d4b0"
_HALF_BLOCKS = " ▀▄█"


def text_lines(screen: Screen) -> list[str]:
    """The glass in a frame, drawn with the segments that are lit; the counter and icons below it."""
    drawn = [_text_cell(cell, screen.kind) for cell in screen.cells]
    rows = [" ".join(parts).rstrip() for parts in zip(*drawn, strict=True)]
    width = max([len(row) for row in rows] + [1])
    lines = ["┌" + "─" * (width + 2) + "┐"]
    lines += [f"│ {row.ljust(width)} │" for row in rows]
    lines.append("└" + "─" * (width + 2) + "┘")
    below = caption(screen)
    return [*lines, below] if below else lines


def caption(screen: Screen) -> str:
    """Counter and icons in words; empty when there is nothing to say."""
    parts = []
    if screen.low_contrast:
        parts.append("low contrast, not read")
    elif not screen.counter_readable:
        parts.append("counter unreadable")
    elif screen.counter is not None:
        parts.append(f"counter {screen.counter}")
    parts += screen.icon_names
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn glass: SVG elements without their frame, for a page that draws the same glass many times.

    Attributes:
        width, height: of the drawing, in its own units.
        said: the glass in words.
        elements: the drawing.
    """

    width: int
    height: int
    said: str
    elements: str


def picture(screen: Screen) -> Picture:
    """The glass with lit and unlit segments."""
    width = _PITCH * len(screen.cells) + 20
    counter_height = int(_CELL_HEIGHT * _COUNTER_SCALE) + 6 if screen.counter_cells else 0
    height = _CELL_HEIGHT + counter_height + 20
    parts = [f'<rect width="{width}" height="{height}" rx="6" fill="{_BACK}"/>']
    for index, cell in enumerate(screen.counter_cells):
        place = f"translate({10 + index * _PITCH * _COUNTER_SCALE:g} 10) scale({_COUNTER_SCALE})"
        parts.append(_svg_cell(cell, glass.SEVEN_SEGMENT, place))
    parts += [
        _svg_cell(cell, screen.kind, f"translate({13 + index * _PITCH} {10 + counter_height})")
        for index, cell in enumerate(screen.cells)
    ]
    said = ", ".join(part for part in (screen.text.strip(), caption(screen)) if part)
    return Picture(width, height, said, "".join(parts))


def svg(screen: Screen) -> str:
    """The glass as an SVG picture, to stand by itself or inside a page."""
    drawn = picture(screen)
    width, height, said = drawn.width, drawn.height, escape(drawn.said, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{said}"><title>{said}</title>{drawn.elements}</svg>'
    )


def _text_cell(cell: Cell, kind: int) -> list[str]:
    if kind == glass.SEVEN_SEGMENT:
        a, b, c, d, e, f, g = (bool(cell.mask >> bit & 1) for bit in range(7))
        return [
            f" {'_' if a else ' '}  ",
            f"{'|' if f else ' '}{'_' if g else ' '}{'|' if b else ' '} ",
            f"{'|' if e else ' '}{'_' if d else ' '}{'|' if c else ' '}{'.' if cell.point else ' '}",
        ]
    if kind == glass.DOT_MATRIX:
        columns = cell.mask.to_bytes(5, "little")
        return ["".join(_HALF_BLOCKS[column >> row & 3] for column in columns) for row in (0, 2, 4, 6)]
    return _fourteen_text(cell)


def _fourteen_text(cell: Cell) -> list[str]:
    def lit(bit: int, drawn: str) -> str:
        return drawn if cell.mask >> bit & 1 else " " * len(drawn)

    return [
        f" {lit(0, '───')}  ",
        f"{lit(5, '│')}{lit(8, '╲')}{lit(9, '│')}{lit(10, '╱')}{lit(1, '│')} ",
        f" {lit(6, '─')} {lit(7, '─')}  ",
        f"{lit(4, '│')}{lit(11, '╱')}{lit(12, '│')}{lit(13, '╲')}{lit(2, '│')} ",
        f" {lit(3, '───')} {'.' if cell.point else ' '}",
    ]


def _svg_cell(cell: Cell, kind: int, place: str) -> str:
    if kind == glass.DOT_MATRIX:
        columns = cell.mask.to_bytes(5, "little")
        dots = "".join(
            f'<rect x="{column * 4}" y="{row * 4.5:g}" width="3.4" height="3.9" '
            f'fill="{_LIT if bits >> row & 1 else _UNLIT}"/>'
            for column, bits in enumerate(columns)
            for row in range(8)
        )
        return f'<g transform="{place}">{dots}</g>'
    lines = _SEVEN_LINES if kind == glass.SEVEN_SEGMENT else _FOURTEEN_LINES
    drawn = "".join(
        f'<path d="M{x1} {y1}L{x2} {y2}" stroke="{_LIT if cell.mask >> bit & 1 else _UNLIT}"/>'
        for bit, ((x1, y1), (x2, y2)) in enumerate(lines)
    )
    point = f'<circle cx="21" cy="34" r="1.6" fill="{_LIT if cell.point else _UNLIT}"/>'
    return f'<g transform="{place}" fill="none" stroke-width="2.6" stroke-linecap="round">{drawn}{point}</g>'
