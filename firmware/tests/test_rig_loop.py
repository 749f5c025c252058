"""The rig's edge loop: whatever ends it, the keys are up, and it never sleeps too long."""

import struct
import zlib

import pytest
from rigfw import loop
from rigfw.app import RigApp
from rigwire import frames
from rigwire import messages as m

NOW_MS = 5000


class ScriptedLine:
    """A line whose reads are scripted: bytes, None, or an exception."""

    def __init__(self, *reads: bytes | BaseException | None) -> None:
        self.reads = list(reads)
        self.written = b""

    def readinto(self, buf: bytearray) -> int | None:
        if not self.reads:
            return None
        read = self.reads.pop(0)
        if isinstance(read, BaseException):
            raise read
        if read is None:
            return None
        buf[: len(read)] = read
        return len(read)

    def write(self, data: bytes) -> int | None:
        self.written += data
        return len(data)


def masks(line: ScriptedLine) -> list[int]:
    """What the contacts were, in order."""
    found = frames.Decoder(zlib.crc32).feed(line.written)
    return [struct.unpack("<H", frame.payload)[0] for frame in found if frame.msg == m.CONTACTS]


def app_with_a_key_down(press_ms: int) -> RigApp:
    """A rig with a session that wants every event, which has just closed the contact of key 5."""
    app = RigApp(zlib.crc32, lambda: 7, 0xB007, "rig under test", NOW_MS)
    for seq, session, msg, payload in (
        (0, 0, m.HELLO, m.pack_request(m.HELLO, 1, 1, 99)),
        (1, 7, m.SUBSCRIBE, bytes([m.MASK_ALL])),
    ):
        app.receive_host(frames.encode(frames.KIND_REQUEST, seq, session, msg, payload, zlib.crc32), NOW_MS)
    app.jobs.start(1, b"5", press_ms, 20, 0, NOW_MS)
    app.poll(NOW_MS)
    app.take_host()
    app.take_meter()
    return app


def loop_with_a_key_down(failure: BaseException) -> tuple[RigApp, ScriptedLine, ScriptedLine, list[int]]:
    """Run the edge loop until `failure` comes out of the meter line while key 5 is down."""
    app = app_with_a_key_down(press_ms=1000)
    host, meter = ScriptedLine(), ScriptedLine(None, None, failure)
    fed: list[int] = []
    clock = iter(range(NOW_MS, NOW_MS + 1000))
    with pytest.raises(type(failure)):
        loop.run(app, host, meter, lambda _ms: 3, clock.__next__, lambda: fed.append(1))
    return app, host, meter, fed


@pytest.mark.parametrize(
    "failure", [OSError(5), ZeroDivisionError("bug"), KeyboardInterrupt(), SystemExit(0)]
)
def test_whatever_ends_the_loop_every_key_is_up(failure: BaseException) -> None:
    app, _, meter, _ = loop_with_a_key_down(failure)
    assert masks(meter)[-1] == 0
    assert app.jobs.status(1)[0] == m.JOB_ABORTED


def test_an_exception_is_told_to_the_host_before_it_goes_on() -> None:
    _, host, _, _ = loop_with_a_key_down(ZeroDivisionError("bug"))
    kinds = [frame.payload[6] for frame in frames.Decoder(zlib.crc32).feed(host.written)]
    assert m.EVENT_LOG in kinds
    assert m.EVENT_SAFE in kinds


def test_the_watchdog_is_fed_once_a_turn_after_the_keys_were_checked() -> None:
    _, _, _, fed = loop_with_a_key_down(OSError(5))
    assert len(fed) == 3


def test_the_loop_never_sleeps_past_a_deadline() -> None:
    app = app_with_a_key_down(press_ms=100)
    slept: list[int] = []

    def wait(most_ms: int) -> int:
        slept.append(most_ms)
        return 3

    meter = ScriptedLine(None, None, OSError(5))
    with pytest.raises(OSError, match="5"):
        loop.run(app, ScriptedLine(), meter, wait, lambda: NOW_MS, wake_quantum_ms=11)
    assert slept[0] <= 100 - 11


def test_an_idle_rig_sleeps_instead_of_looking() -> None:
    app = RigApp(zlib.crc32, lambda: 7, 0xB007, "rig under test", NOW_MS)
    app.poll(NOW_MS)
    deadline_ms = app.next_deadline_ms(NOW_MS)
    slept: list[int] = []

    def wait(most_ms: int) -> int:
        slept.append(most_ms)
        return loop.METER_READY

    with pytest.raises(OSError, match="5"):
        loop.run(
            app, ScriptedLine(), ScriptedLine(OSError(5)), wait, lambda: NOW_MS, wake_quantum_ms=deadline_ms
        )
    assert deadline_ms > 0
    assert slept == [deadline_ms]
