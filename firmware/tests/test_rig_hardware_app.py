"""The rig with outputs of its own, from the host's request to the contact: what is refused, what ends a job, what is told."""

import struct
import zlib

import pytest
from kctrig.link.selftest import decode
from rigfw.app import RigApp
from rigwire import frames, glass
from rigwire import messages as m
from tests.keypad_bench import Bench

BOTH = pytest.mark.parametrize("name", ["bench_matrix", "sealed_fingers"])
TOKEN = b"12345678901234567890"
IMAGE = glass.pack_glass(glass.SEVEN_SEGMENT, b"", bytes(8))


class Rig:
    """A rig on the register fake, its host and its meter; a millisecond at a time."""

    def __init__(self, name: str, meter: bool = True) -> None:
        self.bench = Bench(name)
        self.light: list[int] = []
        self.app = RigApp(
            zlib.crc32,
            lambda: 7,
            0xB007,
            "rig under test",
            0,
            keypad=self.bench.keypad,
            selftest=self.bench.selftest,
            light=self.light.append,
        )
        self.meter = meter
        self.seq = -1
        self.session = 0
        self.events: list[tuple[int, bytes]] = []
        self.answers: list[frames.Frame] = []
        self.decoder = frames.Decoder(zlib.crc32)
        self.hello = m.unpack_answer(m.HELLO, self.ask(m.HELLO, m.pack_request(m.HELLO, 1, 1, 9)))
        self.ask(m.SUBSCRIBE, bytes([m.MASK_ALL]))
        self.events.clear()

    def ask(self, msg: int, payload: bytes = b"") -> bytes:
        """The answer, status byte first."""
        self.seq += 1
        wire = frames.encode(frames.KIND_REQUEST, self.seq & 255, self.session, msg, payload, zlib.crc32)
        self.app.receive_host(wire, self.bench.now_ms)
        self.collect()
        answer = self.answers.pop()
        assert answer.msg == msg
        self.session = answer.session
        return answer.payload

    def collect(self) -> None:
        for frame in self.decoder.feed(self.app.take_host()):
            if frame.kind == frames.KIND_RESPONSE:
                self.answers.append(frame)
            elif frame.msg == m.EVENT:
                _, _, kind, data = m.unpack_request(m.EVENT, frame.payload)
                self.events.append((kind, data))

    def show_glass(self) -> None:
        wire = frames.encode(frames.KIND_EVENT, 0, 0, m.GLASS, IMAGE, zlib.crc32)
        self.app.receive_meter(wire, self.bench.now_ms)

    def run(self, ms: int) -> None:
        for _ in range(ms):
            now_ms = self.bench.now_ms
            if self.meter and now_ms % m.GLASS_REFRESH_MS == 0:
                self.show_glass()
            self.app.poll(now_ms)
            self.collect()
            assert self.app.take_meter().find(bytes([m.CONTACTS])) < 0
            if now_ms % m.PING_AFTER_MS == 0:
                self.ask(m.PING, bytes(4))
            self.bench.hardware.now_ms += 1

    def keys(
        self, keys: bytes, job_id: int = 1, press_ms: int = 45, gap_ms: int = 45, flags: int = 0
    ) -> bytes:
        return self.ask(m.RUN_KEYS, m.pack_request(m.RUN_KEYS, job_id, press_ms, gap_ms, flags, tail=keys))

    def typed(self) -> bytes:
        """Every key that was ever down, and nothing when two were down at once."""
        masks = [mask for _, mask in self.bench.hardware.log if mask]
        assert all(mask & (mask - 1) == 0 for mask in masks)
        return "".join(m.KEYS[mask.bit_length() - 1] for mask in masks).encode()

    def ends(self) -> list[tuple[int, int, int]]:
        """(state, keys done, reason) of every job that ended."""
        layout = m.EVENT_JOB_LAYOUT
        return [struct.unpack(layout, data)[1:] for kind, data in self.events if kind == m.EVENT_JOB]

    def told(self) -> str:
        return " / ".join(data.decode() for kind, data in self.events if kind == m.EVENT_LOG)

    def went_safe(self) -> list[int]:
        return [data[0] for kind, data in self.events if kind == m.EVENT_SAFE]


