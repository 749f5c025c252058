"""What the emulated meters draw with their own alphabets, read with ours: the two were written apart."""

from __future__ import annotations

import binascii

import pytest
from kctrig import profiles
from kctrig.display.echo import echo_checker
from kctrig.display.pages import PageCollector
from kctrig.display.readings import read_class1_krn, read_credit, read_entry, read_krn, read_result
from kctrig.display.screen import Screen, read_image
from kctrig.profiles import Profile
from metersim.app import MeterApp
from metersim.defaults import default_state
from rigwire import messages
from rigwire.frames import KIND_EVENT, Decoder, encode

every_brand = pytest.mark.parametrize(
    "profile", [profiles.load(name) for name in profiles.names()], ids=profiles.names()
)
NO_TOKEN = "12345678901234567890"


class Bench:
    """An emulated meter in virtual time, its keys pressed at the profile's pace, every glass image kept."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.now_ms = 0
        self.state = default_state(profile.name)
        self._app = MeterApp(profile.name, self.state, binascii.crc32, 0)
        self._decoder = Decoder(binascii.crc32)
        self._seq = 0

    def press(self, key: str) -> list[Screen]:
        down = self._contacts(1 << messages.KEYS.index(key)) + self.wait(self.profile.press_ms)
        return down + self._contacts(0) + self.wait(self.profile.gap_ms)

    def ask(self, code: str, wait_ms: int = 2000) -> list[Screen]:
        """Enter a code; the screens seen from Enter on."""
        for key in code:
            self.press(key)
        return self.press(self.profile.enter_key) + self.wait(wait_ms)

    def wait(self, time_ms: int) -> list[Screen]:
        screens: list[Screen] = []
        until_ms = self.now_ms + time_ms
        while self.now_ms < until_ms:
            due_ms = self._app.next_deadline_ms(self.now_ms)
            self.now_ms += max(1, min(due_ms, until_ms - self.now_ms))
            self._app.poll(self.now_ms)
            screens += self._screens()
        return screens

    def _contacts(self, mask: int) -> list[Screen]:
        self._seq = (self._seq + 1) & 0xFF
        payload = messages.pack_request(messages.CONTACTS, mask)
        frame = encode(KIND_EVENT, self._seq, 0, messages.CONTACTS, payload, binascii.crc32)
        self._app.receive(frame, self.now_ms)
        return self._screens()

    def _screens(self) -> list[Screen]:
        frames = self._decoder.feed(self._app.take_output())
        return [read_image(frame.payload) for frame in frames if frame.msg == messages.GLASS]


@every_brand
def test_the_glass_is_the_one_of_the_profile(profile: Profile) -> None:
    (screen, *_) = Bench(profile).wait(600)
    made_of = (screen.kind, len(screen.cells), len(screen.counter_cells))
    assert made_of == (profile.glass.wire_kind, profile.glass.cells, profile.glass.counter_cells)
    assert profile in profiles.candidates(*made_of)


@every_brand
def test_idle_credit_is_read(profile: Profile) -> None:
    assert read_credit(Bench(profile).wait(600)[-1]) is not None


@every_brand
def test_the_key_revision_is_read(profile: Profile) -> None:
    reading = read_krn(Bench(profile).ask(profile.codes.krn)[-1], profile.krn_patterns)
    assert reading is not None
    assert (reading.krn, reading.kt) == (1, 2 if profile.kt_shown else None)


@every_brand
def test_the_class_1_number_is_answered_with_krn_and_kt(profile: Profile) -> None:
    reading = read_class1_krn(Bench(profile).ask(profile.krn_number)[-1], profile.krn_number_patterns)
    assert reading is not None
    assert (reading.krn, reading.kt) == (1, 2)


@every_brand
def test_the_meter_number_is_read(profile: Profile) -> None:
    bench = Bench(profile)
    number: str = bench.state["drn"]
    collector = PageCollector(len(number))
    for screen in bench.ask(profile.codes.number, 6000):
        collector.feed(screen)
    assert collector.number() == number


@every_brand
def test_an_unknown_code_is_answered_as_the_profile_says(profile: Profile) -> None:
    answers = [read_result(screen, profile.texts) for screen in Bench(profile).ask("99", 1500)]
    assert [answer.answer for answer in answers if answer is not None][:1] == ["unknown_code"]


@every_brand
def test_a_token_of_nobody_is_refused(profile: Profile) -> None:
    answers = [read_result(screen, profile.texts) for screen in Bench(profile).ask(NO_TOKEN)]
    assert {answer.answer for answer in answers if answer is not None} == {"refused"}


@every_brand
def test_three_of_them_lock_a_meter_of_clous_law(profile: Profile) -> None:
    bench = Bench(profile)
    for _ in range(3):
        bench.ask(NO_TOKEN, 12000)
    answers = [read_result(screen, profile.texts) for screen in bench.ask(NO_TOKEN, 4000)]
    found = {answer.answer for answer in answers if answer is not None}
    assert found <= ({"locked", "refused"} if profile.lockout.law == "clou" else {"refused"})
    assert found


@every_brand
def test_typing_a_token_is_proved_by_its_echo(profile: Profile) -> None:
    bench = Bench(profile)
    checker = echo_checker(
        NO_TOKEN, profile.glass.cells, counter=profile.echo.counter, dashes=profile.echo.dashes
    )
    for keys_down, key in enumerate(NO_TOKEN, start=1):
        for screen in bench.press(key):
            if keys_down > 1 or read_entry(screen, counter=profile.echo.counter, dashes=profile.echo.dashes):
                checker.feed(screen, keys_down)
    assert checker.verdict().state == "verified"


@every_brand
def test_two_quick_erasures_empty_the_line(profile: Profile) -> None:
    bench = Bench(profile)
    for key in "123456":
        bench.press(key)
    for _ in range(profile.clear.presses):
        last = bench.press(profile.erase_key)
    screens = last + bench.wait(600)
    assert screens[-1].counter is None
    assert read_entry(screens[-1], counter=profile.echo.counter, dashes=profile.echo.dashes) is None
