#!/usr/bin/env python3
"""Write the project's own STS vectors: invented meters, public test keys, sample tables. Same input, same file.

    .venv/bin/python tools/make_sts_vectors.py

The vectors guard against change; that the code was right to begin with is shown by published vectors (RFC 2994, the
manuals' class 1 numbers, the one published token of the sample tables), which stand in the tests by hand.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from kctrig.tokens import issue, meters
from metersim.sts import amount, codec, tid
from metersim.sts.token import MAX_TOKEN

TARGET = Path(__file__).resolve().parent.parent / "firmware" / "tests" / "vectors" / "sts.json"
AT = datetime(2021, 1, 26, 10, 0)
AFTER = datetime(2026, 3, 1, 0, 1)  # the reserved minute

METERS = (
    meters.fresh_state("hexing", meters.numbered(4711)),
    meters.fresh_state("sanxing", meters.numbered(90125), ti="07", sgc="123457"),
    meters.fresh_state("generic", meters.numbered(1996), ea=11, ti="42", sgc="123461"),
)
FIELDS = (
    *("rnd", "tid", "amount_field", "amount_tenths", "amount_e5", "register", "krn", "kt", "ro", "res_3kct"),
    *("ken_high", "ken_low", "ti", "key_part", "sgc_part", "control", "mfr_code"),
)


def vector(name: str, digits: str, meter: meters.Meter) -> dict[str, Any]:
    """One token with everything that can be read from it."""
    token = codec.decode(digits, meter.key, meter.ea)
    fields: dict[str, Any] = {"token_class": token.token_class, "subclass": token.subclass}
    for field in FIELDS:
        value = getattr(token, field)
        if value is not None:
            fields[field] = f"{value:x}" if field in ("amount_field", "control", "mfr_code") else value
    return {
        "id": f"{meter.drn} {name}",
        "ea": meter.ea,
        "decoder_key_hex": meter.key.hex(),
        "token": digits,
        "data_block_hex": f"{token.block:016x}",
        "fields": fields,
    }


def tokens(meter: meters.Meter) -> list[dict[str, Any]]:
    """Every kind of token for one meter."""
    made = [
        *(
            (f"credit {name}", issue.credit(meter, 139, at=AT, rnd=9, utility=name))
            for name in issue.UTILITIES
        ),
        *((f"money {name}", issue.money(meter, 2000000000, at=AT, utility=name)) for name in issue.UTILITIES),
        ("money taken back", issue.money(meter, -16384, at=AT)),
        ("largest credit", issue.credit(meter, amount.MAX_TENTHS, at=AT, rnd=0)),
        ("power limit", issue.power_limit(meter, 20000, at=AT, rnd=1)),
        ("phase unbalance", issue.phase_unbalance(meter, 450, at=AT, rnd=2)),
        ("tariff rate", issue.tariff_rate(meter, 1444, at=AT, rnd=3)),
        ("water factor", issue.water_factor(meter, 65535, at=AT, rnd=4)),
        ("clear credit", issue.clear_credit(meter, issue.ALL_REGISTERS, at=AT, rnd=5)),
        ("clear tamper", issue.clear_tamper(meter, at=AT, rnd=6)),
    ]
    return [vector(name, digits, meter) for name, digits in made]


def key_set(meter: meters.Meter, change: issue.KeyChange) -> dict[str, Any]:
    """One set of key sections."""
    after = change.meter_after
    return {
        "id": f"{meter.drn} KRN {meter.krn} to {after.krn}, {len(change.tokens)} tokens",
        "ea": meter.ea,
        "parent_key_hex": meter.key.hex(),
        "new_key_hex": after.key.hex(),
        "krn": after.krn,
        "kt": after.kt,
        "ti": after.ti,
        "sgc": after.sgc,
        "ken": change.ken,
        "ro": int(change.rollover),
        "tokens": list(change.tokens),
    }


def moment(when: datetime, base_date: int) -> dict[str, Any]:
    """One moment on a token clock."""
    number = tid.tid_of(when.year, when.month, when.day, when.hour, when.minute, base_date)
    return {
        "date": when.isoformat(),
        "base_date": base_date,
        "tid": number,
        "ken_needed": tid.ken_needed(number),
    }


def document() -> dict[str, Any]:
    """The whole file."""
    made: list[dict[str, Any]] = []
    sets: list[dict[str, Any]] = []
    for state in METERS:
        meter = meters.Meter.from_state(state)
        made += tokens(meter)
        change = issue.key_change(meter, 2, rollover=True)
        sets += [key_set(meter, change), key_set(meter, issue.key_change(meter, 2, rollover=False, ken=133))]
        if meter.ea == 7:
            sets.append(key_set(meter, issue.key_change(meter, 2, rollover=True, three_tokens=True)))
        sets.append(key_set(meter, issue.key_change(meter, meter.krn, rollover=False, ti=99)))
        made.append(
            vector("credit after", issue.credit(change.meter_after, 1, at=AFTER, rnd=15), change.meter_after)
        )
    rfc_key = "00112233445566778899aabbccddeeff"
    amounts = (0, 1, 139, 16383, 16384, 16385, 180224, 180225, 1818624, 1818625, amount.MAX_TENTHS)
    return {
        "what": "made by tools/make_sts_vectors.py: invented meters, public STS test keys, published sample tables",
        "meters": list(METERS),
        "misty1": [
            {
                "key_hex": rfc_key,
                "plain_hex": "0123456789abcdef",
                "cipher_hex": "8b1da5f56ab3d07c",
                "id": "RFC 2994",
            },
            {
                "key_hex": rfc_key,
                "plain_hex": "fedcba9876543210",
                "cipher_hex": "04b68240b13be95d",
                "id": "RFC 2994",
            },
        ],
        "amount_coding": [
            {
                "amount_tenths": tenths,
                "amount_field_hex": f"{amount.field_of_tenths(tenths):04x}",
                "decoded_tenths": amount.tenths_of_field(amount.field_of_tenths(tenths)),
            }
            for tenths in amounts
        ],
        "tid": [
            *(moment(datetime(base, 1, 1), base) for base in tid.BASE_DATES),
            moment(datetime(2000, 2, 29, 23, 59), 1993),
            moment(datetime(2024, 11, 24, 20, 15), 1993),
            moment(datetime(2045, 11, 24, 20, 15), 2014),
        ],
        "class1_single_bit_derived": [
            {
                "test_number": number,
                "token_2_digit_mfr_00": issue.meter_test(number),
                "token_4_digit_mfr_0000": issue.meter_test(number, four_digit_maker=True),
            }
            for number in range(1, 19)
        ],
        "tokens": made,
        "kct_sets": sets,
        "refused": [
            {"digits": "1234567890123456789", "because": "19 digits"},
            {"digits": "123456789012345678901", "because": "21 digits"},
            {"digits": "", "because": "0 digits"},
            {"digits": "1234567890123456789X", "because": "only the digits"},
            {"digits": str(MAX_TOKEN + 1), "because": str(MAX_TOKEN)},
        ],
    }


if __name__ == "__main__":
    TARGET.write_text(json.dumps(document(), indent=1) + "\n", encoding="utf-8", newline="\n")
    print(TARGET)
