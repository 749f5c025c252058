"""The drawn glasses of a page: each different one once, by reference wherever it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kctrig.display import draw
from kctrig.display.screen import read_image
from kctrig.report.record import Glass, Report


@dataclass(frozen=True, slots=True)
class Drawn:
    """A symbol of the page."""

    name: str
    width: int
    height: int
    said: str


class Glasses:
    """All glasses that a report shows; an image that is none is left out and its text stands alone."""

    def __init__(self, report: Report) -> None:
        self._drawn: dict[bytes, Drawn] = {}
        self._symbols: list[str] = []
        for glass in _shown(report):
            if glass.image and glass.image not in self._drawn:
                self._draw(glass.image)

    @property
    def symbols(self) -> str:
        """SVG `symbol` elements of all of them."""
        return "".join(self._symbols)

    def __len__(self) -> int:
        return len(self._drawn)

    def of(self, glass: Glass | None) -> Drawn | None:
        """The symbol of a glass; None where there is no image of it."""
        return self._drawn.get(glass.image) if glass else None

    def _draw(self, image: bytes) -> None:
        try:
            picture = draw.picture(read_image(image))
        except (ValueError, KeyError):
            return
        drawn = Drawn(f"g{len(self._drawn) + 1}", picture.width, picture.height, picture.said)
        self._drawn[image] = drawn
        self._symbols.append(
            f'<symbol id="{drawn.name}" viewBox="0 0 {drawn.width} {drawn.height}">{picture.elements}</symbol>'
        )


def _shown(report: Report) -> Iterable[Glass]:
    for meter in report.meters:
        for glass in (meter.last.before, meter.last.said, meter.last.after):
            if glass is not None:
                yield glass
