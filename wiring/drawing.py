"""A WireViz source as parts, wires and nets, with what its `metadata: kctrig` says of sides, barriers and switches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wireviz.wireviz import parse

FOLDER = Path(__file__).resolve().parent
BUILDS = ("emulated_meter", "bench_matrix", "sealed_fingers")

Pin = tuple[str, str]  # designator of the part, name of the pin


class DrawingError(ValueError):
    """The source cannot be read as a drawing of a build; the text says what to mend."""


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire of a cable, from pin to pin."""

    cable: str
    first: Pin
    second: Pin


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a build's source says.

    Attributes:
        name: of the source, without `.yml`.
        labels: pin name to label, by part.
        wires: every wire.
        facts: the `kctrig` part of the metadata: board, rig, sides, barriers, paths, supply, keypad.
        harness: WireViz's own object, for drawing.
    """

    name: str
    labels: Mapping[str, Mapping[str, str]]
    wires: tuple[Wire, ...]
    facts: Mapping[str, Any]
    harness: Any

    def sides_of(self, part: str) -> dict[str, set[str]]:
        """Side to the pins of `part` on it; a part that is no barrier has one side."""
        barrier = self.facts.get("barriers", {}).get(part)
        if barrier is not None:
            return {side: {str(pin) for pin in pins} for side, pins in barrier.items()}
        return {side: set(self.labels[part]) for side, parts in self.facts["sides"].items() if part in parts}

    def side_of(self, pin: Pin) -> str | None:
        """The side of one pin; None when the source does not say, or says two."""
        sides = [side for side, pins in self.sides_of(pin[0]).items() if pin[1] in pins]
        return sides[0] if len(sides) == 1 else None

    def reach(self, start: Pin, through: Mapping[str, Iterable[Iterable[object]]]) -> set[Pin]:
        """Every pin that `start` is connected with by wires and, inside parts, by the groups of pins in `through`."""
        links: dict[Pin, set[Pin]] = {}
        groups = [{(part, str(pin)) for pin in group} for part, each in through.items() for group in each]
        for group in [*({wire.first, wire.second} for wire in self.wires), *groups]:
            for pin in group:
                links.setdefault(pin, set()).update(group)
        seen = {start}
        new = [start]
        while new:
            for pin in links.get(new.pop(), set()) - seen:
                seen.add(pin)
                new.append(pin)
        return seen


def read(path: Path) -> Drawing:
    """Read a source.

    Raises:
        DrawingError: WireViz cannot read it, or its metadata says nothing of kctrig.
    """
    try:
        harness = parse(path, return_types="harness", image_paths=[])
    except Exception as error:  # WireViz raises bare Exception, YAML its own kinds
        raise DrawingError(f"{path.name}: {error}") from error
    facts = harness.metadata.get("kctrig")
    if not isinstance(facts, dict) or not isinstance(facts.get("sides"), dict):
        raise DrawingError(f"{path.name}: metadata has no kctrig part with sides; copy it from another build")
    labels = {
        name: {
            str(pin): str(part.pinlabels[at]) if at < len(part.pinlabels) else ""
            for at, pin in enumerate(part.pins)
        }
        for name, part in harness.connectors.items()
    }
    wires = tuple(
        Wire(cable.name, (each.from_name, str(each.from_pin)), (each.to_name, str(each.to_pin)))
        for cable in harness.cables.values()
        for each in cable.connections
    )
    return Drawing(path.stem, labels, wires, facts, harness)
