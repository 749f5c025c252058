"""The echo check against a small model of an entry line that scrolls, loses digits and doubles them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kctrig.display.echo import EchoChecker, Standing, echo_checker
from kctrig.display.screen import Screen, read_image
from rigwire import glass
from tests.display.glasses import image

TOKEN = "65652931283250951756"


def entry_line(entered: str, dashes: bool) -> str:
    if not dashes:
        return entered
    return "-".join(entered[at : at + 4] for at in range(0, len(entered), 4))


def entry_screen(entered: str, cells: int, *, counter: bool, dashes: bool) -> Screen:
    shown = entry_line(entered, dashes)[-cells:]
    return read_image(image(glass.SEVEN_SEGMENT, shown, cells, f"{len(entered):2}" if counter else None))


@dataclass
class Typist:
    """Types keys into a model line and shows the checker what of it is seen."""

    checker: EchoChecker
    cells: int
    counter: bool
    dashes: bool
    entered: str = ""
    keys_down: int = 0
    waiting: list[tuple[int, Screen]] = field(default_factory=list)

    def rest(self) -> None:
        """Wait until the last key must show, and look."""
        screen = entry_screen(self.entered, self.cells, counter=self.counter, dashes=self.dashes)
        self.checker.feed(screen, self.keys_down, at_rest=True)

    def press(self, made: str, *, late: bool = False, missed: tuple[bool, ...] = ()) -> None:
        """One key that makes these digits; each shows on a screen that may be missed or come one key later."""
        self.keys_down += 1
        before, self.waiting = self.waiting, []
        for _, screen in before:
            self.checker.feed(screen, self.keys_down)
        for at, digit in enumerate(made):
            self.entered += digit
            if at < len(missed) and missed[at]:
                continue
            screen = entry_screen(self.entered, self.cells, counter=self.counter, dashes=self.dashes)
            if late or self.waiting:
                self.waiting.append((self.keys_down, screen))
            else:
                self.checker.feed(screen, self.keys_down)

    def lose_entry(self, *, seen: bool) -> None:
        """The meter drops the entry and shows its credit again."""
        self.entered = ""
        if seen:
            idle = image(glass.SEVEN_SEGMENT, "13.9", self.cells, "  " if self.counter else None)
            self.checker.feed(read_image(idle), self.keys_down)

    def settle(self) -> None:
        """The glass comes to rest: what is on it is seen."""
        for _, screen in self.waiting:
            self.checker.feed(screen, self.keys_down)
        self.waiting = []
        if self.entered:
            self.checker.feed(
                entry_screen(self.entered, self.cells, counter=self.counter, dashes=self.dashes),
                self.keys_down,
            )


def typist(wanted: str, cells: int = 8, *, counter: bool = False, dashes: bool = False) -> Typist:
    checker = echo_checker(wanted, cells, counter=counter, dashes=dashes)
    return Typist(checker, cells, counter, dashes)


glasses = pytest.mark.parametrize(
    ("cells", "counter", "dashes"),
    [
        (12, True, True),
        (8, True, False),
        (16, True, True),
        (12, False, False),
        (8, False, False),
        (12, False, True),
    ],
)


@glasses
def test_a_token_typed_right_is_verified(cells: int, counter: bool, dashes: bool) -> None:
    hand = typist(TOKEN, cells, counter=counter, dashes=dashes)
    for digit in TOKEN:
        assert hand.checker.verdict().state == "unproven"
        hand.press(digit)
    verdict = hand.checker.verdict()
    assert (verdict.state, verdict.entered) == ("verified", 20)


@glasses
def test_random_tokens_typed_right_are_verified(cells: int, counter: bool, dashes: bool) -> None:
    dice = random.Random(4)
    for _ in range(100):
        token = "".join(dice.choice("0123456789") for _ in range(20))
        hand = typist(token, cells, counter=counter, dashes=dashes)
        for digit in token:
            hand.press(digit, late=dice.random() < 0.3)
        hand.settle()
        assert hand.checker.verdict().state == "verified"


PATTERNS = ["64262129972200332245", "64577227724486958444", "79725425647747747448"]


@pytest.mark.parametrize("token", PATTERNS)
def test_a_pattern_in_the_token_is_proved_by_resting_after_each_key(token: str) -> None:
    hasty, patient = typist(token, 8), typist(token, 8)
    for digit in token:
        hasty.press(digit)
        patient.press(digit)
        patient.rest()
    assert hasty.checker.verdict().state == "unproven"
    assert patient.checker.verdict().state == "verified"


@pytest.mark.parametrize("token", PATTERNS)
@pytest.mark.parametrize("place", [3, 9, 10, 15])
def test_resting_proves_no_pattern_with_a_digit_missing_or_doubled(token: str, place: int) -> None:
    for copies in (0, 2):
        hand = typist(token, 8)
        for at, digit in enumerate(token):
            hand.press(digit * copies if at == place else digit)
            hand.rest()
        assert hand.checker.verdict().state != "verified"


@glasses
def test_bursts_are_verified_as_they_come(cells: int, counter: bool, dashes: bool) -> None:
    hand = typist(TOKEN, cells, counter=counter, dashes=dashes)
    for typed, digit in enumerate(TOKEN, start=1):
        hand.press(digit)
        assert hand.checker.verdict(typed).state == "verified"


@glasses
@pytest.mark.parametrize("place", [0, 3, 4, 9, 18])
def test_a_dropped_digit_is_wrong_where_it_is_missing(
    cells: int, counter: bool, dashes: bool, place: int
) -> None:
    hand = typist(TOKEN, cells, counter=counter, dashes=dashes)
    for at, digit in enumerate(TOKEN):
        hand.press("" if at == place else digit)
    verdict = hand.checker.verdict()
    assert (verdict.state, verdict.position) == ("wrong", place + 1)


@glasses
@pytest.mark.parametrize("place", [0, 5, 19])
def test_a_doubled_digit_is_wrong_behind_it(cells: int, counter: bool, dashes: bool, place: int) -> None:
    hand = typist(TOKEN, cells, counter=counter, dashes=dashes)
    for at, digit in enumerate(TOKEN):
        hand.press(digit * 2 if at == place else digit)
    verdict = hand.checker.verdict()
    assert (verdict.state, verdict.position) == ("wrong", place + 2)


@glasses
def test_another_digit_is_wrong_and_is_named(cells: int, counter: bool, dashes: bool) -> None:
    hand = typist(TOKEN, cells, counter=counter, dashes=dashes)
    for at, digit in enumerate(TOKEN):
        hand.press("0" if at == 10 else digit)
    verdict = hand.checker.verdict()
    assert (verdict.state, verdict.position, verdict.seen) == ("wrong", 11, "0")


def test_the_last_digit_missing_is_not_verified() -> None:
    hand = typist("12344", 8, counter=True)
    for digit in "1234":
        hand.press(digit)
    hand.press("")
    hand.settle()
    assert hand.checker.verdict().state == "unproven"


@pytest.mark.parametrize("counter", [True, False])
def test_digits_that_passed_unseen_leave_a_gap(counter: bool) -> None:
    hand = typist(TOKEN, 8, counter=counter)
    for at, digit in enumerate(TOKEN):
        hand.press(digit, missed=(4 <= at < 15,))
    hand.settle()
    verdict = hand.checker.verdict()
    assert verdict.state == "unproven"
    assert 6 in verdict.unproved


def test_a_run_longer_than_the_line_is_never_proved_without_a_counter() -> None:
    token = "12" + "7" * 12 + "345678"
    right, one_short = typist(token, 8), typist(token, 8)
    for at, digit in enumerate(token):
        right.press(digit)
        one_short.press("" if at == 11 else digit)
    assert right.checker.verdict().state == "unproven"
    assert one_short.checker.verdict().state == "unproven"


def test_a_run_longer_than_the_line_is_proved_by_a_counter() -> None:
    token = "12" + "7" * 12 + "345678"
    hand = typist(token, 8, counter=True)
    for digit in token:
        hand.press(digit)
    assert hand.checker.verdict().state == "verified"


@pytest.mark.parametrize("counter", [True, False])
@pytest.mark.parametrize("seen", [True, False])
def test_an_entry_lost_on_the_way_is_wrong(counter: bool, seen: bool) -> None:
    hand = typist(TOKEN, 8, counter=counter)
    for at, digit in enumerate(TOKEN):
        if at == 12:
            hand.lose_entry(seen=seen)
        hand.press(digit)
    assert hand.checker.verdict().state == "wrong"


@pytest.mark.parametrize("counter", [True, False])
def test_an_entry_lost_at_the_end_is_not_verified(counter: bool) -> None:
    hand = typist("04", 8, counter=counter)
    hand.press("0")
    hand.press("4")
    assert hand.checker.verdict().state == "verified"
    hand.lose_entry(seen=True)
    assert hand.checker.verdict().state == "unproven"


@pytest.mark.parametrize("counter", [True, False])
def test_an_unreadable_last_screen_is_not_verified(counter: bool) -> None:
    hand = typist("04", 8, counter=counter)
    hand.press("0")
    hand.press("4")
    broken = bytearray(image(glass.SEVEN_SEGMENT, "04", 8, " 2" if counter else None))
    broken[-1] ^= 0x02  # a 4 without its upper right segment
    hand.checker.feed(read_image(bytes(broken)), 2)
    assert hand.checker.verdict().state == "unproven"
    hand.settle()
    assert hand.checker.verdict().state == "verified"


def test_the_dark_half_of_a_blink_says_nothing() -> None:
    hand = typist("04", 8, counter=True)
    hand.press("0")
    hand.press("4")
    dark = image(glass.SEVEN_SEGMENT, "", 8, "  ", flags=glass.FLAG_BLINK_OFF)
    hand.checker.feed(read_image(dark), 2)
    assert hand.checker.verdict().state == "verified"


def test_reasons_do_not_tell_the_number() -> None:
    hand = typist(TOKEN, 8, counter=True)
    for digit in TOKEN[1:]:
        hand.press(digit)
    verdict = hand.checker.verdict()
    assert not any(TOKEN[at : at + 4] in repr(verdict) for at in range(17))


def test_only_digits_can_be_checked() -> None:
    with pytest.raises(ValueError):
        echo_checker("12a4", 8, counter=True, dashes=False)


@dataclass(frozen=True)
class Key:
    """What one press does: how many digits, whether it is another digit, how its screens are seen."""

    copies: int
    other: str
    late: bool
    missed: tuple[bool, bool]
    lose_before: bool
    loss_seen: bool


def keys(faults: bool) -> st.SearchStrategy[Key]:
    rare = st.integers(0, 9).map(lambda dice: dice == 0)
    return st.builds(
        Key,
        copies=st.sampled_from([1, 1, 1, 1, 0, 2]) if faults else st.just(1),
        other=st.sampled_from(["", "", "", "", "1", "2"]) if faults else st.just(""),
        late=st.booleans(),
        missed=st.tuples(rare, rare),
        lose_before=rare if faults else st.just(False),
        loss_seen=st.booleans(),
    )


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_only_what_the_meter_holds_is_ever_verified(data: st.DataObject) -> None:
    # Two digits and short lines make equal neighbours and patterns that repeat, where counting goes wrong.
    wanted = data.draw(st.text(st.sampled_from("12"), min_size=1, max_size=14))
    hand = typist(
        wanted,
        data.draw(st.integers(4, 9)),
        counter=data.draw(st.booleans()),
        dashes=data.draw(st.booleans()),
    )
    for digit in wanted:
        key = data.draw(keys(faults=True))
        if key.lose_before:
            hand.waiting = []
            hand.lose_entry(seen=key.loss_seen)
        hand.press((key.other or digit) * key.copies, late=key.late, missed=key.missed)
    hand.settle()
    if hand.checker.verdict().state == "verified":
        assert hand.entered == wanted


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_was_typed_right_is_never_called_wrong(data: st.DataObject) -> None:
    wanted = data.draw(st.text(st.sampled_from("0123"), min_size=1, max_size=20))
    hand = typist(
        wanted,
        data.draw(st.integers(4, 16)),
        counter=data.draw(st.booleans()),
        dashes=data.draw(st.booleans()),
    )
    for digit in wanted:
        key = data.draw(keys(faults=False))
        hand.press(digit, late=key.late, missed=key.missed)
    hand.settle()
    assert hand.checker.verdict().state != "wrong"


@glasses
def test_after_each_key_the_line_is_known_to_hold_the_first_digits(
    cells: int, counter: bool, dashes: bool
) -> None:
    hand = typist(TOKEN, cells, counter=counter, dashes=dashes)
    for typed, digit in enumerate(TOKEN, start=1):
        hand.press(digit)
        hand.rest()
        assert hand.checker.standing() == Standing(typed, typed)


@glasses
def test_a_digit_too_many_is_told_apart_from_those_that_are_right(
    cells: int, counter: bool, dashes: bool
) -> None:
    hand = typist(TOKEN, cells, counter=counter, dashes=dashes)
    for digit in TOKEN[:11]:
        hand.press(digit)
    hand.press(TOKEN[11] * 2)
    hand.rest()
    assert hand.checker.standing() == Standing(12, 13)


@glasses
def test_of_an_entry_whose_beginning_passed_unseen_nothing_is_known(
    cells: int, counter: bool, dashes: bool
) -> None:
    hand = typist(TOKEN, cells, counter=counter, dashes=dashes)
    for at, digit in enumerate(TOKEN[:19]):
        hand.press(digit, missed=(at < 18,))
    hand.rest()
    standing = hand.checker.standing()
    assert standing is None


@glasses
def test_a_line_that_went_back_to_the_credit_holds_no_digit(cells: int, counter: bool, dashes: bool) -> None:
    hand = typist(TOKEN, cells, counter=counter, dashes=dashes)
    hand.press(TOKEN[0])
    hand.lose_entry(seen=True)
    assert hand.checker.standing() == Standing(0, 0)


@glasses
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_typing_on_from_what_stands_never_proves_another_entry(
    cells: int, counter: bool, dashes: bool, data: st.DataObject
) -> None:
    """Keys are lost and doubled and images missed; lost keys are typed again where the checker says they are."""
    token = data.draw(st.text("0123456789", min_size=20, max_size=20))
    mishaps = data.draw(
        st.dictionaries(
            st.integers(0, 25), st.sampled_from(["lost", "doubled", "unseen", "late"]), max_size=6
        )
    )
    hand = typist(token, cells, counter=counter, dashes=dashes)
    stands, keys = 0, 0
    while stands < len(token) and keys < 40:
        what = mishaps.get(keys)
        copies = {"lost": 0, "doubled": 2}.get(what or "", 1)
        hand.press(token[stands] * copies, late=what == "late", missed=(what == "unseen",))
        keys += 1
        if what == "lost":
            hand.rest()
            known = hand.checker.standing()
            if known is None or known.right != known.entered:
                break
            assert hand.entered == token[: known.right]
            stands = known.right
        else:
            stands += 1
    hand.settle()
    if hand.checker.verdict().state == "verified":
        assert hand.entered == token
