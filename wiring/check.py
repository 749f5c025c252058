"""Whether a build's drawing, its generated files and its board file say the same, and whether the drawing is safe.

python -m wiring.check      every build; exit code 1 and one line for each thing that is wrong
"""

from __future__ import annotations

import hashlib
import json
import runpy
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rigfw import boardcheck
from rigwire.messages import KEYS

from wiring import drawing, nets
from wiring.drawing import BUILDS, FOLDER, Drawing

BOARDS = FOLDER.parent / "firmware" / "ports" / "esp32" / "boards"
GENERATED = (".gv", ".bom.tsv", ".svg", ".png")
MANIFEST = "generated.json"
# Pins of a board file that stand in the drawing under the same name; the second host line only where it is used.
PIN_NAMES = (
    "METER_TX",
    "METER_RX",
    "REPL_PIN",
    "LIGHT",
    "ESTOP_SENSE",
    "KEY_ENABLE",
    "I2C_SCL",
    "I2C_SDA",
)
HOST_PIN_NAMES = ("HOST_TX", "HOST_RX")
_OPEN = " (open)"  # a pin that the firmware has and this build leaves unconnected


def read_board(name: str) -> dict[str, Any]:
    """The constants of a board file."""
    return {key: value for key, value in runpy.run_path(str(BOARDS / f"{name}.py")).items() if key.isupper()}


def check_sides(build: Drawing) -> Iterator[str]:
    """Nothing crosses from the SELV side to the meter's side except inside a part marked as barrier."""
    for part, pins in build.labels.items():
        for pin in pins:
            if build.side_of((part, pin)) is None:
                yield f"{part}:{pin} stands on no side or on two; name it in sides or barriers"
    cables: dict[str, set[str]] = {}
    for wire in build.wires:
        first, second = build.side_of(wire.first), build.side_of(wire.second)
        if first != second:
            ends = f"{':'.join(wire.first)} ({first}) and {':'.join(wire.second)} ({second})"
            yield f"{wire.cable} joins {ends}; only a part marked as barrier may stand between them"
        cables.setdefault(wire.cable, set()).update(side for side in (first, second) if side)
    for cable, sides in cables.items():
        if len(sides) > 1:
            yield f"{cable} has wires of both sides in one cable; use two cables"


def check_pins(build: Drawing, board: Mapping[str, Any]) -> Iterator[str]:
    """The rig's pins in the drawing are those of the board file, each under the same name, and pins that may be used."""
    try:
        boardcheck.check(SimpleNamespace(**board))
    except boardcheck.BoardError as error:
        yield str(error)
    names = [name for name in PIN_NAMES if board.get(name, -1) >= 0]
    names += [name for name in HOST_PIN_NAMES if board["HOST_UART"] != board["USB"]]
    wanted = {f"IO{board[name]}": name for name in names}
    rig = build.facts["rig"]
    drawn = {
        pin: label.removesuffix(_OPEN) for pin, label in build.labels[rig].items() if pin.startswith("IO")
    }
    for pin in sorted({*wanted, *drawn}):
        if wanted.get(pin) != drawn.get(pin):
            said = f"{pin} is {wanted.get(pin, 'unused')} in the board file and {drawn.get(pin, 'unused')}"
            yield f"{said} in the drawing; change one of them"
    wired = {pin for wire in build.wires for part, pin in (wire.first, wire.second) if part == rig}
    for pin, label in build.labels[rig].items():
        if pin.startswith("IO") and (pin in wired) == label.endswith(_OPEN):
            yield f"{pin} ({label}): a pin without a wire is written '{_OPEN.strip()}', one with a wire is not"


