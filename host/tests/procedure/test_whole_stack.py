"""Runner, link, rig firmware and emulated meter in one process and in virtual time, judged by the meter's truth log."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from kctrig import profiles
from kctrig.procedure.drive import Progress, Stop
from kctrig.procedure.runner import identify_meter, probe_meter, upgrade_meter
from kctrig.procedure.verdicts import CreditQuestion, Verdict
from kctrig.records.errors import MeterBusy
from kctrig.records.store import Store
from kctrig.sim.virtual import VirtualWorld
from metersim.defaults import default_state
from tests.procedure.virtual_bench import BRANDS, Bench, Make


@pytest.mark.parametrize("brand", BRANDS)
def test_every_brand_is_upgraded(make: Make, brand: str) -> None:
    bench = make(brand)
    outcome = bench.upgrade()
    assert outcome.verdict is Verdict.PASS_VERIFIED, outcome.reason
    assert (outcome.krn_before, outcome.krn_after) == (1, 2)
    assert outcome.weak_evidence == (not profiles.load(brand).kt_shown)
    assert [result for _, result in bench.submitted()] == ["1stKCT", "2ndKCT"]


@pytest.mark.parametrize("brand", BRANDS)
def test_the_time_at_the_keypad_is_that_of_the_keys(make: Make, brand: str) -> None:
    outcome = make(brand).upgrade()
    for entry in outcome.answers:
        assert entry.keypad_ms < 1.10 * entry.key_time_ms


@pytest.mark.parametrize("brand", BRANDS)
def test_the_whole_upgrade_waits_for_nothing_but_keys_answers_and_pages(make: Make, brand: str) -> None:
    profile = profiles.load(brand)
    outcome = make(brand).upgrade()
    keys_s = outcome.keys_pressed * (profile.press_ms + profile.gap_ms) / 1000
    pages_s = 2 * profile.page_s if profile.glass.cells < len(outcome.meter_no) else 0
    answers_s = 3 * 0.25 + 2 * 0.8
    assert outcome.seconds < 1.10 * keys_s + answers_s + pages_s + 7 * 0.06


def test_a_meter_upgraded_before_gets_no_key_of_a_token(make: Make) -> None:
    bench = make("hexing")
    bench.upgrade()
    submitted = bench.submitted()
    outcome = bench.upgrade()
    assert (outcome.verdict, outcome.enters, outcome.attempt) == (Verdict.ALREADY_DONE, 0, 2)
    assert bench.submitted() == submitted


FAULTS: dict[str, tuple[Verdict, str]] = {
    "wrong_drn": (Verdict.BLOCKED, "wrong_meter"),
    "wrong_key": (Verdict.REJECTED, "refused"),
    "tamper": (Verdict.BLOCKED, "tamper"),
    "locked": (Verdict.LOCKED_OUT, "locked"),
    "echo_off": (Verdict.BLOCKED, "echo_failed"),
    "stuck_key:5": (Verdict.BLOCKED, "echo_failed"),
    "no_glass": (Verdict.INFRA_ERROR, "rig_refused"),
    "dark_glass": (Verdict.BLOCKED, "echo_failed"),
    "lies_benar": (Verdict.IN_DOUBT, "key_not_changed"),
    "frozen_glass:30": (Verdict.IN_DOUBT, "unreadable"),
    "power_cut:in_entry": (Verdict.PASS_VERIFIED, ""),
    "power_cut:in_processing": (Verdict.IN_DOUBT, "unreadable"),
    "power_cut:after_kct1": (Verdict.HALF, "unreadable"),
    "power_cut:after_kct2": (Verdict.PASS_VERIFIED, ""),
    "bounce:8": (Verdict.PASS_VERIFIED, ""),
    "overload": (Verdict.PASS_VERIFIED, ""),
    "ghost_key:0.01": (Verdict.PASS_VERIFIED, ""),
    "low_contrast": (Verdict.BLOCKED, "echo_failed"),
    "no_mains": (Verdict.REJECTED, "refused"),
}


@pytest.mark.parametrize("brand", ["hexing", "star"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_meter_is_called_what_it_is(make: Make, brand: str, fault: str) -> None:
    bench = make(brand, (fault,))
    outcome = bench.upgrade()
    assert (outcome.verdict, outcome.code) == FAULTS[fault], outcome.reason
    assert outcome.seconds < 25


@pytest.mark.parametrize("brand", BRANDS)
def test_a_meter_that_names_the_token_in_doubt_ends_the_doubt(make: Make, brand: str) -> None:
    bench = make(brand, ("power_cut:after_kct1",))
    first = bench.upgrade()
    assert first.verdict is Verdict.HALF
    timeout_s = profiles.load(brand).section_timeout_s
    assert (first.half_until_unix_ms is not None) == bool(timeout_s)
    looks = [event.body for event in bench.store.events() if event.point == "doubt" and "match" in event.body]
    assert [(look["read"], look["match"]) for look in looks] == [(True, True)]
    outcome = bench.upgrade()
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert len(bench.submitted()) == 2


def test_the_digits_that_the_meter_names_are_neither_shown_nor_kept(make: Make) -> None:
    bench = make("itron", ("power_cut:after_kct1",))
    seen: list[Progress] = []
    bench.upgrade(progress=seen.append)
    token = bench.tokens[0]
    assert "(token)" in {step.shown for step in seen}
    assert not any(token[:6] in step.shown or token[6:12] in step.shown for step in seen)
    for event in bench.store.events():
        assert not any(token[at : at + 6] in json.dumps(event.body) for at in (0, 6, 12))


def test_a_meter_that_names_another_token_leaves_the_doubt(make: Make) -> None:
    bench = make("hexing", ("power_cut:in_processing",))
    for _ in range(2):
        outcome = bench.upgrade()
        assert outcome.verdict is Verdict.IN_DOUBT
    looks = [event.body for event in bench.store.events() if event.point == "doubt" and "match" in event.body]
    assert [look["match"] for look in looks] == [False, False]
    assert len(bench.submitted()) <= 1


def test_a_token_entered_before_an_override_proves_nothing_by_being_named(make: Make) -> None:
    bench = make("hexing", ("power_cut:after_kct1",))
    bench.upgrade()
    attempt = bench.store.claim(bench.meter_no, "hexing", {})
    attempt.record("override", {"reason": "entered again", "operator": "Sari"})
    token = bench.store.fingerprint(bench.tokens[0])
    attempt.record("enter-intent", {"position": 0, "token": token, "job_id": 1})
    attempt.close()
    assert (bench.upgrade().code, len(bench.submitted())) == ("doubt_remains", 1)


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("slow_ms", [0, 900, 1_500, 2_500, 4_200])
def test_a_meter_that_shows_the_token_while_it_thinks_gets_it_once(
    make: Make, brand: str, slow_ms: int
) -> None:
    faults = ("hold_entry", f"slow_answer:{slow_ms}")
    bench = make(brand, faults)
    outcome = bench.upgrade()
    # Codes that take longer than the profile says end it before a token is typed.
    wanted = Verdict.BLOCKED if slow_ms > 2_500 else Verdict.PASS_VERIFIED
    assert outcome.verdict is wanted, outcome
    refusing = make(brand, (*faults, "wrong_key"), 1)
    outcome = refusing.upgrade()
    assert outcome.verdict is (Verdict.BLOCKED if slow_ms > 2_500 else Verdict.REJECTED), outcome
    assert len(refusing.submitted()) <= 1


def test_an_enter_that_a_holding_meter_did_not_see_is_pressed_again(make: Make) -> None:
    again = 0
    for seed in range(40):
        bench = make("hexing", ("hold_entry", "key_drop:0.03"), seed)
        assert bench.upgrade().verdict is Verdict.PASS_VERIFIED
        answers = [event.body["answer"] for event in bench.store.events() if event.point == "answer"]
        again += answers.count("not_taken")
    assert again > 0


def test_a_refused_token_gets_no_second_try_in_the_next_run_either(make: Make) -> None:
    bench = make("hexing", ("wrong_key",))
    assert bench.upgrade().verdict is Verdict.REJECTED
    outcome = bench.upgrade()
    assert (outcome.verdict, outcome.code) == (Verdict.BLOCKED, "refused_before")
    assert [result for _, result in bench.submitted()] == ["CRCError"]


@pytest.mark.parametrize("brand", BRANDS)
def test_lost_keys_cost_time_and_no_token(make: Make, brand: str) -> None:
    for seed in range(8):
        bench = make(brand, ("key_drop:0.01",), seed)
        outcome = bench.upgrade()
        assert outcome.verdict is Verdict.PASS_VERIFIED, (seed, outcome)


def test_a_bad_line_a_restart_or_a_cut_cable_at_any_moment_bends_no_verdict(make: Make) -> None:
    """Trouble at a random moment, then the same meter once more on a good line: the second run begins with a look."""
    ends: Counter[Verdict] = Counter()
    for seed in range(60):
        chance = random.Random(seed)
        bench = make(chance.choice(BRANDS), ("key_drop:0.01",), seed)
        world = bench.world
        at_ms = chance.randint(0, 9_000)
        rates = {"loss": 0.05 if seed % 3 == 0 else 0.0}

        def lossy(
            data: bytes, _now_ms: int, chance: random.Random = chance, share: float = rates["loss"]
        ) -> bytes:
            return b"" if chance.random() < share else data

        world.to_rig = world.to_host = lossy
        if seed % 3 == 1:
            world.at(at_ms, world.reset_rig)
        elif seed % 3 == 2:
            world.at(at_ms, world.cut_link)
        first = bench.upgrade()
        world.run(at_ms + 1)
        world.mend_link()
        second = bench.upgrade()
        ends[second.verdict] += 1
        if first.verdict in (Verdict.READY, Verdict.INFRA_ERROR):
            assert second.verdict is Verdict.PASS_VERIFIED, (seed, first, second)
        if first.verdict is Verdict.PASS_VERIFIED:
            assert second.verdict is Verdict.ALREADY_DONE
        assert second.verdict in (Verdict.PASS_VERIFIED, Verdict.ALREADY_DONE, Verdict.IN_DOUBT)
    assert ends[Verdict.PASS_VERIFIED] > 0
    assert ends[Verdict.ALREADY_DONE] > 0


def test_the_rig_s_clock_may_wrap_in_the_middle(tmp_path: Path) -> None:
    world = VirtualWorld("sanxing", default_state("sanxing"), rig_start_ms=(1 << 30) - 3_000)
    bench = Bench("sanxing", world, Store(tmp_path / "wrap.sqlite"))
    outcome = bench.upgrade()
    assert outcome.verdict is Verdict.PASS_VERIFIED
    assert all(0 < entry.keypad_ms < 3_000 for entry in outcome.answers)


class KilledError(BaseException):
    """Stands for SIGKILL: nothing catches it."""


class DyingStore(Store):
    """Dies just before or just after the n-th journal point becomes durable."""

    dies_at = 0
    after = False
    world: VirtualWorld

    def _append(self, attempt: int, meter_no: str, point: str, body: Mapping[str, object]) -> int:
        self.dies_at -= 1
        if self.dies_at == 0 and not self.after:
            self._die()
        seq = super()._append(attempt, meter_no, point, body)
        if self.dies_at == 0:
            self._die()
        return seq

    def _die(self) -> None:
        self.world.cut_link()
        raise KilledError


POINTS = ["probe", *2 * ["intent", "typed", "enter-intent", "answer"], "verify", "verdict"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "number", range(1, len(POINTS) + 1), ids=[f"{n}-{p}" for n, p in enumerate(POINTS, 1)]
)
def test_the_host_may_die_at_every_journal_point(tmp_path: Path, number: int, after: bool) -> None:
    path = tmp_path / "shift.sqlite"
    world = VirtualWorld("itron", default_state("itron"))
    dying = DyingStore(path)
    dying.world, dying.dies_at, dying.after = world, number, after
    bench = Bench("itron", world, dying)
    with pytest.raises(KilledError):
        bench.upgrade()
    dying.close()
    world.run(world.now_ms() + 3_000)
    world.mend_link()
    with Store(path) as store:
        assert store.verify().ok
        (row,) = store.status()
        written = [event.point for event in store.events()][1:]
        assert written == POINTS[: number if after else number - 1]
        second = Bench("itron", world, store).upgrade()
        open_enter = written.count("enter-intent") > written.count("answer")
        if written[-1:] == ["verdict"]:
            assert (row.state, second.verdict) == ("PASS_VERIFIED", Verdict.ALREADY_DONE)
        elif open_enter:
            # The look decides where it can: only the last section's Enter shows in the key revision.
            assert row.state == "IN_DOUBT"
            counted = bench.krn() == 2
            assert second.verdict is (Verdict.PASS_VERIFIED if counted else Verdict.IN_DOUBT)
        else:
            assert second.verdict is Verdict.PASS_VERIFIED
        assert max(Counter(digits for digits, _ in bench.submitted()).values(), default=0) <= 1
        downs = Counter(row["edge"] for row in world.truth if row["event"] == "key")
        assert downs["down"] == downs["up"]


# -- the runner


def test_progress_tells_every_state_and_no_digit_of_a_token(make: Make) -> None:
    seen: list[Progress] = []
    bench = make("sanxing")
    outcome = bench.upgrade(progress=seen.append)
    states = list(dict.fromkeys(step.state for step in seen))
    assert states == [
        "READY",
        "IDENTIFIED",
        "ENTERING 1",
        "ENTERING 2",
        "VERIFYING",
        "PASS_VERIFIED",
    ]
    assert seen[-1].state == "PASS_VERIFIED"
    assert seen[-1].keys_done == outcome.keys_pressed <= seen[-1].keys_total + 3
    assert not any(token[:6] in step.shown.replace("-", "") for step in seen for token in bench.tokens)


def test_the_operator_is_asked_before_the_first_digit(make: Make) -> None:
    bench = make("hexing")
    asked: list[int] = []

    def ask(question: str) -> str:
        asked.append(len(bench.submitted()))
        return "yes, at home"

    outcome = bench.upgrade(ask=ask, credit=CreditQuestion.UNKNOWN)
    assert (outcome.verdict, outcome.code) == (Verdict.BLOCKED, "credit_pending")
    assert asked == [0]
    assert bench.submitted() == []


@pytest.mark.parametrize(
    ("after_ms", "verdict"), [(300, Verdict.READY), (1_500, Verdict.READY), (3_000, Verdict.HALF)]
)
def test_a_person_who_stops_leaves_no_key_down_and_a_state_in_the_store(
    make: Make, after_ms: int, verdict: Verdict
) -> None:
    bench = make("hexing")
    stop = Stop()
    bench.world.at(after_ms, stop.ask)
    outcome = bench.upgrade(stop=stop)
    assert outcome.verdict is verdict
    downs = Counter(row["edge"] for row in bench.world.truth if row["event"] == "key")
    assert downs["down"] == downs["up"]
    outcome = bench.upgrade()
    assert outcome.verdict is Verdict.PASS_VERIFIED


def test_a_meter_under_work_elsewhere_is_not_touched(make: Make) -> None:
    bench = make("hexing")
    bench.store.claim(bench.meter_no, "hexing", {})
    with pytest.raises(MeterBusy):
        upgrade_meter(
            bench.world.open_rig(), bench.job(), profiles.load("hexing"), bench.store, clock=bench.world
        )
    assert [row for row in bench.world.truth if row["event"] == "key"] == []


@pytest.mark.parametrize("brand", BRANDS)
def test_probing_reads_number_and_key_revision(make: Make, brand: str) -> None:
    bench = make(brand)
    probe = probe_meter(bench.world.open_rig(), profiles.load(brand), clock=bench.world)
    assert (probe.meter_no, probe.krn, probe.problem) == (bench.meter_no, 1, "")
    assert probe.kt == (2 if profiles.load(brand).kt_shown else None)


def test_a_probe_that_cannot_read_says_what_it_saw(make: Make) -> None:
    bench = make("hexing", ("dark_glass",))
    probe = probe_meter(bench.world.open_rig(), profiles.load("hexing"), clock=bench.world)
    assert probe.meter_no is None
    assert "no meter number and no key revision" in probe.problem


@pytest.mark.parametrize("brand", BRANDS)
def test_a_rig_finds_the_number_of_its_meter_with_all_nine_profiles(make: Make, brand: str) -> None:
    bench = make(brand)
    every = [profiles.load(name) for name in BRANDS]
    found = identify_meter(bench.world.open_rig(), every, clock=bench.world)
    assert found is not None
    assert found.meter_no == bench.meter_no
    assert profiles.load(brand) in found.profiles


def test_no_profile_fits_a_glass_of_another_kind(make: Make) -> None:
    bench = make("hexing")
    assert identify_meter(bench.world.open_rig(), [profiles.load("star")], clock=bench.world) is None


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("after_ms", [300, 2_000, 4_000])
def test_an_attempt_on_a_meter_that_falls_silent_ends_soon_after_the_rig_says_so(
    make: Make, brand: str, after_ms: int
) -> None:
    bench = make(brand)

    def dies() -> None:
        bench.world.meter.receive = lambda data, now_ms: None  # type: ignore[method-assign]
        bench.world.meter.take_output = lambda: b""  # type: ignore[method-assign]

    bench.world.at(after_ms, dies)
    outcome = bench.upgrade()
    assert outcome.verdict in (Verdict.INFRA_ERROR, Verdict.HALF)
    assert outcome.code in ("rig_refused", "meter_gone")
    assert outcome.seconds < after_ms / 1000 + 4


@pytest.mark.parametrize("brand", BRANDS)
def test_the_progress_spells_the_reading_as_the_profile_does(make: Make, brand: str) -> None:
    seen: list[Progress] = []
    outcome = make(brand).upgrade(progress=seen.append)
    shown = {step.shown for step in seen if step.state in ("VERIFYING", "PASS_VERIFIED")}
    assert outcome.shown_after in shown
    assert not any(text.startswith("REU") for text in shown)
