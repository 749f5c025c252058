"""MicroPython side of heap.py: the emulated meter's heap after import, after start, and after a whole upgrade.

Steps are called one by one from outside, because the WebAssembly build of MicroPython, the only one here with 32-bit
words, collects garbage only between calls (heap32.mjs).
"""

import binascii
import gc as collector
import json
import os  # noqa: F401 - this and the next are in a board's firmware image or loaded anyway: not the meter's
import select  # noqa: F401
import struct
import time  # noqa: F401

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

gc: "Any" = collector  # MicroPython's has mem_alloc
gc.collect()

# The default meter of the brand with the largest glass, and tokens for it: 50 kWh, then KRN 2 with rollover
BRAND = "hexing"
ENTRIES = ("04", "75", "61041775512131532308", "65277168349440569722", "16997700646709094145", "04", "65")
# Its state, as the file says it
STATE = (
    '{"drn": "14320701262", "profile": "hexing", "ea": 7, "krn": 1, "kt": 2, "ti": "01", "sgc": "123456", '
    '"decoder_key_hex": "98399e139446402e", "tid_memory": {"fill": 13148640, "depth": 50}}'
)
STEPS = ("modules", "after_start", "after_an_upgrade")
_PRESS_MS = 120

_held: "list[Any]" = []
_seen = {"most": 0}


def step(name: str) -> None:
    """Do one step."""
    if name == "modules":
        from metersim import loop

        _held.append(loop)
    elif name == "after_start":
        from metersim.app import MeterApp

        _held.append(MeterApp(BRAND, json.loads(STATE), binascii.crc32, 0))
    else:
        _upgrade(_held[1])


def _upgrade(app: "Any") -> None:
    """Type everything on the contacts. Raises RuntimeError when the meter is not on KRN 2 afterwards."""
    from rigwire.frames import KIND_EVENT, encode
    from rigwire.meterport import CONTACTS, KEYS

    now_ms = 0
    state = {}  # type: dict[str, Any]
    for entry in ENTRIES:
        for key in entry + "#":
            for mask in (1 << KEYS.index(key), 0):
                app.receive(
                    encode(KIND_EVENT, 0, 0, CONTACTS, struct.pack("<H", mask), binascii.crc32), now_ms
                )
                now_ms += _PRESS_MS
                app.poll(now_ms)
                _edge(app, state)
        now_ms += 1000
        app.poll(now_ms)
        _edge(app, state)
    if state.get("krn") != 2 or not state.get("credit_tenths"):
        raise RuntimeError("the upgrade did not come off: %r" % state)


def _edge(app: "Any", state: "dict[str, Any]") -> None:
    """What the loop does with the app after every turn, without a file."""
    saved = app.take_state()
    if saved is not None:
        state.update(json.loads(json.dumps(saved)))
    app.take_truth()
    app.take_output()
    gc.collect()
    _seen["most"] = max(_seen["most"], gc.mem_alloc())


def main() -> None:
    """Measure in this VM and print one line of JSON."""
    gc.collect()
    before = gc.mem_alloc()
    figures = {}
    for name in STEPS:
        step(name)
        gc.collect()
        figures[name] = gc.mem_alloc() - before
    figures["most_on_the_way"] = _seen["most"] - before
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