def ready(name: str) -> Rig:
    rig = Rig(name)
    rig.run(3)
    return rig


@BOTH
def test_a_token_is_typed_key_by_key_and_hello_tells_the_ceiling(name: str) -> None:
    rig = ready(name)
    assert rig.hello[6] == rig.bench.board.KEY_MAX_MS
    assert rig.keys(TOKEN + b"#")[0] == m.OK
    rig.run(3000)
    assert rig.typed() == TOKEN + b"#"
    assert rig.ends() == [(m.JOB_DONE, 21, m.REASON_NONE)]


def test_a_finger_has_its_travel_on_top_of_the_press() -> None:
    rig = ready("sealed_fingers")
    rig.keys(b"12")
    rig.run(300)
    travel = rig.bench.board.TRAVEL_MS
    edges = [at for at, _ in rig.bench.hardware.log][1:]
    assert edges[1] - edges[0] == 45 + travel
    assert edges[2] - edges[0] == 45 + 45 + travel


@BOTH
def test_a_bus_error_in_mid_token_ends_the_job_and_says_why(name: str) -> None:
    rig = ready(name)
    rig.keys(TOKEN)
    rig.run(500)
    rig.bench.hardware.nak = set(range(rig.bench.hardware.transactions, 1 << 20))
    rig.run(300)
    state, keys_done, reason = rig.ends()[0]
    assert (state, reason) == (m.JOB_ABORTED, m.REASON_KEYPAD)
    assert rig.typed() == TOKEN[: len(rig.typed())]
    assert len(rig.typed()) - keys_done in (0, 1)
    assert "does not answer" in rig.told()
    assert rig.went_safe() == [m.REASON_KEYPAD]
    assert rig.bench.down() == ""
    assert b"does not answer" in rig.keys(b"1", 2)
    assert rig.ask(m.PING, bytes(4))[5] == m.STATE_SAFE


@BOTH
def test_after_a_fault_no_enter_until_the_entry_was_cleared(name: str) -> None:
    rig = ready(name)
    rig.keys(b"04")
    rig.run(20)
    rig.bench.hardware.reset_chip()
    rig.run(200)
    assert rig.ends()[0][2] == m.REASON_KEYPAD
    refused = rig.keys(b"#", 2)
    assert refused[0] == m.REFUSED
    assert rig.keys(b"04#", 3, flags=m.FLAG_FRESH_ENTRY)[0] == m.OK


@BOTH
def test_an_emergency_stop_in_mid_token_ends_the_job_and_needs_release_and_release_all(name: str) -> None:
    rig = ready(name)
    rig.keys(TOKEN)
    rig.run(515)
    rig.bench.hardware.estop_pressed = True
    rig.run(60)
    typed = rig.typed()
    assert rig.ends()[0][0::2] == (m.JOB_ABORTED, m.REASON_ESTOP)
    assert rig.went_safe() == [m.REASON_ESTOP]
    rig.run(300)
    assert rig.keys(b"1", 2)[0] == m.REFUSED
    assert rig.ask(m.RELEASE_ALL)[0] == m.OK
    assert b"is pressed" in rig.keys(b"1", 3)
    rig.bench.hardware.estop_pressed = False
    rig.run(100)
    assert b"was pressed" in rig.keys(b"1", 4)
    assert rig.typed() == typed
    rig.ask(m.RELEASE_ALL)
    assert rig.keys(b"1", 5)[0] == m.OK


