"""Whether the wires around the key channels are those that the safety of the build rests on.

The metadata names every net of the SELV side, and the rules here say what must be on some of them whatever the metadata
says: the chain of KEY_ENABLE, the sense of the emergency stop, grounds, the logic's own supply, clamp diodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from wiring.drawing import Drawing, Pin

_GROUNDS = ("GND", "GND1")
_LOGIC_SUPPLIES = ("VDD", "VCC", "VCC1")
_CLAMPS = "COM"
_FIRST_WITHOUT_PULL = (
    34  # IO34 to IO39 are inputs without a pull (ESP32 data sheet, facts/micropython.md 6, point 14)
)
_ALWAYS = ("METER_TX", "METER_RX", "REPL_PIN")
_SWITCHED_ONLY = ("KEY_ENABLE", "I2C_SCL", "I2C_SDA", "ESTOP_SENSE", "LIGHT")


def _text(pins: Iterable[Pin]) -> str:
    return ", ".join(sorted(":".join(pin) for pin in pins))


def _pins(pairs: Iterable[Iterable[object]]) -> list[Pin]:
    return [(str(part), str(pin)) for part, pin in pairs]


def expander_of(build: Drawing) -> str:
    """The part that the channels hang on."""
    return next(part for part, pins in build.labels.items() if "GPA0" in pins)


def _rig_pin(build: Drawing, board: Mapping[str, Any], name: str) -> Pin:
    return build.facts["rig"], f"IO{board[name]}"


def _on_one_net(build: Drawing, what: str, pins: Iterable[Pin]) -> Iterator[str]:
    first, *others = pins
    net = build.reach(first, {})
    for pin in others:
        if pin not in net:
            yield f"{what}: {':'.join(pin)} is not joined with {':'.join(first)}"


def check_nets(build: Drawing, board: Mapping[str, Any]) -> Iterator[str]:
    """Each net of the metadata holds its pins and no other, and each pin that the firmware uses has its net."""
    nets = {str(name): _pins(pins) for name, pins in build.facts.get("nets", {}).items()}
    for name, pins in nets.items():
        found = build.reach(pins[0], {})
        if missing := set(pins) - found:
            yield f"net {name}: {_text(missing)} is not joined with {':'.join(pins[0])}"
        if extra := found - set(pins):
            yield f"net {name}: {_text(extra)} is joined with it and should not be"
    names = _ALWAYS if board["KEYPAD"] == "uart" else _ALWAYS + _SWITCHED_ONLY
    for name in names:
        if _rig_pin(build, board, name) not in nets.get(name, []):
            yield f"the metadata names no net {name} with {_text([_rig_pin(build, board, name)])} on it"


def check_feeds(build: Drawing) -> Iterator[str]:
    """Grounds of the SELV side are one net; what its chips run on is the rig's 3.3 V, and nothing that S1 switches."""
    rig = build.facts["rig"]
    ground = build.reach((rig, "GND"), {})
    logic = build.reach((rig, "3V3"), {})
    if ground & logic:
        yield "ground and 3.3 V of the rig are joined"
    for part, pins in build.labels.items():
        for pin in pins:
            if build.side_of((part, pin)) != "selv":
                continue
            if pin in _GROUNDS and (part, pin) not in ground:
                yield f"{part}:{pin} is not joined with the ground of {rig}"
            if pin in _LOGIC_SUPPLIES and (part, pin) not in logic:
                yield f"{part}:{pin} is not joined with the 3.3 V of {rig}"


def check_key_enable(build: Drawing, board: Mapping[str, Any]) -> Iterator[str]:
    """KEY_ENABLE goes to reset of the expander, trigger of the one-shot and a resistor to ground; the bus to the expander."""
    if board["KEYPAD"] == "uart":
        return
    expander, one_shot = expander_of(build), build.facts["supply"]["one_shot"]
    enable = _rig_pin(build, board, "KEY_ENABLE")
    yield from _on_one_net(build, "KEY_ENABLE", [enable, (expander, "RESET"), (one_shot, "TRIG")])
    for name in ("SCL", "SDA"):
        yield from _on_one_net(
            build, f"I2C_{name}", [_rig_pin(build, board, f"I2C_{name}"), (expander, name)]
        )
    if (expander, "GND") not in _still_there(build, (expander, "RESET")):
        yield f"KEY_ENABLE: no resistor that is soldered on {expander} pulls its RESET to its GND"


