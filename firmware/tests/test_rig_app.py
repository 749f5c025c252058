"""The rig app between a host and a meter port, all in one process and in virtual time."""

import itertools
import struct
import zlib

import pytest
from kctrig.link.client import HostLink
from kctrig.link.errors import RequestRefused
from kctrig.link.items import DeviceEvent, Request
from rigfw.app import RigApp
from rigfw.tap import SILENCE_MS
from rigwire import frames, glass, ticks
from rigwire import messages as m

TOKEN = b"12345678901234567890"


class FakeMeter:
    """A meter port: keeps what was pressed, shows it, opens its contacts after silence."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.decoder = frames.Decoder(zlib.crc32)
        self.mask = 0
        self.typed = ""
        self.contacts_ms: list[int] = []
        self.asked = 0
        self.shown_ms = now_ms
        self.session = 1
        self.out = self.glass()

    def glass(self) -> bytes:
        image = glass.pack_glass(glass.SEVEN_SEGMENT, b"", self.typed.encode()[-8:].rjust(8, b"\0"))
        return frames.encode(frames.KIND_EVENT, 0, self.session, m.GLASS, image, zlib.crc32)

    def receive(self, data: bytes, now_ms: int) -> None:
        for frame in self.decoder.feed(data):
            if frame.msg == m.ASK_GLASS:
                self.asked += 1
                self.out += self.glass()
                continue
            assert frame.msg == m.CONTACTS
            self.contacts_ms.append(now_ms)
            mask = struct.unpack("<H", frame.payload)[0]
            assert mask & (mask - 1) == 0
            if mask and mask != self.mask:
                self.typed += m.KEYS[mask.bit_length() - 1]
                self.out += self.glass()
            self.mask = mask

    def poll(self, now_ms: int) -> None:
        if ticks.diff(now_ms, self.shown_ms) >= m.GLASS_REFRESH_MS:
            self.shown_ms = now_ms
            self.out += self.glass()
        if self.contacts_ms and ticks.diff(now_ms, self.contacts_ms[-1]) > m.METER_PORT_SILENCE_MS:
            self.mask = 0


class World:
    """Host, rig and meter, moved a millisecond at a time."""

    def __init__(self, now_ms: int = 5000) -> None:
        self.now_ms = now_ms
        self.host_ms = 0.0
        self.meter: FakeMeter | None = FakeMeter(now_ms)
        self.host_present = True
        nonce = iter(range(1, 1000))
        self.host = HostLink(zlib.crc32, lambda: next(nonce))
        sessions = iter(range(100, 1000))
        self.app = RigApp(zlib.crc32, lambda: next(sessions), 0xB007, "rig under test", now_ms)
        self.events: list[DeviceEvent] = []

    def step(self) -> None:
        if self.host_present:
            self.host.poll(self.host_ms)
            data = self.host.bytes_to_send()
            if data:
                self.app.receive_host(data, self.now_ms)
        if self.meter is not None:
            self.meter.poll(self.now_ms)
            if self.meter.out:
                self.app.receive_meter(self.meter.out, self.now_ms)
                self.meter.out = b""
        self.app.poll(self.now_ms)
        out = self.app.take_meter()
        if self.meter is not None:
            self.meter.receive(out, self.now_ms)
        out = self.app.take_host()
        if self.host_present and out:
            self.host.receive(out, self.host_ms)
            item = self.host.next_item()
            while item is not None:
                assert isinstance(item, DeviceEvent)
                self.events.append(item)
                item = self.host.next_item()
        self.now_ms = ticks.add(self.now_ms, 1)
        self.host_ms += 1

    def run(self, ms: int) -> None:
        for _ in range(ms):
            self.step()

    def ask(self, msg: int, payload: bytes = b"") -> bytes:
        request = self.host.submit(msg, payload, self.host_ms)
        return self.settle(request)

    def settle(self, request: Request) -> bytes:
        for _ in range(1000):
            if request.done:
                break
            self.step()
        if request.error is not None:
            raise request.error
        assert request.answer is not None
        return request.answer

    def open(self) -> "World":
        self.settle(self.host.connect(self.host_ms))
        self.ask(m.SUBSCRIBE, bytes([m.MASK_ALL]))
        return self

    def keys(self, job_id: int, keys: bytes, press_ms: int = 30, gap_ms: int = 20, flags: int = 0) -> bytes:
        return self.ask(m.RUN_KEYS, m.pack_request(m.RUN_KEYS, job_id, press_ms, gap_ms, flags, tail=keys))

    def status(self, job_id: int) -> tuple[int, int, int]:
        """(state, keys done, reason)."""
        fields = m.unpack_answer(
            m.JOB_STATUS, b"\0" + self.ask(m.JOB_STATUS, m.pack_request(m.JOB_STATUS, job_id))
        )
        return fields[0], fields[1], fields[4]

    def told(self, kind: int) -> list[bytes]:
        return [event.data for event in self.events if event.kind == kind]


def typed(world: World) -> str:
    assert world.meter is not None
    return world.meter.typed


def test_a_token_reaches_the_meter_and_its_end_is_told() -> None:
    world = World().open()
    assert world.keys(9, TOKEN + b"#") == bytes([m.JOB_RUNNING, 0])
    world.run(21 * 50 + 50)
    assert typed(world) == TOKEN.decode() + "#"
    assert world.told(m.EVENT_JOB) == [struct.pack(m.EVENT_JOB_LAYOUT, 9, m.JOB_DONE, 21, m.REASON_NONE)]
    assert len(world.told(m.EVENT_KEY)) == 42
    assert len(world.told(m.EVENT_GLASS)) == 21


def test_contacts_are_sent_at_least_every_refresh_interval() -> None:
    world = World().open()
    world.run(3000)
    assert world.meter is not None
    sent = world.meter.contacts_ms
    assert max(ticks.diff(b, a) for a, b in itertools.pairwise(sent)) <= m.CONTACTS_REFRESH_MS


def test_the_snapshot_is_the_last_image() -> None:
    world = World().open()
    world.keys(1, b"75")
    world.run(120)
    _, image = m.unpack_answer(m.READ_DISPLAY, b"\0" + world.ask(m.READ_DISPLAY))
    assert glass.unpack_glass(image)[4] == b"75".rjust(8, b"\0")


def test_glass_is_told_on_change_only() -> None:
    world = World().open()
    world.run(5000)
    assert world.told(m.EVENT_GLASS) == []


def test_host_silence_opens_the_key_ends_the_job_and_is_found_by_the_next_host() -> None:
    world = World().open()
    world.keys(3, TOKEN, press_ms=1000, gap_ms=200)
    world.run(300)
    world.host_present = False
    world.run(m.LINK_TIMEOUT_MS)
    assert world.meter is not None
    assert world.meter.mask == 0
    before = typed(world)
    world.run(3000)
    assert typed(world) == before
    world.host_present = True
    world.open()
    assert world.status(3)[0::2] == (m.JOB_ABORTED, m.REASON_SILENCE)


def test_after_a_stall_with_no_host_left_no_further_key_goes_down() -> None:
    world = World().open()
    world.keys(3, TOKEN, press_ms=50, gap_ms=400)
    world.run(100)  # the first key is up again, the second not yet down
    assert typed(world) == "1"
    world.host_present = False
    world.now_ms = ticks.add(world.now_ms, m.LINK_TIMEOUT_MS + 500)
    world.run(1000)
    assert typed(world) == "1"


def test_a_job_may_ask_to_be_finished_in_silence() -> None:
    world = World().open()
    world.keys(3, TOKEN + b"#", press_ms=200, gap_ms=50, flags=m.FLAG_FINISH_ON_SILENCE)
    world.host_present = False
    world.run(21 * 250 + 100)
    assert typed(world) == TOKEN.decode() + "#"


def test_goodbye_ends_the_job() -> None:
    world = World().open()
    world.keys(3, TOKEN)
    world.run(100)
    world.ask(m.BYE)
    before = typed(world)
    world.run(1500)
    assert typed(world) == before
    assert len(before) < 20


def test_release_all_and_abort_open_the_key_at_once() -> None:
    for message in (m.RELEASE_ALL, m.ABORT):
        world = World().open()
        world.keys(3, TOKEN, press_ms=1000)
        world.run(100)
        world.ask(message, m.pack_request(m.ABORT, 3) if message == m.ABORT else b"")
        assert world.meter is not None
        assert world.meter.mask == 0
        assert world.status(3) == (m.JOB_ABORTED, 0, m.REASON_HOST)


def test_aborting_another_job_leaves_the_running_one_alone() -> None:
    world = World().open()
    world.keys(3, b"123")
    world.ask(m.ABORT, m.pack_request(m.ABORT, 4))
    assert world.status(3)[0] == m.JOB_RUNNING


def test_without_a_meter_no_key_job_and_no_snapshot() -> None:
    world = World()
    world.meter = None
    world.open()
    with pytest.raises(RequestRefused, match="no meter answers"):
        world.keys(1, b"04#")
    with pytest.raises(RequestRefused, match="no meter answers"):
        world.ask(m.READ_DISPLAY)
    assert world.status(1)[0] == m.JOB_UNKNOWN


def test_a_meter_port_that_falls_silent_ends_the_job_and_makes_safe() -> None:
    world = World().open()
    world.keys(1, TOKEN, press_ms=500, gap_ms=500)
    world.run(200)
    world.meter = None
    world.run(SILENCE_MS + m.GLASS_REFRESH_MS)
    assert world.status(1)[0::2] == (m.JOB_ABORTED, m.REASON_FAULT)
    assert world.told(m.EVENT_SAFE) == [bytes([m.REASON_FAULT])]
    assert world.told(m.EVENT_LOG) == [b"the meter port fell silent or its meter started anew"]
    assert world.app.state() == m.STATE_SAFE


def test_another_meter_within_the_silence_ends_the_job_before_its_glass_is_shown() -> None:
    world = World().open()
    world.keys(1, TOKEN, press_ms=500, gap_ms=500)
    world.run(700)
    assert world.meter is not None
    typed = world.meter.typed
    world.meter.session = 2
    world.meter.typed = "77"
    world.meter.out += world.meter.glass() + world.meter.glass()
    world.run(1000)
    assert world.status(1)[0::2] == (m.JOB_ABORTED, m.REASON_FAULT)
    assert typed
    assert world.meter.typed == "77"
    assert world.meter.mask == 0
    kinds = [event.kind for event in world.events if event.kind in (m.EVENT_GLASS, m.EVENT_SAFE)]
    assert kinds[-2:] == [m.EVENT_SAFE, m.EVENT_GLASS]


def test_without_a_new_session_another_meter_is_typed_on_until_it_is_silent() -> None:
    """What the session is for: the rig alone cannot tell two meters apart by their glass."""
    world = World().open()
    world.keys(1, TOKEN, press_ms=500, gap_ms=500)
    world.run(700)
    assert world.meter is not None
    world.meter.typed = "77"
    world.run(2000)
    assert world.status(1)[0] == m.JOB_RUNNING
    assert len(world.meter.typed) > 2


def test_a_meter_that_comes_back_is_shown_again_although_its_image_is_the_same() -> None:
    world = World().open()
    world.meter = None
    world.run(SILENCE_MS + 100)
    world.meter = FakeMeter(world.now_ms)
    world.meter.out = b""
    world.run(300)
    assert world.meter.asked >= 1
    assert len(world.told(m.EVENT_GLASS)) == 1
    assert world.keys(2, b"1") == bytes([m.JOB_RUNNING, 0])


def test_the_known_job_is_answered_even_when_the_meter_is_gone() -> None:
    world = World().open()
    world.keys(5, b"75")
    world.run(200)
    world.meter = None
    world.run(SILENCE_MS + 100)
    assert world.keys(5, b"75") == bytes([m.JOB_DONE, 2])


def test_codes_are_not_changed_while_a_job_runs() -> None:
    world = World().open()
    world.keys(5, b"75")
    with pytest.raises(RequestRefused) as caught:
        world.ask(m.ALLOW_CODES, m.pack_request(m.ALLOW_CODES, 11, 10, tail=b"04"))
    assert caught.value.status == m.BUSY


def test_state_goes_from_safe_at_boot_to_typing_to_idle() -> None:
    world = World().open()
    states = [world.app.state()]
    world.keys(5, b"75")
    states.append(world.app.state())
    world.run(200)
    states.append(world.app.state())
    assert states == [m.STATE_SAFE, m.STATE_TYPING, m.STATE_IDLE]


def test_keys_stay_on_time_across_the_wrap_of_the_tick() -> None:
    world = World(now_ms=ticks.PERIOD - 700).open()
    world.keys(1, TOKEN + b"#")
    world.run(1200)
    assert typed(world) == TOKEN.decode() + "#"
    world.run(3000)
    assert world.app.state() == m.STATE_IDLE


def test_the_deadline_is_never_missed_when_polled_only_then() -> None:
    world = World().open()
    world.keys(1, b"12345")
    app, downs = world.app, []
    app.take_meter()
    now = world.now_ms
    for _ in range(40):
        wait_ms = app.next_deadline_ms(now)
        assert 0 <= wait_ms <= m.CONTACTS_REFRESH_MS
        now = ticks.add(now, wait_ms)
        before = app.jobs.status(1)[1]
        app.poll(now)
        if app.jobs.status(1)[1] != before:
            downs.append(now)
    assert [ticks.diff(b, a) for a, b in itertools.pairwise(downs)] == [50] * 4
