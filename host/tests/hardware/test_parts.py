"""One-shot and contacts, to the microsecond."""

from kctrig.sim.hardware.keying import SOLENOID
from kctrig.sim.hardware.parts import NEVER, PHOTOMOS, Contact, OneShot


def closed_at(contact: Contact, now_us: int) -> bool:
    contact.advance(now_us)
    return contact.closed


def test_the_one_shot_ends_its_period_after_the_last_edge() -> None:
    one_shot = OneShot(400_000)
    assert not one_shot.on(0)
    one_shot.trigger(0)
    one_shot.trigger(300_000)
    assert one_shot.on(699_999)
    assert one_shot.next_us(500_000) == 700_000
    assert not one_shot.on(700_000)
    assert one_shot.next_us(700_000) == NEVER


def test_a_cleared_one_shot_is_off_at_once() -> None:
    one_shot = OneShot(400_000)
    one_shot.trigger(0)
    one_shot.clear()
    assert not one_shot.on(1)


def test_a_photomos_closes_half_a_millisecond_after_its_led_and_opens_a_tenth_after_it() -> None:
    contact = Contact(PHOTOMOS)
    contact.drive(True, 1000)
    assert contact.next_us() == 1500
    assert [closed_at(contact, at_us) for at_us in (1499, 1500)] == [False, True]
    contact.drive(False, 9000)
    assert [closed_at(contact, at_us) for at_us in (9099, 9100)] == [True, False]


def test_a_solenoid_that_is_let_go_before_it_arrives_presses_nothing() -> None:
    contact = Contact(SOLENOID)
    contact.drive(True, 0)
    contact.drive(False, SOLENOID.close_us - 1)
    assert contact.next_us() == NEVER
    assert not closed_at(contact, 10 * SOLENOID.close_us)


def test_a_stuck_contact_stays_where_it_is() -> None:
    for stuck in (True, False):
        contact = Contact(PHOTOMOS, stuck=stuck)
        contact.drive(True, 0)
        assert closed_at(contact, 1_000_000) is stuck
        contact.drive(False, 1_000_000)
        assert closed_at(contact, 2_000_000) is stuck
