"""When a key that the glass has not followed counts as lost."""

from __future__ import annotations

from kctrig.procedure.follow import JITTER_MS, Follow


def test_before_any_echo_was_seen_nothing_is_judged_quickly() -> None:
    follow = Follow(250)
    follow.down(1_000)
    assert follow.overdue_ms(32) == 1_250


def test_a_key_without_an_echo_is_overdue_after_its_press_or_the_slowest_echo_so_far() -> None:
    for echo_ms, press_ms in ((25, 32), (70, 32)):
        follow = Follow(250)
        follow.down(1_000)
        follow.changed(1_000 + echo_ms)
        assert follow.overdue_ms(press_ms) is None
        follow.down(2_000)
        assert follow.overdue_ms(press_ms) == 2_000 + max(echo_ms, press_ms) + JITTER_MS


def test_a_change_with_several_keys_under_way_teaches_nothing() -> None:
    follow = Follow(250)
    follow.down(1_000)
    follow.down(1_064)
    follow.changed(1_097)  # of the first, late, or of the second, when the first was lost
    assert follow.longest_ms == 0
    follow.changed(1_364)
    assert follow.longest_ms == 300


def test_the_oldest_key_without_an_echo_is_overdue_first_and_the_newest_settles_last() -> None:
    follow = Follow(250)
    follow.down(1_000)
    follow.down(1_064)
    assert (follow.overdue_ms(32), follow.settled_ms(32)) == (1_250, 1_314)
    follow.changed(1_100)
    assert (follow.overdue_ms(32), follow.settled_ms(32)) == (1_314, 1_314)


def test_what_is_forgotten_is_not_awaited() -> None:
    follow = Follow(250)
    follow.down(1_000)
    follow.forget()
    assert (follow.overdue_ms(32), follow.settled_ms(32)) == (None, 0)
    follow.changed(1_500)
    assert follow.longest_ms == 0
