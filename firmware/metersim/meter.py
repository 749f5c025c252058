"""One emulated meter: keypad, entry, thinking time, decoder, glass and power, put together.

Pure: `advance(now_ms)` works off everything that came due since the last call, in the order of its own moments, so
that a late call gives the same meter as a punctual one.

This file runs unchanged under CPython and MicroPython.
"""

from rigwire.glass import ICON_LOCK, ICON_LOW_CREDIT, ICON_OVERLOAD, ICON_TAMPER
from rigwire.ticks import add, diff

from .answers import code_shows, no_mains_shows, token_shows
from .brands import numbers
from .cells import Cells, Picture
from .codes import tenths_text
from .decoder import NOT_READY, Outcome, TokenDecoder, result_number
from .entry import Entry, grouped
from .keyboard import Keyboard
from .keychange import KeyChange
from .laws import Lockout
from .registers import Registers
from .screen import Playlist

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .brands import Brand
    from .faults import Faults

_LONGEST_CODE = 5
_CUT_DIGITS = 10  # where the fault power_cut:in_entry strikes


class Meter:
    """A meter of one brand with one state.

    Attributes:
        registers: what it remembers.
        powered: False during a power cut.
        mains: False while only the supercapacitor feeds the meter: the glass and codes work, tokens are not taken.
        saved: the state as it stands in the non-volatile memory; a power cut goes back to it.
        changed: `saved` changed since this was last set False: write it down before anything is shown.
        truth: what happened, for the judge, as (at_ms, {...}); the reader empties it.
    """

    def __init__(self, brand: "Brand", state: "dict[str, Any]", faults: "Faults", now_ms: int) -> None:
        self._brand = brand
        self._faults = faults
        self._codes = numbers(brand.codes)
        self._cells = Cells(brand, faults.dead_segments, faults.stuck_segments)
        self._cells.low_contrast = faults.low_contrast
        self._keyboard = Keyboard(brand, faults, now_ms, self._key, self._tell)
        self._entry = Entry(
            brand.digit_timeout_s * 1000,
            brand.erase,
            brand.erase_quick_ms,
            brand.enter,
            brand.enter_key,
            brand.erase_key,
        )
        self._lockout = Lockout(
            brand.lock_after,
            brand.lock_first_s,
            brand.lock_doubles,
            brand.lock_max_s,
            brand.power_cycle_unlocks,
        )
        self._playlist = Playlist()
        self._work = ""  # digits being thought about
        self._work_done_ms = 0
        self._lit_until_ms = now_ms
        self._lit = False
        self._back_ms = 0
        self._cut_left = faults.power_cut
        self._clock_ms = now_ms
        self.powered = False
        self.mains = True
        self._mains_back_ms = 0
        self._empty_ms = 0
        self._overloaded = False
        self.changed = False
        self.truth: "list[tuple[int, dict[str, Any]]]" = []
        self.saved = dict(state)
        if faults.tamper:
            self.saved["tampered"] = True
        self._power_on(now_ms)
        if faults.no_mains_s:
            self.mains = False
            self._mains_back_ms = add(now_ms, faults.no_mains_s * 1000)
            self._empty_ms = add(now_ms, brand.supercap_s * 1000)
            self._tell(now_ms, {"event": "mains", "on": False})
        if faults.locked_s:
            self._lockout.force(faults.locked_s, now_ms)

    # Inputs

    def contacts(self, mask: int, now_ms: int) -> None:
        """Exactly the contacts of `mask` are closed from now on."""
        self.advance(now_ms)
        self._keyboard.ask(mask, now_ms)

    def advance(self, now_ms: int) -> None:
        """Work off everything due up to `now_ms`."""
        while True:
            wait_ms = self._wait_ms(self._clock_ms)
            if wait_ms < 0 or wait_ms > diff(now_ms, self._clock_ms):
                break
            self._clock_ms = add(self._clock_ms, wait_ms)
            self._due(self._clock_ms)
        self._clock_ms = now_ms

    def next_deadline_ms(self, now_ms: int) -> int:
        """Milliseconds until something happens by itself, -1 when nothing will."""
        wait_ms = self._wait_ms(self._clock_ms)
        if wait_ms < 0:
            return -1
        return max(0, wait_ms - diff(now_ms, self._clock_ms))

    # Output

    def picture(self, now_ms: int) -> Picture:
        """What the meter means to show now."""
        picture = Picture()
        if not self.powered:
            return picture
        brand = self._brand
        registers = self.registers
        lock_s = self._lockout.left_s(now_ms)
        current = self._playlist.current(now_ms)
        digits = self._entry.digits
        if self._faults.hold_entry and len(self._work) > _LONGEST_CODE:
            digits = self._work
        if self._faults.echo_off:
            digits = ""
        if self._work and not digits:
            pass
        elif current:
            show, age_ms = current
            text = show.page(age_ms)
            picture.text = text % lock_s if "%" in text else text
            picture.lamp = show.lamp
            picture.dark = show.dark(age_ms)
            picture.icons = show.icon
        elif digits:
            picture.text = grouped(digits, brand.cells, brand.dashes)
            picture.right = True
            picture.counter = "%d" % len(digits)
        elif registers.tampered and not self._entry.digits:
            picture.text = brand.tamper
        elif self._overloaded and not self._entry.digits:
            picture.text = brand.overload
        elif not self._entry.digits:
            picture.text = tenths_text(registers.credit_tenths)
            picture.right = True
        if registers.tampered:
            picture.icons |= ICON_TAMPER
        if self._overloaded:
            picture.icons |= ICON_OVERLOAD
        if registers.credit_tenths < brand.low_credit_tenths:
            picture.icons |= ICON_LOW_CREDIT
        if lock_s:
            picture.icons |= ICON_LOCK
        picture.backlight = self._lit and self.mains
        return picture

    def image(self, picture: Picture) -> bytes:
        """The segment memory of a picture on this meter's glass."""
        return self._cells.image(picture)

    # Time

    def _wait_ms(self, now_ms: int) -> int:
        """Milliseconds from `now_ms` to the first thing that comes due, -1 for none."""
        if not self.powered:
            return max(0, diff(self._back_ms, now_ms))
        waits = [
            self._keyboard.next_deadline_ms(now_ms),
            self._entry.next_deadline_ms(now_ms),
            self._playlist.next_deadline_ms(now_ms),
            self._key_change.next_deadline_ms(now_ms),
            self._lockout.next_deadline_ms(now_ms),
        ]
        if self._work:
            waits.append(max(0, diff(self._work_done_ms, now_ms)))
        if self._lit:
            waits.append(max(0, diff(self._lit_until_ms, now_ms)))
        if not self.mains:
            waits.append(max(0, min(diff(self._mains_back_ms, now_ms), diff(self._empty_ms, now_ms))))
        waits = [wait for wait in waits if wait >= 0]
        return min(waits) if waits else -1

    def _due(self, at_ms: int) -> None:
        if not self.powered:
            self._power_on(at_ms)
            self._outage_over(at_ms)
            return
        if not self.mains:
            self._without_mains(at_ms)
        self._keyboard.advance(at_ms)
        if self._is_off():
            return
        self._entry.timed_out(at_ms)
        if self._work and diff(at_ms, self._work_done_ms) >= 0:
            self._finish(at_ms)
        if not self._is_off():
            self._playlist.advance(at_ms)
            self._lockout.left_s(at_ms)
            if self._key_change.expire(at_ms):
                self._save(at_ms)
            if self._lit and diff(at_ms, self._lit_until_ms) >= 0:
                self._lit = False

    # Keys

    def _key(self, key: str, at_ms: int, long_press: bool) -> None:
        if long_press:
            if key == self._brand.long_press_key:
                self._long_press(at_ms)
            return
        self._lit = True
        self._lit_until_ms = add(at_ms, self._brand.backlight_s * 1000)
        self._playlist.stop()
        digits = self._entry.key(key, at_ms)
        if digits:
            self._work = digits
            self._keyboard.dead = True
            code = len(digits) <= _LONGEST_CODE
            wait_ms = self._brand.code_ms if code else self._brand.token_ms
            self._work_done_ms = add(at_ms, wait_ms + self._faults.slow_answer_ms)
            if not code:
                self._cut("in_processing", at_ms)
        elif len(self._entry.digits) == _CUT_DIGITS:
            self._cut("in_entry", at_ms)

    def _long_press(self, at_ms: int) -> None:
        """L+G: a key held 5 s toggles the alarm; the digit that the press also made is lost with it (guess)."""
        self._entry.clear()
        self.registers.alarm_off = not self.registers.alarm_off
        self._save(at_ms)
        self._tell(at_ms, {"event": "long_press", "key": self._brand.long_press_key})

    # Thinking

    def _finish(self, at_ms: int) -> None:
        digits = self._work
        self._work = ""
        self._keyboard.dead = False
        if len(digits) <= _LONGEST_CODE:
            self._tell(at_ms, {"event": "code", "digits": digits})
            self._playlist.start(code_shows(digits, self._codes, self._brand, self._shown_registers()), at_ms)
            return
        outcome = self._decoder.enter(digits, at_ms) if self.mains else Outcome(NOT_READY)
        registers = self.registers
        self._watch_load()
        self._save(at_ms)
        self._tell(
            at_ms,
            {
                "event": "token",
                "digits": digits,
                "result": outcome.result,
                "no": result_number(outcome.result),
                "krn": registers.krn,
                "kt": registers.kt,
                "credit_tenths": registers.credit_tenths,
            },
        )
        if outcome.result.endswith("KCT"):
            self._cut("after_kct%s" % outcome.result[0], at_ms)
        self._cut("before_answer", at_ms)
        if self.powered and not self.mains:
            self._playlist.start(no_mains_shows(self._brand), at_ms)
        elif self.powered:
            shows = token_shows(outcome, self._brand, self._shown_registers(), self._lockout.refused)
            self._playlist.start(shows, at_ms)

    def _shown_registers(self) -> Registers:
        """The registers as codes show them: the fault wrong_drn lies about the meter number only."""
        if not self._faults.wrong_drn:
            return self.registers
        shown = Registers(self.registers.to_state())
        shown.drn = self._faults.wrong_drn
        return shown

    def _save(self, at_ms: int) -> None:
        self._key_change.write_back(at_ms)
        self.registers.refused = self._lockout.refused
        self.registers.lock_left_s = self._lockout.left_s(at_ms)
        self.saved = self.registers.to_state()
        self.changed = True

    # Power

    def _is_off(self) -> bool:
        return not self.powered

    def _cut(self, moment: str, at_ms: int) -> None:
        """A fault: the power goes, and the supercapacitor, which is worn out, holds nothing."""
        if self._cut_left == moment:
            self._cut_left = ""
            self._power_off(add(at_ms, self._faults.power_off_ms), at_ms)

    def _power_off(self, back_ms: int, at_ms: int) -> None:
        self.powered = False
        self._keyboard.power_off()
        self._back_ms = back_ms
        self._work = ""
        self._entry.clear()
        self._playlist.stop()
        self._lit = False
        self._tell(at_ms, {"event": "power", "on": False})

    def _without_mains(self, at_ms: int) -> None:
        """The mains comes back, or the supercapacitor is empty."""
        if diff(at_ms, self._mains_back_ms) >= 0:
            self.mains = True
            self._tell(at_ms, {"event": "mains", "on": True})
            if self._brand.power_cycle_unlocks:
                self._lockout.accepted()
            self._outage_over(at_ms)
        elif diff(at_ms, self._empty_ms) >= 0:
            self._power_off(self._mains_back_ms, at_ms)

    def _outage_over(self, at_ms: int) -> None:
        self.registers.outage_count += 1
        self._save(at_ms)

    def _watch_load(self) -> None:
        """The load above the limit opens the switch; each time is counted (code 68)."""
        registers = self.registers
        over = self._faults.overload or 0 < registers.power_limit_w < registers.power_w
        if over and not self._overloaded:
            registers.overload_count += 1
        self._overloaded = over

    def _power_on(self, at_ms: int) -> None:
        brand = self._brand
        self.registers = Registers(self.saved)
        if not brand.sections_survive_power:
            self.registers.pending = []
        self._key_change = KeyChange(self.registers, brand.section_timeout_s, at_ms)
        self._key_change.forgets = self._faults.half_lost
        self._key_change.lies = self._faults.lies_benar
        self._lockout.power_on(self.registers.refused, self.registers.lock_left_s, at_ms)
        self._decoder = TokenDecoder(self.registers, brand, self._lockout, self._key_change)
        self._decoder.wrong_key = self._faults.wrong_key
        self._keyboard.power_on(at_ms)
        self.powered = True
        self.mains = True
        self._overloaded = False
        self._watch_load()
        self._tell(at_ms, {"event": "power", "on": True})

    # The judge's log

    def _tell(self, at_ms: int, row: "dict[str, Any]") -> None:
        self.truth.append((at_ms, row))
