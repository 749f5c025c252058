from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from kctrig.cli.app import run
from kctrig.procedure.hand import Hand
from kctrig.procedure.reader import GlassWatch
from kctrig.sim.campaign import many
from kctrig.sim.campaign.plan import Plan
from kctrig.sim.campaign.run import Done, run_campaign


def test_campaigns_without_a_violation_end_with_exit_code_0_and_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["simulate", "--campaigns", "6", "--seed", "9", "--level", "healthy", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["campaigns"] == 6
    assert figures["violations"] == 0
    assert figures["levels"]["healthy"]["in_doubt_share"] == 0
    assert figures["campaigns_per_s"] > 0


def test_figures_for_people_name_levels_and_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--campaigns", "4", "--level", "healthy"]) == 0
    out = capsys.readouterr().out
    assert "4 campaigns from seed 1" in out
    assert "PASS_VERIFIED" in out
    assert "in doubt 0.00 %" in out


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_an_interrupted_run_tells_what_was_judged_until_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: tuple[str, ...]
) -> None:
    begun = 0

    def interrupted(plan: Plan) -> Done:
        nonlocal begun
        begun += 1
        if begun > 3:
            raise KeyboardInterrupt
        return run_campaign(plan)

    monkeypatch.setattr("kctrig.sim.campaign.many.run_campaign", interrupted)
    words = ["simulate", "--campaigns", "50", "--level", "healthy", "--workers", "1"]
    assert run([*words, *as_json]) == 130
    told = capsys.readouterr()
    assert "interrupted after 3 of 50 campaigns" in told.err
    assert json.loads(told.out)["campaigns"] == 3 if as_json else "3 campaigns from seed 1" in told.out


def test_one_campaign_is_no_plural(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--campaigns", "1", "--level", "healthy"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("1 campaign from seed 1 in ")
    assert "healthy: 1 campaign, " in out
    assert not re.search(r"\b1 (campaigns|meters|attempts|violations)", out)


def test_a_single_campaign_is_written_down_step_by_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "trace.txt"
    assert (
        run(["simulate", "--campaigns", "1", "--seed", "9", "--level", "healthy", "--trace", str(trace)]) == 0
    )
    text = trace.read_text(encoding="utf-8")
    assert "plan: {" in text
    assert re.search(r"store   \d{11} enter-intent", text)
    assert re.search(r"meter   \d{11} token digits=\d{4}…\d{4}", text)
    assert not re.search(r"\d{20}", text)
    assert str(trace) in capsys.readouterr().err


def test_a_failing_seed_is_told_with_the_command_that_replays_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(GlassWatch, "verified", property(lambda self: True))
    monkeypatch.setattr(GlassWatch, "wrong", property(lambda self: False))
    monkeypatch.setattr(Hand, "still_stands", lambda self: True)
    trace = tmp_path / "first.txt"
    arguments = ["simulate", "--campaigns", "8", "--seed", "300000", "--level", "hard", "--workers", "1"]
    assert run([*arguments, "--trace", str(trace)]) == 1
    told = capsys.readouterr()
    command = re.search(r"Again: kctrig (simulate --campaigns 1 .*) --trace", told.err)
    assert command
    assert "violations" in told.out
    assert "VIOLATION of" in trace.read_text(encoding="utf-8")
    assert run(command.group(1).split()) == 1


def test_a_campaign_that_is_itself_at_fault_is_named_by_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no such segment")

    monkeypatch.setattr(many, "run_campaign", broken)
    with pytest.raises(RuntimeError, match="campaign 5 itself is at fault: ValueError: no such segment"):
        many.run_many(1, 5)


def test_a_trace_that_cannot_be_written_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["simulate", "--campaigns", "1", "--level", "healthy"]
    assert run([*arguments, "--trace", str(tmp_path / "no" / "folder.txt")]) == 2
    assert "name another file with --trace" in capsys.readouterr().err


def test_chunks_on_several_cores_cover_every_seed_once() -> None:
    seeds: list[int] = []
    report = many.run_many(
        20, 50, level="healthy", workers=2, on_row=lambda so_far: seeds.append(so_far.campaigns)
    )
    assert report.campaigns == 20
    assert seeds == list(range(1, 21))
    assert report.levels["healthy"].campaigns == 20
