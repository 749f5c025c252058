"""The meter behind its port: frames in and out, refresh, deadlines, wrapping ticks, the running process."""

from __future__ import annotations

import binascii
import json
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from metersim import loop
from metersim.app import MeterApp
from rigwire import messages as m
from rigwire.frames import KIND_EVENT, KIND_REQUEST, Decoder, encode
from rigwire.ticks import PERIOD
from tests.meter import mint
from tests.meter.typist import Typist


def contacts(mask: int, kind: int = KIND_EVENT) -> bytes:
    """A CONTACTS frame."""
    return encode(kind, 0, 0, m.CONTACTS, m.pack_request(m.CONTACTS, mask), binascii.crc32)


def frames(data: bytes) -> list[tuple[int, int]]:
    """(sequence number, message) of every frame in these bytes."""
    return [(frame.seq, frame.msg) for frame in Decoder(binascii.crc32).feed(data)]


def test_the_glass_is_sent_at_once_every_half_second_and_at_every_change() -> None:
    app = MeterApp("hexing", mint.meter(), binascii.crc32, 0)
    assert frames(app.take_output()) == [(0, m.GLASS)]
    assert app.next_deadline_ms(0) == m.GLASS_REFRESH_MS
    app.poll(499)
    assert app.take_output() == b""
    app.poll(500)
    assert frames(app.take_output()) == [(1, m.GLASS)]
    app.receive(contacts(2), 600)
    app.poll(640)
    assert frames(app.take_output()) == [(2, m.GLASS)]


def test_asking_for_the_glass_gets_it() -> None:
    app = MeterApp("hexing", mint.meter(), binascii.crc32, 0)
    app.take_output()
    app.receive(encode(KIND_EVENT, 0, 0, m.ASK_GLASS, b"", binascii.crc32), 10)
    assert frames(app.take_output()) == [(1, m.GLASS)]


def test_frames_of_another_kind_short_frames_and_noise_are_passed_over() -> None:
    app = MeterApp("hexing", mint.meter(), binascii.crc32, 0)
    app.receive(contacts(2, KIND_REQUEST), 0)
    app.receive(encode(KIND_EVENT, 0, 0, m.CONTACTS, b"\x02", binascii.crc32), 0)
    app.receive(encode(KIND_EVENT, 0, 0, 0x7F, b"", binascii.crc32), 0)
    app.receive(os.urandom(300) + b"\x00", 0)
    app.poll(400)
    assert [row for row in app.take_truth() if row["event"] == "key"] == []


def test_a_resent_state_of_the_contacts_is_one_press() -> None:
    app = MeterApp("hexing", mint.meter(), binascii.crc32, 0)
    for now_ms in range(0, 1000, 100):
        app.receive(contacts(1 << 7), now_ms)
    app.poll(1000)
    assert [row["key"] for row in app.take_truth() if row["event"] == "key"] == ["7"]


def test_the_state_comes_before_the_answer_on_the_glass() -> None:
    typist = Typist("hexing", mint.meter())
    typist.type(mint.credit())
    typist.contacts("#")
    saved_at = None
    for _ in range(100):
        typist.now_ms += 10
        typist.app.receive(contacts(1 << 11), typist.now_ms)
        state = typist.app.take_state()
        output = typist.app.take_output()
        if state is not None:
            saved_at = typist.now_ms
            assert state["credit_tenths"] == 139
            assert output, "the answer's first image comes with the state, not before it"
            break
    assert saved_at is not None


def test_typing_works_over_the_wrap_of_the_tick() -> None:
    typist = Typist("hexing", mint.meter(), start_ms=PERIOD - 1500)
    assert typist.enter(mint.credit())["result"] == "Accept"
    times = [row["t_ms"] for row in typist.truth]
    assert times == sorted(times)
    assert times[-1] < 20000


