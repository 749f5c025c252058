"""Compare the STS code with a file of vectors; runs under CPython (through the tests) and as a script under MicroPython.

micropython vector_checks.py FILE...      prints one JSON line a file: section -> [checked, failures]
"""

import binascii
import json
import sys

from metersim.sts import amount, build, codec, crc, keyset, tid
from metersim.sts.ea07 import INVERSE_PERMUTATION, PERMUTATION, S_BOX_1, S_BOX_2
from metersim.sts.misty1 import Misty1
from metersim.sts.token import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Vector = dict[str, Any]

# names in the vector files of fields that are called otherwise here
NAMES = {
    "ken_hi": "ken_high",
    "ken_lo": "ken_low",
    "nkho": "key_part",
    "nklo": "key_part",
    "nkmo1": "key_part",
    "nkmo2": "key_part",
    "sgc_hi": "sgc_part",
    "sgc_lo": "sgc_part",
    "register_field": "register",
}
HEX_FIELDS = (
    "amount_field",
    "register_field",
    "nkho",
    "nklo",
    "nkmo1",
    "nkmo2",
    "sgc_hi",
    "sgc_lo",
    "control",
    "mfr_code",
)


def unhex(text: "str | None") -> bytes:
    return binascii.unhexlify(text) if text else b""


def tables(found: "Vector") -> "tuple[int, list[str]]":
    """The tables in the file are the ones in the code."""
    same = (
        bytes(found["s_box_1"]) == S_BOX_1
        and bytes(found["s_box_2"]) == S_BOX_2
        and bytes(found["permutation_encrypt"]) == PERMUTATION
        and bytes(found["permutation_decrypt"]) == INVERSE_PERMUTATION
    )
    return 1, [] if same else ["tables differ"]


def crc_of(v: "Vector") -> bool:
    return crc.crc_of_bytes(unhex(v["input_hex"])) == int(v["crc"], 16)


def misty1(v: "Vector") -> bool:
    cipher = Misty1(unhex(v["key_hex"]))
    plain = int(v["plain_hex"], 16)
    sealed = int(v["cipher_hex"], 16)
    return cipher.encrypt(plain) == sealed and cipher.decrypt(sealed) == plain


def amount_coding(v: "Vector") -> bool:
    field = int(v["amount_field_hex"], 16)
    return (
        amount.field_of_tenths(v["amount_tenths"]) == field
        and amount.tenths_of_field(field) == v["decoded_tenths"]
    )


def token_time(v: "Vector") -> bool:
    date, clock = v["date"].split("T")
    year, month, day = [int(part) for part in date.split("-")]
    hour, minute = [int(part) for part in clock.split(":")[:2]]
    number = tid.tid_of(year, month, day, hour, minute, v["base_date"])
    return (
        number == v["tid"]
        and tid.ken_needed(number) == v["ken_needed"]
        and tid.date_of(number, v["base_date"]) == (year, month, day, hour, minute)
    )


def class1_published(v: "Vector") -> bool:
    token = codec.decode(v["token"], b"", 7)
    if v["control_hex"] is None:
        # a proprietary subclass: it has a right check sum and no field that we know
        return token.crc_ok and "%016x" % token.block == v["data_block_hex"] and token.control is None
    control = 0
    for number in v["test_numbers"]:
        control |= 1 << number - 1
    wide = v["subclass"] == 1
    return bool(
        token.crc_ok
        and token.token_class == 1
        and token.subclass == v["subclass"]
        and "%016x" % token.block == v["data_block_hex"]
        and token.control == int(v["control_hex"], 16) == control
        and token.mfr_code == int(v["mfr_code_hex"], 16)
        and codec.encode(*build.initiate_test(token.control, token.mfr_code, wide)) == v["token"]
    )


def class1_single_bit(v: "Vector") -> bool:
    control = 1 << v["test_number"] - 1
    short = codec.encode(*build.initiate_test(control, 0, False))
    long = codec.encode(*build.initiate_test(control, 0, True))
    return bool(
        short == v["token_2_digit_mfr_00"]
        and long == v["token_4_digit_mfr_0000"]
        and codec.decode(short, b"", 7).control == codec.decode(long, b"", 7).control == control
    )


def rebuilt(token: "Any") -> "tuple[int, int]":
    """The clear (class, block) that the builders make of a decoded token's fields."""
    if token.token_class == 1:
        return build.initiate_test(token.control, token.mfr_code, token.subclass == 1)
    if token.amount_e5 is not None:
        return build.currency_credit(token.subclass, token.amount_e5, token.tid)
    if token.token_class == 0:
        return build.credit(token.subclass, token.amount_tenths, token.tid, token.rnd)
    part = token.key_part
    if token.subclass == codec.SECTION_1:
        return build.section_1(part, token.ken_high << 4, token.krn, token.kt, token.ro, token.res_3kct)
    if token.subclass == codec.SECTION_2:
        return build.section_2(part, token.ken_low, token.ti)
    if token.subclass == codec.SECTION_3:
        return build.section_3(part, token.sgc_part)
    if token.subclass == codec.SECTION_4:
        return build.section_4(part, token.sgc_part << 12)
    return build.management(token.subclass, token.register, token.tid, token.rnd)