def check_stop(build: Drawing, board: Mapping[str, Any]) -> Iterator[str]:
    """The stop is sensed behind itself and before the one-shot, and nothing but load lies behind it."""
    if board["KEYPAD"] == "uart":
        return
    supply, sense = build.facts["supply"], (build.facts["sense"], "IN")
    start: Pin = (supply["from"][0], str(supply["from"][1]))
    stop, one_shot, switches = supply["stop"], supply["one_shot"], supply["switches"]
    closed = build.reach(start, {part: pairs for part, pairs in switches.items() if part != one_shot})
    pressed = build.reach(start, {part: pairs for part, pairs in switches.items() if part != stop})
    if sense not in closed:
        yield f"{':'.join(sense)} does not see the supply while {stop} is closed"
    if sense in pressed:
        yield f"{':'.join(sense)} sees the supply although {stop} is open; it must be taken behind {stop}"
    yield from _on_one_net(
        build, "ESTOP_SENSE", [_rig_pin(build, board, "ESTOP_SENSE"), (build.facts["sense"], "OUT")]
    )
    behind = build.reach(start, switches) - pressed
    used = {(part, str(pin)) for part, pairs in switches.items() for pair in pairs for pin in pair}
    loads = {pin for load in _pins(supply["to"]) for pin in build.reach(load, {})}
    for part, pin in sorted(behind - used - loads - {sense}):
        yield f"{part}:{pin} hangs on what {stop} switches; only {':'.join(sense)}, {one_shot} and the loads may"


def check_clamps(build: Drawing, board: Mapping[str, Any]) -> Iterator[str]:
    """Coils are clamped: the driver's diodes end at the supply of the coils."""
    driver = build.facts.get("driver")
    if board["KEYPAD"] == "direct":
        load = _pins(build.facts["supply"]["to"])[0]
        yield from _on_one_net(build, "clamp diodes", [load, (str(driver), _CLAMPS)])
    elif driver is not None and _CLAMPS in build.labels[driver]:
        yield f"{driver} has clamp diodes and the build no coils"


def _still_there(build: Drawing, start: Pin) -> set[Pin]:
    """What a pin is joined with, over resistors too, when every wire that can come off is off."""
    soldered = set(build.facts.get("soldered", ()))
    rest = tuple(wire for wire in build.wires if wire.cable in soldered)
    pulls = {part: [pair] for part, pair in build.facts.get("pulls", {}).items()}
    return replace(build, wires=rest).reach(start, pulls)


def check_pulls(build: Drawing, board: Mapping[str, Any]) -> Iterator[str]:
    """An input without a pull of its own has a resistor on the chip's pins: no wire that comes off lets it float."""
    for part, pins in build.labels.items():
        if "3V3" not in pins:
            continue  # no ESP32 board
        for pin, label in pins.items():
            if not (pin.startswith("IO") and int(pin[2:]) >= _FIRST_WITHOUT_PULL):
                continue
            wanted = "GND" if label == "ESTOP_SENSE" else "3V3"
            found = _still_there(build, (part, pin))
            if (part, wanted) not in found:
                yield f"{part}:{pin} ({label}) floats when a wire is off; solder a resistor from it to {wanted}"
            if {(part, "GND"), (part, "3V3")} <= found:
                yield f"{part}:{pin} ({label}) is pulled both ways"


def check_all(build: Drawing, board: Mapping[str, Any]) -> Iterator[str]:
    """Every rule of this file."""
    yield from check_nets(build, board)
    yield from check_feeds(build)
    yield from check_key_enable(build, board)
    yield from check_stop(build, board)
    yield from check_clamps(build, board)
    yield from check_pulls(build, board)