@BOTH
def test_silence_of_the_host_opens_the_key(name: str) -> None:
    rig = ready(name)
    rig.keys(TOKEN, press_ms=300)
    rig.bench.hardware.now_ms += 1
    rig.app.poll(rig.bench.now_ms)
    assert rig.bench.down() == "1"
    rig.bench.hardware.now_ms += m.LINK_TIMEOUT_MS
    rig.app.poll(rig.bench.now_ms)
    assert not rig.bench.hardware.enabled


@BOTH
def test_the_selftest_is_refused_while_a_meter_answers_or_a_job_runs(name: str) -> None:
    rig = ready(name)
    assert b"a meter answers" in rig.ask(m.SELFTEST, b"\1")
    rig.keys(TOKEN)
    assert rig.ask(m.SELFTEST, b"\1")[0] == m.BUSY
    assert decode(rig.ask(m.SELFTEST, b"\0")[1:]).state == "unknown"


@BOTH
def test_the_selftest_runs_and_its_report_reads_as_words(name: str) -> None:
    rig = Rig(name, meter=False)
    rig.bench.hardware.jig = True
    rig.bench.hardware.open.add(1)
    begun = decode(rig.ask(m.SELFTEST, b"\1")[1:])
    assert (begun.state, begun.ok, begun.one_shot_ms) == ("running", False, None)
    assert rig.ask(m.PING, bytes(4))[5] == m.STATE_TYPING
    assert rig.keys(b"1")[0] == m.REFUSED  # no meter; and with one, the test would have ended
    rig.run(2500)
    report = decode(rig.ask(m.SELFTEST, b"\0")[1:])
    assert (report.state, report.ok, report.no_jig) == ("done", False, False)
    bad = [channel for channel in report.channels if not channel.ok]
    assert [(c.name, c.result) for c in bad] == [
        ("row 2" if name == "bench_matrix" else "key 1", "stuck open")
    ]
    assert report.one_shot_ms is not None
    assert abs(report.one_shot_ms - 500) <= 10


@BOTH
def test_a_meter_that_comes_to_the_jigs_place_ends_the_selftest(name: str) -> None:
    rig = Rig(name, meter=False)
    rig.ask(m.SELFTEST, b"\1")
    rig.run(30)
    rig.show_glass()
    assert not rig.bench.hardware.enabled
    report = decode(rig.ask(m.SELFTEST, b"\0")[1:])
    assert (report.state, report.reason) == ("aborted", "fault")
    assert "a meter answers" in rig.told()


@BOTH
def test_the_emergency_stop_and_release_all_end_the_selftest(name: str) -> None:
    rig = Rig(name, meter=False)
    rig.ask(m.SELFTEST, b"\1")
    rig.run(30)
    rig.bench.hardware.estop_pressed = True
    rig.run(60)
    assert decode(rig.ask(m.SELFTEST, b"\0")[1:]).reason == "emergency stop"
    assert b"emergency stop" in rig.ask(m.SELFTEST, b"\1")
    rig.bench.hardware.estop_pressed = False
    rig.ask(m.RELEASE_ALL)
    assert rig.ask(m.SELFTEST, b"\1")[0] == m.OK
    rig.ask(m.RELEASE_ALL)
    assert decode(rig.ask(m.SELFTEST, b"\0")[1:]).reason == "host"


def test_a_rig_on_the_meter_port_has_nothing_for_a_jig_and_a_rig_without_a_light_says_so() -> None:
    app = RigApp(zlib.crc32, lambda: 7, 1, "rig", 0)
    assert app.request(m.SELFTEST, b"\1", 0)[0] == m.REFUSED
    assert app.request(m.LIGHT, b"\1", 0)[0] == m.REFUSED


def test_the_light_goes_on_and_off_and_out_when_the_rig_goes_safe() -> None:
    rig = ready("sealed_fingers")
    rig.light.clear()
    rig.ask(m.LIGHT, b"\1")
    rig.ask(m.LIGHT, b"\0")
    rig.ask(m.LIGHT, b"\1")
    rig.app.go_safe(m.REASON_FAULT, rig.bench.now_ms)
    assert rig.light == [1, 0, 1, 0]
