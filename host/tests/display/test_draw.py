from __future__ import annotations

from xml.etree import ElementTree

import pytest
from kctrig.display.draw import caption, svg, text_lines
from kctrig.display.screen import read_image
from rigwire import glass
from tests.display.glasses import image


def test_seven_segments_are_drawn_as_they_are_lit() -> None:
    assert text_lines(read_image(image(glass.SEVEN_SEGMENT, "2.5", 2))) == [
        "┌──────────┐",
        "│  _    _  │",
        "│  _|  |_  │",
        "│ |_ .  _| │",
        "└──────────┘",
    ]


@pytest.mark.parametrize("kind", [glass.SEVEN_SEGMENT, glass.FOURTEEN_SEGMENT, glass.DOT_MATRIX])
def test_the_frame_holds_every_row(kind: int) -> None:
    lines = text_lines(read_image(image(kind, "KRN2 KT2", 12, "  ")))
    assert len({len(line) for line in lines}) == 1


def test_counter_and_icons_stand_below() -> None:
    screen = read_image(image(glass.SEVEN_SEGMENT, "1234", 8, " 4", icons=glass.ICON_LOCK))
    assert text_lines(screen)[-1] == caption(screen) == "counter 4, lock"


@pytest.mark.parametrize(
    ("kind", "tag", "lit"),
    [(glass.SEVEN_SEGMENT, "path", 5), (glass.FOURTEEN_SEGMENT, "path", 6), (glass.DOT_MATRIX, "rect", 14)],
)
def test_the_svg_lights_as_many_segments_as_the_glass(kind: int, tag: str, lit: int) -> None:
    tree = ElementTree.fromstring(svg(read_image(image(kind, "2", 4))))
    dark_ink = [
        node
        for node in tree.iter(f"{{http://www.w3.org/2000/svg}}{tag}")
        if "#1c2a1c" in (node.get("stroke"), node.get("fill"))
    ]
    assert len(dark_ink) == lit


def test_the_svg_says_its_text() -> None:
    tree = ElementTree.fromstring(svg(read_image(image(glass.SEVEN_SEGMENT, "2-2", 8, "  "))))
    assert tree.get("aria-label") == "2-2"
