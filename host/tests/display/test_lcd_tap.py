"""An emulated meter's glass behind an LCD driver: tapped on the bus, it is the glass of the meter port."""

from __future__ import annotations

from kctrig import profiles
from kctrig.display.lcd_trace import capture, segmap
from kctrig.display.lcd_trace.trace import Trace
from kctrig.display.readings import read_krn
from kctrig.display.screen import Screen
from rigwire import glass
from tests.display.lcd_bus import BusWriter, as_edges
from tests.display.test_emulated_meter import Bench
from tests.display.test_lcd_trace import memory_of

SEGMENTS = segmap.built_in("example_ht1621")


def as_image(screen: Screen) -> bytes:
    """The image again, as a bus can tell it: no backlight, no blink."""
    main = bytes(cell.mask | (0x80 if cell.point else 0) for cell in screen.cells)
    return glass.pack_glass(
        screen.kind, bytes(cell.mask for cell in screen.counter_cells), main, 0, screen.icons
    )


def test_the_tapped_bus_shows_what_the_meter_port_shows() -> None:
    profile = profiles.load("sanxing")
    bench = Bench(profile)
    seen: list[tuple[int, Screen]] = []
    for key in ("0", "4", profile.enter_key):
        bench.press(key)
    seen += [(bench.now_ms, screen) for screen in bench.wait(4000)]
    assert seen

    writer = BusWriter()
    writer.command("0001-1000", "0010-1001", "0000-0001", "0000-0011")
    images = []
    for _, screen in seen:
        images.append(as_image(screen))
        writer.write(0, memory_of(SEGMENTS, images[-1]))
        writer.rest(300)
    found = list(Trace(SEGMENTS.chip).readings(capture.read([as_edges(writer.rows)]), SEGMENTS))

    changes = [image for at, image in enumerate(images) if at == 0 or image != images[at - 1]]
    assert [one.image for one in found] == changes
    told = [read_krn(one.screen, profile.krn_patterns) for one in found]
    assert {one.krn for one in told if one is not None} == {1}
