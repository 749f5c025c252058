"""`sim:BRAND?state=FILE&laws=FILE&log=FILE&vm=micropython|cpython&seed=N&meter=DRN&board=KEYPAD&jig=on&unkind=on&fault=NAME`: which rig to emulate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl

from kctrig.link.errors import KctrigError
from kctrig.sim.hardware.faults import TABLE as CHAIN_FAULTS
from kctrig.sim.hardware.faults import is_chain_fault
from kctrig.sim.hardware.faults import parse as parse_chain_faults
from kctrig.sim.unkind import Manners
from kctrig.sim.unkind import parse as parse_manners

SCHEME = "sim:"
BRANDS = (
    "cannet",
    "fujidharma",
    "hexing",
    "itron",
    "itron_ace9000",
    "melcoinda",
    "sanxing",
    "smart",
    "star",
)
GENERIC = "generic"  # every law of it can be set from a file; it has no profile of its own
_BRAND_LIST = f"{', '.join(BRANDS)} or {GENERIC}"
OPTIONS = ("state", "laws", "log", "vm", "seed", "meter", "board", "jig", "unkind", "fault")
# Which board file is behind which keypad (firmware/ports/esp32/boards).
BOARDS = {"uart": "emulated_meter", "matrix": "bench_matrix", "direct": "sealed_fingers"}
DRN_DIGITS = 11

Vm = Literal["micropython", "cpython"]


class SimUrlError(KctrigError):
    """The URL of an emulated rig cannot be used; nothing was started."""

    effect = "nothing"


@dataclass(frozen=True, slots=True)
class SimUrl:
    """A parsed `sim:` URL.

    Attributes:
        brand: one of BRANDS, or GENERIC.
        state: JSON file of the meter (or of a list of meters), read and written back; None for a new meter.
        log: file the truth log is appended to; None for one that goes away with the rig.
        vm: what runs the firmware; None for MicroPython, or CPython where it is missing.
        seed: of everything random in the emulated meter.
        meter: number of the meter in a list, or of the new meter.
        faults: names of faults the meter is to have.
        board: keypad of the emulated ESP32 board, one of BOARDS; None for the rig firmware without a board.
        chain_faults: names of faults between the board's chip and the meter's keypad.
        jig: the loop-back jig is plugged in, and no keypad.
        unkind: the board's chip and its lines have an ESP32's bad manners.
        laws: what a lab found to be otherwise than the brand: parameters of `metersim.brands` by name.
    """

    brand: str
    state: Path | None = None
    log: Path | None = None
    vm: Vm | None = None
    seed: int = 0
    meter: str | None = None
    faults: tuple[str, ...] = ()
    laws: Mapping[str, object] | None = None
    board: str | None = None
    chain_faults: tuple[str, ...] = ()
    jig: bool = False
    unkind: Manners | None = None


def is_sim(url: str) -> bool:
    """Whether a rig URL names an emulated rig."""
    return url.startswith(SCHEME)


def parse(url: str) -> SimUrl:
    """Parse a `sim:` URL and check that the files it names can be used.

    Raises:
        SimUrlError: one line that says what is wrong and what to write instead.
    """
    if not is_sim(url):
        raise SimUrlError(f"{url}: an emulated rig is written sim:BRAND, BRAND one of {_BRAND_LIST}")
    brand, _, query = url.removeprefix(SCHEME).partition("?")
    if brand not in BRANDS and brand != GENERIC:
        raise SimUrlError(f"unknown brand {brand!r} in {url}: write sim:BRAND, BRAND one of {_BRAND_LIST}")
    given: dict[str, str] = {}
    faults: list[str] = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in OPTIONS:
            raise SimUrlError(f"unknown option {name!r} in {url}: known are {', '.join(OPTIONS)}")
        if not value:
            raise SimUrlError(f"option {name} in {url} has no value: write {name}=VALUE")
        if name == "fault":
            faults.append(value)
        elif name in given:
            raise SimUrlError(f"option {name} stands twice in {url}: write it once")
        else:
            given[name] = value
    leftover = [part for part in query.split("&") if part and "=" not in part]
    if leftover:
        raise SimUrlError(f"option {leftover[0]!r} in {url} has no value: write {leftover[0]}=VALUE")
    meter = given.get("meter")
    if meter is not None and not (len(meter) == DRN_DIGITS and meter.isascii() and meter.isdigit()):
        raise SimUrlError(
            f"meter={meter} in {url}: a meter number has {DRN_DIGITS} digits, leading zeros included"
        )
    state = Path(given["state"]) if "state" in given else None
    if state is not None:
        check_state_file(state, brand, meter)
    else:
        _check_new_meter(url, brand, meter)
    laws = None
    if "laws" in given:
        if state is not None:
            raise SimUrlError(
                f'laws= and state= in {url}: a state file holds the laws of its meter itself, as "laws"; write them there'
            )
        laws = read_laws(Path(given["laws"]), brand)
    board = _board(url, given)
    chain_faults = tuple(fault for fault in faults if is_chain_fault(fault))
    faults = [fault for fault in faults if not is_chain_fault(fault)]
    _check_faults(url, faults, board)
    _check_chain_faults(url, board, chain_faults)
    log = Path(given["log"]) if "log" in given else None
    if log is not None and not log.absolute().parent.is_dir():
        raise SimUrlError(f"log={log}: folder {log.absolute().parent} does not exist; make it first")
    return SimUrl(
        brand,
        state,
        log,
        _vm(url, given.get("vm")),
        _seed(url, given.get("seed")),
        meter,
        tuple(faults),
        laws,
        board,
        chain_faults,
        given.get("jig") == "on",
        _unkind(url, given, board),
    )


def check_state_file(path: Path, brand: str, meter: str | None) -> None:
    """Refuse a state file that does not hold the meter asked for.

    Raises:
        SimUrlError: missing file, no JSON, a list without `meter=`, no such meter, a meter of another brand.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SimUrlError(
            f"state={path}: {error.strerror or error}; name a file that exists, or leave state= out for a new meter"
        ) from error
    try:
        state = json.loads(text)
    except ValueError as error:
        raise SimUrlError(f"state={path}: no JSON ({error}); restore the file from where it came") from error
    if not isinstance(state, Mapping):
        raise SimUrlError(f'state={path}: must hold one meter, or {{"meters": [...]}}')
    if "meters" in state:
        numbers = [str(one.get("drn")) for one in state["meters"]]
        if meter is None:
            raise SimUrlError(
                f"state={path} holds {len(numbers)} meters: add &meter=NUMBER, one of {', '.join(numbers)}"
            )
        if meter not in numbers:
            raise SimUrlError(f"meter={meter} is not in {path}, which holds {', '.join(numbers)}")
        state = state["meters"][numbers.index(meter)]
    elif meter is not None and state.get("drn") != meter:
        raise SimUrlError(f"meter={meter} is not in {path}, which holds {state.get('drn')}")
    check_laws(f"state={path}", brand, state.get("laws"))
    if "drn" not in state:
        raise SimUrlError(f'state={path}: no meter in it (no "drn")')
    if state.get("profile", brand) != brand:
        raise SimUrlError(
            f"meter {state['drn']} in {path} is of brand {state['profile']}: write sim:{state['profile']}?…"
        )