def test_a_meter_that_is_looked_at_rarely_is_the_same_meter() -> None:
    logs = []
    for step_ms in (1, 10, 170):
        app = MeterApp("sanxing", mint.meter("sanxing"), binascii.crc32, 0, ("locked:30",))
        app.receive(contacts(0), 1)
        edges = {}
        for at, key in enumerate(mint.credit() + "#"):
            edges[340 * at + 340] = 1 << m.KEYS.index(key)
            edges[340 * at + 510] = 0
        log = []
        for now_ms in range(0, 40000, 1):
            if now_ms in edges:
                app.receive(contacts(edges[now_ms]), now_ms)
            if now_ms % step_ms == 0:
                app.poll(now_ms)
            log += app.take_truth()
        logs.append(log)
    assert logs[0] == logs[1] == logs[2]


def test_the_log_has_the_lines_that_judges_read() -> None:
    typist = Typist("hexing", mint.meter())
    first, _ = mint.key_change()
    typist.enter(first)
    (token,) = [row for row in typist.truth if row["event"] == "token"]
    assert {key: token[key] for key in ("event", "digits", "result", "krn", "kt")} == {
        "event": "token",
        "digits": first,
        "result": "1stKCT",
        "krn": 1,
        "kt": 2,
    }
    typist.enter("04")
    (code,) = [row for row in typist.truth if row["event"] == "code"]
    assert code["digits"] == "04"
    assert all(isinstance(row["t_ms"], int) for row in typist.truth)


class ClosedError(Exception):
    """The rig has closed its end."""


class SocketLine:
    """One end of a socket pair as a meter port."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end

    def fileno(self) -> int:
        return self._end.fileno()

    def readinto(self, buf: bytearray) -> int | None:
        try:
            count = self._end.recv_into(buf)
        except BlockingIOError:
            return None
        if count == 0:
            raise ClosedError
        return count

    def write(self, data: bytes) -> int:
        return self._end.send(data)


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; it must come within ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_the_running_meter_saves_its_state_and_writes_its_log(tmp_path: Path) -> None:
    rig, port = socket.socketpair()
    path, log = tmp_path / "meter.json", tmp_path / "truth.jsonl"
    path.write_text(json.dumps(mint.meter("generic", laws={"token_ms": 1, "enter": "auto", "scan_ms": 1})))
    ended: list[Exception] = []

    def be_a_meter() -> None:
        try:
            loop.run(SocketLine(port), "generic", str(path), None, str(log))
        except ClosedError as closed:
            ended.append(closed)

    thread = threading.Thread(target=be_a_meter)
    thread.start()
    with rig, port:
        rig.settimeout(10)
        images = Decoder(binascii.crc32)
        image = images.feed(rig.recv(4096))[-1].payload

        for number, digit in enumerate(mint.credit(), 1):
            rig.sendall(contacts(1 << m.KEYS.index(digit)))
            shown = image
            while image == shown:
                for frame in images.feed(rig.recv(4096)):
                    image = frame.payload
            rig.sendall(contacts(0))
            until(lambda wanted=number: log.read_text().count('"up"') == wanted)  # type: ignore[misc]
        until(lambda: '"token"' in log.read_text())
        assert json.loads(path.read_text())["credit_tenths"] == 139
        rig.shutdown(socket.SHUT_RDWR)
        thread.join(10)
    assert len(ended) == 1
    events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert events[:2] == ["power", "display"]
    assert "token" in events


@pytest.mark.parametrize(
    ("brand", "state", "complaint"),
    [
        ("acme", {}, "no brand acme"),
        ("star", {"ea": 9}, "EA 9"),
        ("star", {"laws": {"x": 1}}, "no parameter x"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_sent(
    tmp_path: Path, brand: str, state: dict[str, object], complaint: str
) -> None:
    path = tmp_path / "meter.json"
    path.write_text(json.dumps({**mint.meter("star"), **state}))
    with pytest.raises(ValueError, match=complaint):
        loop.run(None, brand, str(path), None, None)
