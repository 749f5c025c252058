"""Explain a token to a person: what its digits alone say, and with a meter's key everything."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from metersim.sts import codec, tid
from metersim.sts.token import parse, split

from kctrig.tokens import fast
from kctrig.tokens.meters import Meter

Value = int | str | bool

CREDIT_OF = ("electricity, kWh", "water, m3", "gas, m3", "time, min")
MONEY_OF = ("electricity", "water", "gas", "time")
MANAGEMENT_NAMES = {
    0: "set maximum power limit",
    1: "clear credit",
    2: "set tariff rate",
    3: "key change, first section",
    4: "key change, second section",
    5: "clear tamper condition",
    6: "set maximum phase power unbalance limit",
    7: "set water meter factor",
    8: "key change, third section",
    9: "key change, fourth section",
    10: "extended token set",
}
TESTS = {
    1: "load switch test",
    2: "display, keys and buzzer test",
    3: "show total kWh",
    4: "show KRN (and KT)",
    5: "show tariff index",
    6: "token reader test",
    7: "show power limit",
    8: "show tamper status",
    9: "show present power",
    10: "show firmware version",
    11: "show phase unbalance limit",
    12: "show water meter factor",
    13: "show tariff rate",
    14: "show encryption algorithm",
    15: "show number of key change tokens",
    16: "show supply group code",
    17: "show key expiry number",
    18: "show meter number",
}
KEY_TYPES = {0: "start key (DITK)", 1: "default key (DDTK)", 2: "unique key (DUTK)", 3: "common key (DCTK)"}
CLASS_NAMES = {
    0: "credit for one meter",
    1: "test or display, for any meter",
    2: "management of one meter",
    3: "reserved",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """A token in words.

    Attributes:
        digits: the 20 digits.
        token_class: 0 to 3, told by the digits alone.
        kind: one line for a person.
        state: "clear" (all is known), "sealed" (no key was given), "wrong" (the check sum fails).
        fields: name to value, in the order in which a person reads them.
        note: what cannot be known and why, or empty.
    """

    digits: str
    token_class: int
    kind: str
    state: str
    fields: dict[str, Value]
    note: str

    def as_json(self) -> dict[str, object]:
        """The same for a machine."""
        return {
            "digits": self.digits,
            "class": self.token_class,
            "class_name": CLASS_NAMES[self.token_class],
            "state": self.state,
            "kind": self.kind,
            "fields": self.fields,
            "note": self.note,
        }


def explain(digits: str, meter: Meter | None = None) -> Explanation:
    """Explain 20 digits, decrypted with the meter's present key when there is a meter.

    Raises NotAToken when the digits are no token.
    """
    token_class, _ = split(parse(digits))
    if token_class == codec.RESERVED:
        return Explanation(
            digits, token_class, "reserved class", "sealed", {}, "class 3 has no meaning in the standard"
        )
    if meter is None and token_class != codec.NON_METER_SPECIFIC:
        note = "encrypted: only the class can be read without the meter's key; give its state to see the rest"
        return Explanation(digits, token_class, CLASS_NAMES[token_class], "sealed", {}, note)
    decoded = codec.decode_with(digits, None) if meter is None else fast.decode(digits, meter.key, meter.ea)
    if not decoded.crc_ok:
        note = "the check sum fails: a mistyped digit"
        if token_class != codec.NON_METER_SPECIFIC:
            note = "the check sum fails under this meter's key: another key or another meter, or a mistyped digit; these look alike"
        return Explanation(digits, token_class, CLASS_NAMES[token_class], "wrong", {}, note)
    kind, fields = _fields(decoded, 1993 if meter is None else meter.base_date)
    return Explanation(digits, token_class, kind, "clear", fields, "")


def _fields(token: codec.Decoded, base_date: int) -> tuple[str, dict[str, Value]]:
    """Name and fields of a token whose check sum is right."""
    if token.token_class == codec.NON_METER_SPECIFIC:
        return _test_fields(token)
    fields: dict[str, Value] = {}
    if token.token_class == codec.CREDIT:
        if token.amount_tenths is not None:
            kind = f"credit: {CREDIT_OF[token.subclass]}"
            fields["amount"] = f"{Decimal(token.amount_tenths) / 10:f}"
        elif token.amount_e5 is not None:
            kind = f"credit in money: {MONEY_OF[token.subclass - 4]}"
            fields["amount"] = f"{Decimal(token.amount_e5).scaleb(-5):f}"
        else:
            return f"credit of reserved subclass {token.subclass}", fields
    else:
        kind = MANAGEMENT_NAMES.get(
            token.subclass, f"proprietary management token, subclass {token.subclass}"
        )
    if token.limit_w is not None:
        fields["limit_w"] = token.limit_w
    elif token.register is not None and token.subclass != codec.CLEAR_TAMPER:
        everything = token.subclass == codec.CLEAR_CREDIT and token.register == 0xFFFF
        fields["register"] = "all" if everything else token.register
    if token.tid is not None:
        fields["tid"] = token.tid
        fields["issued"] = f"{tid.text_of(token.tid, base_date)} (base date {base_date})"
        fields["ken_needed"] = tid.ken_needed(token.tid)
    if token.rnd is not None:
        fields["rnd"] = token.rnd
    return kind, fields | _section_fields(token)


def _section_fields(token: codec.Decoded) -> dict[str, Value]:
    """The fields of a key section; the key itself is test material and shown."""
    fields: dict[str, Value] = {}
    if token.krn is not None and token.kt is not None:
        fields["krn"] = token.krn
        fields["kt"] = token.kt
        fields["kt_name"] = KEY_TYPES[token.kt]
        fields["rollover"] = token.ro == 1
        fields["tokens_of_64_bit_key"] = 3 if token.res_3kct else 2
    if token.ti is not None:
        fields["ti"] = f"{token.ti:02d}"
    if token.ken_high is not None:
        fields["ken_high"] = token.ken_high
    if token.ken_low is not None:
        fields["ken_low"] = token.ken_low
    if token.sgc_part is not None:
        fields["sgc_part_hex"] = f"{token.sgc_part:03x}"
    if token.key_part is not None:
        fields["key_part_hex"] = f"{token.key_part:08x}"
    return fields


def _test_fields(token: codec.Decoded) -> tuple[str, dict[str, Value]]:
    """The fields of a class 1 token."""
    if token.control is None or token.mfr_code is None:
        return f"class 1, subclass {token.subclass}: extended or proprietary", {}
    numbers = [bit + 1 for bit in range(36) if token.control >> bit & 1]
    names = [TESTS.get(number, f"test {number}") for number in numbers]
    kind = names[0] if len(names) == 1 else f"{len(numbers)} tests at once"
    wide = token.subclass == codec.TEST_4_DIGIT_MAKER
    fields: dict[str, Value] = {
        "tests": ", ".join(f"{number} {name}" for number, name in zip(numbers, names, strict=True)) or "none",
        "control_hex": f"{token.control:x}",
        "maker_code": f"{token.mfr_code:04x}" if wide else f"{token.mfr_code:02x}",
    }
    return kind, fields