def read_laws(path: Path, brand: str) -> Mapping[str, object]:
    """The parameters in a JSON file, proven to fit the brand.

    Raises:
        SimUrlError: missing file, no JSON object, or a parameter that the emulated meter does not know or bear.
    """
    try:
        laws: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SimUrlError(
            f"laws={path}: {error.strerror or error}; name a JSON file of parameters that exists"
        ) from error
    except ValueError as error:
        raise SimUrlError(f"laws={path}: no JSON ({error}); see docs/emulated-meter.md") from error
    check_laws(f"laws={path}", brand, laws)
    assert isinstance(laws, dict)
    return laws


def check_laws(where: str, brand: str, laws: object) -> None:
    """Refuse parameters that the emulated meter would not take; None is none. Raises SimUrlError."""
    from metersim import brands

    if laws is None:
        return
    if not isinstance(laws, dict):
        raise SimUrlError(
            f'{where}: laws must be an object of parameters, as {{"cells": 16, "accepted": "OK"}}'
        )
    try:
        brands.load(brand, laws)
    except ValueError as error:
        raise SimUrlError(f"{where}: {error}; the parameters are in docs/emulated-meter.md") from error


def _check_new_meter(url: str, brand: str, meter: str | None) -> None:
    from metersim import defaults

    try:
        defaults.default_state(brand, meter)
    except ValueError as error:
        raise SimUrlError(f"{url}: {error}") from error


def _unkind(url: str, given: Mapping[str, str], board: str | None) -> Manners | None:
    if "unkind" not in given:
        return None
    if board is None:
        raise SimUrlError(
            f"unkind= in {url} needs a chip to be unkind: add board=uart, board=matrix or board=direct"
        )
    return parse_manners(given["unkind"])


def _check_faults(url: str, names: list[str], board: str | None) -> None:
    from metersim.faults import Faults

    try:
        Faults(names)
    except ValueError as error:
        others = "" if board is None else f"; of a board: {', '.join(CHAIN_FAULTS)}"
        raise SimUrlError(f"{url}: {error}{others}") from error


def _board(url: str, given: Mapping[str, str]) -> str | None:
    board = given.get("board")
    if board is not None and board not in BOARDS:
        raise SimUrlError(f"board={board} in {url}: write one of {', '.join(BOARDS)}")
    if board is not None and given.get("vm") == "cpython":
        raise SimUrlError(f"board= in {url} runs the firmware of the board: leave vm=cpython out")
    jig = given.get("jig")
    if jig is not None and (jig not in ("on", "off") or board not in ("matrix", "direct")):
        raise SimUrlError(f"jig={jig} in {url}: write jig=on, on board=matrix or board=direct")
    return board


def _check_chain_faults(url: str, board: str | None, names: Sequence[str]) -> None:
    if names and board in (None, "uart"):
        raise SimUrlError(f"fault={names[0]} in {url} is one of a board's: add board=matrix or board=direct")
    try:
        parse_chain_faults(names)
    except ValueError as error:
        raise SimUrlError(f"{url}: {error}") from error


def _vm(url: str, text: str | None) -> Vm | None:
    if text is None:
        return None
    if text == "micropython":
        return "micropython"
    if text == "cpython":
        return "cpython"
    raise SimUrlError(f"vm={text} in {url}: write vm=micropython or vm=cpython")


def _seed(url: str, text: str | None) -> int:
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise SimUrlError(f"seed={text} in {url}: write a whole number from 0 to 999999999")
    return int(text)
