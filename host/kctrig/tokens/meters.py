"""Emulated meters as tokens need them: from a state file, or fresh from a public test key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kctrig.tokens import keys
from kctrig.tokens.errors import BadMeterStateError

TEST_IIN = "600727"
TEST_SGC = keys.PUBLIC_SGCS[0]
MADE_TID = 13148640
"""1 January 2018 00:00 in base date 1993: the day these meters say they were made."""
TID_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Meter:
    """What a token issuer must know of one meter. `key` is its present decoder key, `ti` and `sgc` keep their zeros."""

    drn: str
    iin: str
    ea: int
    krn: int
    kt: int
    ti: str
    sgc: str
    base_date: int
    key: bytes

    @classmethod
    def from_state(cls, state: Any) -> Meter:
        """Read one element of a state file. Raises BadMeterStateError naming the field."""
        if not isinstance(state, dict):
            raise BadMeterStateError(
                "a meter's state is a JSON object with drn, iin, ea, krn, kt, ti, sgc, decoder_key_hex"
            )
        drn = state.get("drn", "?")
        missing = [
            name for name in ("drn", "ea", "krn", "kt", "ti", "sgc", "decoder_key_hex") if name not in state
        ]
        if missing:
            raise BadMeterStateError(f"meter {drn}: its state has no {', '.join(missing)}")
        try:
            key = bytes.fromhex(state["decoder_key_hex"])
            meter = cls(
                drn=str(drn),
                iin=str(state.get("iin", TEST_IIN)),
                ea=int(state["ea"]),
                krn=int(state["krn"]),
                kt=int(state["kt"]),
                ti=f"{int(state['ti']):02d}",
                sgc=f"{int(state['sgc']):06d}",
                base_date=int(state.get("base_date", 1993)),
                key=key,
            )
        except (TypeError, ValueError) as error:
            raise BadMeterStateError(f"meter {drn}: its state is not readable ({error})") from None
        if meter.base_date not in keys.BASE_DATE_CODES:
            raise BadMeterStateError(f"meter {drn}: base date {meter.base_date} is not 1993, 2014 or 2035")
        if len(key) != keys.KEY_BYTES.get(meter.ea):
            raise BadMeterStateError(
                f"meter {drn}: EA {meter.ea} with a key of {len(key)} bytes; 7 takes 8 bytes, 11 takes 16"
            )
        keys.meter_pan(meter.iin, meter.drn)
        return meter


def find_state(document: Any, drn: str | None) -> dict[str, Any]:
    """One meter's state out of a state file's content: the only one, or the one with this number.

    Raises BadMeterStateError when there is no such meter, or several and none was named.
    """
    states = document["meters"] if isinstance(document, dict) and "meters" in document else document
    if not isinstance(states, list):
        states = [states]
    states = [state for state in states if isinstance(state, dict)]
    numbers = ", ".join(str(state.get("drn", "?")) for state in states)
    if drn is None:
        if len(states) != 1:
            raise BadMeterStateError(f"the state file holds {len(states)} meters: name one of {numbers}")
        return dict(states[0])
    for state in states:
        if state.get("drn") == drn:
            return dict(state)
    raise BadMeterStateError(f"the state file holds no meter {drn}; it holds {numbers or 'none'}")


def read_state(path: Path, drn: str | None = None) -> dict[str, Any]:
    """One meter's state out of a file. Raises BadMeterStateError for a file that cannot be read or is not JSON."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadMeterStateError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        raise BadMeterStateError(f"{path} is not JSON: {error}") from None
    return find_state(document, drn)


def numbered(serial: int) -> str:
    """The 11-digit meter number of a serial of up to ten digits: zeros before it, the Luhn check digit behind it."""
    if not 0 <= serial <= 9999999999:
        raise BadMeterStateError(f"meter serial {serial} does not have 1 to 10 digits")
    return f"{serial:010d}" + keys.luhn_digit(f"{serial:010d}")


def fresh_state(
    profile: str, drn: str, *, ea: int = 7, krn: int = 1, kt: int = 2, ti: str = "01", sgc: str = TEST_SGC
) -> dict[str, Any]:
    """The state of a meter that has never seen a token, with the decoder key that a public test key gives it.

    KRN 1 counts from base date 1993 and higher revisions from 2014. Raises BadMeterStateError when the check digit
    of the number is wrong.
    """
    keys.meter_pan(TEST_IIN, drn)
    if keys.luhn_digit(drn[:-1]) != drn[-1]:
        raise BadMeterStateError(f"meter number {drn}: its check digit should be {keys.luhn_digit(drn[:-1])}")
    base_date = 1993 if krn == 1 else 2014
    key = keys.decoder_key(iin=TEST_IIN, drn=drn, sgc=sgc, ti=ti, krn=krn, kt=kt, ea=ea, base_date=base_date)
    return {
        "drn": drn,
        "iin": TEST_IIN,
        "profile": profile,
        "ea": ea,
        "krn": krn,
        "kt": kt,
        "ti": ti,
        "sgc": sgc,
        "base_date": base_date,
        "decoder_key_hex": key.hex(),
        "credit_tenths": 0,
        "tid_memory": {"fill": MADE_TID if krn == 1 else 0, "depth": TID_DEPTH},
    }
