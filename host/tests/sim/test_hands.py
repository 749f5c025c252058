"""Typed characters become contacts, one key after the other."""

from kctrig.sim.hands import GAP_MS, HOLD_MS, POWER, PRESS_MS, QUIT, Hands


def pressed(hands: Hands, until_ms: int = 60_000) -> list[tuple[str, int]]:
    """(key, how long it was down) of everything that happens."""
    found: list[tuple[str, int]] = []
    since_ms = 0
    for now_ms in range(until_ms):
        before = hands.key
        if hands.poll(now_ms):
            if hands.key:
                since_ms = now_ms
            else:
                found.append((before, now_ms - since_ms))
    return found


def test_digits_star_hash_enter_and_backspace_are_keys() -> None:
    hands = Hands()
    assert hands.type("04*#\r\n\x7f\b") == []
    assert pressed(hands) == [(key, PRESS_MS) for key in "04*###**"]


def test_only_one_contact_is_closed_at_a_time_and_all_are_open_between_keys() -> None:
    hands = Hands()
    hands.type("19")
    masks: list[int] = []
    for now_ms in range(2 * (PRESS_MS + GAP_MS)):
        hands.poll(now_ms)
        if not masks or masks[-1] != hands.mask:
            masks.append(hands.mask)
    assert masks == [1 << 1, 0, 1 << 9, 0]


def test_l_before_a_key_holds_that_key_and_no_other() -> None:
    hands = Hands()
    hands.type("l01")
    assert pressed(hands) == [("0", HOLD_MS), ("1", PRESS_MS)]
    hands.type("ll2")
    assert pressed(hands, 1_000_000)[-1:] == [("2", PRESS_MS)]


def test_arrows_function_keys_and_letters_are_no_keys() -> None:
    hands = Hands()
    assert hands.type("\x1b[A\x1b[3~\x1bOPxyz\x1b[15~é") == []
    assert hands.waiting == 0
    hands.type("\x1b7")
    assert hands.waiting == 1


def test_quit_and_power_are_commands() -> None:
    hands = Hands()
    assert hands.type("1p2q\x03") == [POWER, QUIT, QUIT]
    assert hands.waiting == 2
    hands.poll(0)
    hands.let_go()
    assert (hands.mask, hands.key, hands.waiting) == (0, "", 0)
