"""The meters of a campaign: their registers over power cuts, and their own log in the campaign's time."""

from __future__ import annotations

import binascii
import random
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from metersim import brands
from metersim.app import MeterApp

from kctrig.sim.campaign.plan import MeterPlan
from kctrig.tokens import issue
from kctrig.tokens.meters import Meter, fresh_state, numbered

_BEFORE = datetime(2021, 1, 25, 12, 0)
_AFTER = datetime(2021, 1, 28, 9, 0)
_CREDIT_TENTHS = 200
STRANGER_SERIAL = 9_999_999_999


@dataclass(slots=True)
class BenchMeter:
    """One meter of the campaign, in the slot or on the shelf.

    Attributes:
        state: its registers as its memory holds them.
        krn, kt: as they were at the start of the campaign.
        log: (campaign time, row of its truth log).
    """

    meter_no: str
    plan: MeterPlan
    state: dict[str, Any]
    krn: int
    kt: int
    faults: tuple[str, ...]
    app: MeterApp | None = None
    log: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    _started_ms: int = 0

    def power_on(self, now_ms: int) -> None:
        """It starts from what its memory holds."""
        self._started_ms = now_ms
        self.app = MeterApp(
            self.plan.brand, dict(self.state), binascii.crc32, now_ms, self.faults, self.plan.serial
        )
        # A fault that cuts the power once has no second time because the meter was put in again.
        self.faults = tuple(fault for fault in self.faults if not fault.startswith("power_"))

    def power_off(self, now_ms: int) -> None:
        """It forgets what is not in its memory."""
        if self.app is None:
            return
        self.collect()
        self.app = None
        self.log.append((now_ms, {"event": "power", "on": False, "pulled": True}))

    def collect(self) -> None:
        """Take over what the meter has logged and saved."""
        app = self.app
        if app is None:
            return
        for row in app.take_truth():
            self.log.append((self._started_ms + row["t_ms"], row))
        saved = app.take_state()
        if saved is not None:
            self.state = saved


def make_meter(plan: MeterPlan) -> tuple[BenchMeter, tuple[str, ...]]:
    """The meter, and the key-change tokens that the bank holds for it."""
    drn = numbered(plan.serial)
    fresh = fresh_state(plan.brand, drn, ea=plan.ea)
    right = kct_of(plan)
    state = dict(fresh)
    if plan.tampered:
        state["tampered"] = True
    if plan.upgraded:
        after = fresh_state(plan.brand, drn, ea=plan.ea, krn=2)
        state.update(
            {name: after[name] for name in ("krn", "kt", "base_date", "decoder_key_hex", "tid_memory")}
        )
    meter = BenchMeter(drn, plan, state, state["krn"], state["kt"], plan.faults)
    return meter, _from_bank(plan, right)


def kct_of(plan: MeterPlan) -> tuple[str, ...]:
    """The right key-change tokens of this meter at KRN 1."""
    return _kct(plan.brand, plan.serial, plan.ea, plan.three_tokens)


def credit_token(plan: MeterPlan) -> str:
    """A credit token for this meter at KRN 1."""
    return issue.credit(_meter(plan), _CREDIT_TENTHS, at=_BEFORE, rnd=plan.serial & 15)


def new_credit_token(plan: MeterPlan) -> str:
    """A credit token for this meter at KRN 2."""
    after = fresh_state(plan.brand, numbered(plan.serial), ea=plan.ea, krn=2)
    return issue.credit(Meter.from_state(after), _CREDIT_TENTHS, at=_AFTER, rnd=plan.serial & 15)


def clear_tamper_token(plan: MeterPlan) -> str:
    """The token that ends the tamper condition of this meter at KRN 1."""
    return issue.clear_tamper(_meter(plan), at=_BEFORE.replace(minute=7), rnd=plan.serial & 15)


def _meter(plan: MeterPlan) -> Meter:
    return Meter.from_state(fresh_state(plan.brand, numbered(plan.serial), ea=plan.ea))


def _from_bank(plan: MeterPlan, right: tuple[str, ...]) -> tuple[str, ...]:
    if plan.bank == "other_meter":
        return _kct(plan.brand, STRANGER_SERIAL - plan.serial % 97, plan.ea, plan.three_tokens)
    if plan.bank == "digit_wrong":
        rng = random.Random(plan.serial)
        which, digit = rng.randrange(len(right)), rng.randrange(1, 20)
        token = right[which]
        wrong = str((int(token[digit]) + rng.randint(1, 9)) % 10)
        bent = token[:digit] + wrong + token[digit + 1 :]
        return right[:which] + (bent,) + right[which + 1 :]
    if plan.bank == "section_missing":
        return right[:-1]
    if plan.bank == "swapped":
        return right[::-1]
    return right


@lru_cache(maxsize=64)
def _kct(brand: str, serial: int, ea: int, three_tokens: bool) -> tuple[str, ...]:
    meter = Meter.from_state(fresh_state(brand, numbered(serial), ea=ea))
    return issue.key_change(meter, 2, rollover=True, three_tokens=three_tokens).tokens


def shows_kt(brand_name: str) -> bool:
    """Whether this brand's own answer to 04 has the key type in it."""
    return "%(kt)" in brands.load(brand_name).krn_text


def section_timeout_ms(brand_name: str) -> int:
    """After this long the brand forgets a waiting section; 0 when it never does."""
    return int(brands.load(brand_name).section_timeout_s) * 1000
