"""A command line that runs in this process, on a rig and an entry procedure that play a part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
from kctrig.cli.app import run
from kctrig.procedure import runner
from kctrig.procedure.ports import Journal
from kctrig.procedure.runner import Entered, Identity, Probe, Progress
from kctrig.procedure.verdicts import Answer, Job, Outcome, Override, Role, TokenAnswer, Verdict, mask_token
from kctrig.profiles import Profile

Kctrig = Callable[..., "Ran"]


class FakeRig:
    """Stands for an open rig; knows which meter is in it."""

    def __init__(self, url: str, meter_no: str) -> None:
        self.url = url
        self.meter_no = meter_no
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True


@dataclass
class Procedure:
    """What the procedure will find and say; set by a test before it runs a command."""

    meters: dict[str, str] = field(default_factory=dict)
    open_errors: dict[str, Exception] = field(default_factory=dict)
    verdict: Verdict = Verdict.PASS_VERIFIED
    reason: str = ""
    error: Exception | None = None
    answers: list[Answer] = field(default_factory=list)
    probe: Probe = field(default_factory=lambda: Probe("00000000018", 1, 2, "KRN 01 KT 02"))
    rigs: list[FakeRig] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    entered: list[tuple[str, ...]] = field(default_factory=list)
    overrides: list[Override | None] = field(default_factory=list)
    on_upgrade: Callable[[], None] | None = None

    def open_any(self, url: str, **_: object) -> FakeRig:
        if url in self.open_errors:
            raise self.open_errors[url]
        rig = FakeRig(url, self.meters.get(url, "00000000018"))
        self.rigs.append(rig)
        return rig

    def identify_meter(self, rig: FakeRig, profiles: Sequence[Profile], **_: object) -> Identity:
        return Identity(rig.meter_no, tuple(profiles[:1]))

    def upgrade_meter(
        self,
        rig: FakeRig,
        job: Job,
        profile: Profile,
        store: Journal,
        *,
        progress: Callable[[Progress], None],
        override: Override | None = None,
        **_: object,
    ) -> Outcome:
        self.jobs.append(job)
        self.overrides.append(override)
        attempt = store.claim(job.meter_no, profile.name, {"kind": "upgrade"})
        attempt.close()
        progress(Progress(job.meter_no, "IDENTIFIED", 0, 40, job.meter_no))
        if self.on_upgrade:
            self.on_upgrade()
        if self.error:
            raise self.error
        passed = self.verdict is Verdict.PASS_VERIFIED
        return Outcome(
            job.meter_no,
            profile.name,
            self.verdict,
            reason=self.reason,
            krn_before=1,
            krn_after=2 if passed else 1,
            kt_after=2,
            shown_before="KRN 01 KT 02",
            shown_after="KRN 02 KT 02" if passed else "KRN 01 KT 02",
            seconds=12.5,
            attempt=1,
        )

    def enter_tokens(
        self,
        rig: FakeRig,
        profile: Profile,
        tokens: Sequence[str],
        store: Journal,
        *,
        override: Override | None = None,
        **_: object,
    ) -> Entered:
        self.overrides.append(override)
        self.entered.append(tuple(tokens))
        if self.error:
            raise self.error
        answers = tuple(
            TokenAnswer(at, mask_token(digits), Role.CREDIT, answer, "13.9")
            for at, (digits, answer) in enumerate(zip(tokens, self.answers, strict=False))
        )
        return Entered(answers, Outcome("00000000018", profile.name, self.verdict, reason=self.reason))

    def probe_meter(self, rig: FakeRig, profile: Profile, **_: object) -> Probe:
        return self.probe


@pytest.fixture
def procedure(monkeypatch: pytest.MonkeyPatch) -> Procedure:
    """The fake, in place of rig and runner."""
    fake = Procedure()
    for name in ("identify_meter", "upgrade_meter", "enter_tokens", "probe_meter"):
        monkeypatch.setattr(runner, name, getattr(fake, name))
    for module in ("rounds", "enter", "probe"):
        monkeypatch.setattr(f"kctrig.cli.{module}.open_any", fake.open_any)
    return fake


@dataclass(frozen=True)
class Ran:
    """What a command line came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def kctrig(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kctrig:
    """Run a command line in an empty folder; gives exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def command(*words: object) -> Ran:
        code = run([str(word) for word in words])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return command