def one_token(digits: str, key: bytes, ea: int, fields: "Vector", block_hex: str) -> bool:
    """Whether 20 digits decode to these fields, the fields make the same block again, and that the same digits."""
    token = codec.decode(digits, key, ea)
    if not token.crc_ok or "%016x" % token.block != block_hex:
        return False
    for name in fields:
        wanted = fields[name]
        if name == "crc":
            found, wanted = token.block & 0xFFFF, int(wanted, 16)
        else:
            found = getattr(token, NAMES.get(name, name))
            if name in HEX_FIELDS:
                wanted = int(wanted, 16)
        if found != wanted:
            return False
    return codec.encode(*rebuilt(token), key, ea) == digits


def token_vector(v: "Vector") -> bool:
    return one_token(
        v["token"], unhex(v.get("decoder_key_hex")), v.get("ea") or 7, v["fields"], v["data_block_hex"]
    )


def rollover(v: "Vector") -> bool:
    key = unhex(v["decoder_key_hex"])
    for digits, fields, block in zip(v["tokens"], v["fields"], v["data_block_hex"]):
        if not one_token(digits, key, v["ea"], fields, block):
            return False
    return "new_decoder_key_hex" not in v or key_set(
        {
            "ea": v["ea"],
            "parent_key_hex": v["decoder_key_hex"],
            "new_key_hex": v["new_decoder_key_hex"],
            "krn": v["new_krn"],
            "kt": v["kt"],
            "ro": v["ro"],
            "ken": v["ken"],
            "ti": v["ti"],
            "tokens": v["tokens"],
        }
    )


def key_set(v: "Vector") -> bool:
    """The set gives the new key in every order, and the new key gives the set again."""
    parent = unhex(v["parent_key_hex"])
    sections = [codec.decode(digits, parent, v["ea"]) for digits in v["tokens"]]
    for turn in range(len(sections)):
        turned = sections[turn:] + sections[:turn]
        for order in (turned, turned[::-1]):
            if keyset.assemble(order[:-1], v["ea"]) is not None:
                return False
            new = keyset.assemble(order, v["ea"])
            if new is None or new.key != unhex(v["new_key_hex"]):
                return False
            if (new.krn, new.kt, new.ro, new.ken, new.ti) != (
                v["krn"],
                v["kt"],
                v["ro"],
                v["ken"],
                int(v["ti"]),
            ):
                return False
            if new.sgc is not None and new.sgc != int(v["sgc"]):
                return False
    sgc = int(v["sgc"]) if len(sections) > 2 else None
    again = build.key_change(
        unhex(v["new_key_hex"]), krn=v["krn"], kt=v["kt"], ti=int(v["ti"]), ken=v["ken"], ro=v["ro"], sgc=sgc
    )
    return bool([codec.encode(*clear, parent, v["ea"]) for clear in again] == v["tokens"])


def refused(v: "Vector") -> bool:
    """Digits that are no token, with a message that names why."""
    try:
        parse(v["digits"])
    except codec.NotAToken as error:
        return v["because"] in str(error)
    return False


CHECKS = {
    "crc": crc_of,
    "misty1": misty1,
    "amount_coding": amount_coding,
    "tid": token_time,
    "class1_published": class1_published,
    "class1_single_bit_derived": class1_single_bit,
    "sample_table_worked_example": token_vector,
    "tokens_published_ea11_and_class1": token_vector,
    "tokens_ea07_sample_tables": token_vector,
    "kct_sets_ea11": key_set,
    "rollover": rollover,
    "tokens": token_vector,
    "kct_sets": key_set,
    "refused": refused,
}


def check_section(name: str, vectors: "Any") -> "tuple[int, list[str]]":
    """How many vectors were compared, and the place or id of each that differs."""
    if name == "sample_tables":
        return tables(vectors)
    check = CHECKS[name]
    failures = []
    for place, vector in enumerate(vectors):
        try:
            right = check(vector)
        except Exception as error:
            right = False
            vector = {"id": "%s: %r" % (place, error)}
        if not right:
            failures.append(str(vector.get("id", place)))
    return len(vectors), failures


def check_file(path: str) -> "dict[str, tuple[int, list[str]]]":
    """Every known section of a file."""
    with open(path) as file:
        document = json.load(file)
    return {
        name: check_section(name, document[name])
        for name in document
        if name in CHECKS or name == "sample_tables"
    }


def main(paths: "list[str]") -> None:
    for path in paths:
        sys.stdout.write(json.dumps(check_file(path)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