def check_keys(build: Drawing, board: Mapping[str, Any]) -> Iterator[str]:
    """Every expander bit reaches the contact of the key that the firmware means by it."""
    keypad = build.facts.get("keypad")
    if keypad is None:
        if board["KEYPAD"] != "uart":
            yield f"the board types through {board['KEYPAD']}, the drawing has no keypad"
        return
    if board["KEYPAD"] == "matrix":
        columns = ["".join(row[at] for row in board["KEY_ROWS"]) for at in range(3)]
        wanted = dict(zip(board["ROW_BITS"], board["KEY_ROWS"], strict=True))
        wanted |= dict(zip(board["COLUMN_BITS"], columns, strict=True))
    else:
        wanted = dict(zip(board["OUTPUT_BITS"], KEYS, strict=True))
    expander = nets.expander_of(build)
    paths = build.facts.get("paths", {})
    for bit, keys in wanted.items():
        pin = _port_pin(bit)
        reached = [at for part, at in build.reach((expander, pin), paths) if part == keypad]
        found = [build.labels[keypad][at].replace(" ", "") for at in reached]
        if found != [keys]:
            yield f"expander {pin} reaches keypad {found or 'nothing'}, the firmware means {keys!r} by it"
    jig = build.facts["jig"]
    for at, bit in enumerate(board["JIG_BITS"], 1):
        if (jig, str(at)) not in build.reach((expander, _port_pin(bit)), {}):
            yield f"expander {_port_pin(bit)} does not reach {jig}:{at}, where the jig test expects it"


def _port_pin(bit: int) -> str:
    return f"GP{'AB'[bit // 8]}{bit % 8}"


def check_supply(build: Drawing, board: Mapping[str, Any]) -> Iterator[str]:
    """What presses keys is supplied through the emergency stop and the one-shot, and through each of them only."""
    supply = build.facts.get("supply")
    if supply is None:
        if board["KEYPAD"] != "uart":
            yield "the drawing does not say what supplies the key channels (metadata: supply)"
        return
    start = (supply["from"][0], str(supply["from"][1]))
    loads = [(part, str(pin)) for part, pin in supply["to"]]
    switches = supply["switches"]
    for load in loads:
        if load not in build.reach(start, switches):
            yield f"{':'.join(load)} is not supplied from {':'.join(start)} with every switch closed"
        for out in switches:
            others = {part: pairs for part, pairs in switches.items() if part != out}
            if load in build.reach(start, others):
                yield f"{':'.join(load)} has supply although {out} is open; it must pass through {out}"
    if supply["one_shot"] not in switches:
        yield f"the one-shot {supply['one_shot']} is not among the switches of the supply"
    notes = str(build.harness.connectors[supply["one_shot"]].notes)
    if f"ONE_SHOT_MS of the board file: {board['ONE_SHOT_MS']}" not in notes:
        yield f"{supply['one_shot']}: its notes do not say ONE_SHOT_MS of the board file ({board['ONE_SHOT_MS']})"


def check_generated(build: Drawing, folder: Path = FOLDER) -> Iterator[str]:
    """The committed drawing and parts list were made from this source, by this WireViz, and not touched since."""
    from wiring.build import parts_list

    fresh = {".gv": build.harness.graph.source, ".bom.tsv": parts_list(build)}
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for suffix in GENERATED:
        path = folder / f"{build.name}{suffix}"
        if not path.is_file():
            yield f"{path.name} is missing; run python -m wiring.build"
            continue
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != manifest.get(path.name):
            yield f"{path.name} was changed by hand or not built; run python -m wiring.build"
        if suffix in fresh and content != fresh[suffix].encode():
            yield f"{path.name} does not fit {build.name}.yml; run python -m wiring.build"


def check_build(name: str) -> list[str]:
    """Everything that is wrong with a build, one line each."""
    build = drawing.read(FOLDER / f"{name}.yml")
    board = read_board(str(build.facts["board"]))
    problems = [*check_sides(build), *check_pins(build, board), *check_keys(build, board)]
    problems += [*check_supply(build, board), *nets.check_all(build, board), *check_generated(build)]
    return [f"{name}: {problem}" for problem in problems]


def main() -> int:
    """Check every build."""
    problems = [problem for name in BUILDS for problem in check_build(name)]
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
