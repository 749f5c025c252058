"""A person at the emulated meter's keypad, in virtual time: closes contacts, waits, looks at glass and truth log.

Runs under CPython and MicroPython, so that the same sequences are typed on both.
"""

import binascii

from metersim.app import MeterApp
from rigwire import messages as m
from rigwire.frames import KIND_EVENT, Decoder, encode
from rigwire.ticks import add

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Json = dict[str, Any]


class Typist:
    """One meter of a brand, and hands.

    Attributes:
        truth: all rows of the meter's truth log.
        image: the last glass image, `images` all of them with their moment when asked for.
        state: the state as it was last saved.
    """

    def __init__(
        self,
        brand: str,
        state: "Json",
        faults: "tuple[str, ...]" = (),
        seed: int = 0,
        start_ms: int = 1000,
        keep_images: bool = False,
    ) -> None:
        self.keep_images = keep_images
        self.now_ms = start_ms
        self.press_ms = 120
        self.gap_ms = 120
        self.app = MeterApp(brand, state, binascii.crc32, start_ms, faults, seed)
        self.truth: "list[Json]" = []
        self.image = b""
        self.images: "list[tuple[int, bytes]]" = []
        self.state = state
        self.saves = 0
        self._mask = 0
        self._decoder = Decoder(binascii.crc32)
        self._collect()

    def wait(self, ms: int) -> None:
        """Let time pass; the rig keeps telling the meter port which contacts are closed."""
        left = ms
        while left > 0:
            step = max(1, min(left, m.CONTACTS_REFRESH_MS, self.app.next_deadline_ms(self.now_ms)))
            self.now_ms = add(self.now_ms, step)
            left -= step
            if self._mask:
                self._send_contacts()
            else:
                self.app.poll(self.now_ms)
            self._collect()

    def contacts(self, keys: str) -> None:
        """Exactly these keys are down from now on."""
        self._mask = 0
        for key in keys:
            self._mask |= 1 << m.KEYS.index(key)
        self._send_contacts()

    def press(self, key: str, ms: int = -1) -> None:
        """One key, down and up."""
        self.contacts(key)
        self.wait(self.press_ms if ms < 0 else ms)
        self.contacts("")
        self.wait(self.gap_ms)

    def type(self, keys: str) -> None:
        """Keys one after the other."""
        for key in keys:
            self.press(key)

    def enter(self, digits: str, wait_ms: int = 1500) -> "Json":
        """Type digits and Enter; returns the truth row of the token or code that came of it, {} for none."""
        before = len(self.truth)
        self.type(digits + "#")
        self.wait(wait_ms)
        rows = [row for row in self.truth[before:] if row["event"] in ("token", "code")]
        return rows[-1] if rows else {}

    def rest(self) -> None:
        """Wait until no answer is shown any more."""
        self.wait(20000)

    def text(self) -> str:
        """The main line as the meter means it now."""
        return self.texts()[-1]

    def texts(self) -> "list[str]":
        """Every main line there was, in order."""
        return [row["text"] for row in self.truth if row["event"] == "display"]

    def counter(self) -> str:
        """The counter as the meter means it now."""
        counters: "list[str]" = [row["counter"] for row in self.truth if row["event"] == "display"]
        return counters[-1]

    def results(self) -> "list[str]":
        """The results of all tokens."""
        return [row["result"] for row in self.truth if row["event"] == "token"]

    def keys_seen(self) -> str:
        """The keys that the scanner took."""
        return "".join([row["key"] for row in self.key_rows() if row["edge"] == "down" and row["seen"]])

    def key_rows(self) -> "list[Json]":
        """All contact edges of the truth log."""
        return [row for row in self.truth if row["event"] == "key"]

    @property
    def bad_frames(self) -> int:
        """Frames of the meter that did not arrive whole."""
        return self._decoder.bad_crc + self._decoder.bad_frame

    def _send_contacts(self) -> None:
        payload = m.pack_request(m.CONTACTS, self._mask)
        self.app.receive(encode(KIND_EVENT, 0, 0, m.CONTACTS, payload, binascii.crc32), self.now_ms)
        self._collect()

    def _collect(self) -> None:
        state = self.app.take_state()
        if state is not None:
            self.state = state
            self.saves += 1
        self.truth += self.app.take_truth()
        for frame in self._decoder.feed(self.app.take_output()):
            self.image = frame.payload
            if self.keep_images:
                self.images.append((self.now_ms, frame.payload))


def run_sequence(sequence: "Json", state: "Json", brand: str) -> "list[str]":
    """Type one entry sequence on a meter; returns a list of complaints, empty when all went as expected.

    A step has `enter` and `expect`, and optionally the registers afterwards; `wait_s` lets time pass before it.
    """
    typist = Typist(brand, state)
    complaints = []
    for number, step in enumerate(sequence["steps"]):
        typist.wait(step.get("wait_s", 0) * 1000)
        row = typist.enter(step["enter"])
        where = "%s step %d" % (sequence["id"], number + 1)
        if row.get("digits") != step["enter"]:
            complaints.append("%s: the meter did not get the digits" % where)
            continue
        if row["result"] != step["expect"]:
            complaints.append("%s: %s, expected %s" % (where, row["result"], step["expect"]))
        for name in ("krn", "kt", "credit_tenths"):
            if name in step and row[name] != step[name]:
                complaints.append("%s: %s is %s, expected %s" % (where, name, row[name], step[name]))
        if step.get("tid_memory") == "all zero" and typist.state["tid_memory"] != {"fill": 0, "depth": 50}:
            complaints.append("%s: the identifier memory is not all zero" % where)
        typist.rest()
    return complaints
