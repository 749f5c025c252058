"""One emulated meter for each brand, ready to use: KRN 1, KT 2, on a public test vending key.

Decoder keys: DKGA02 under the test key ABABABABABABABAB (facts/sts.md 2.4), SGC 123456, TI 01, IIN 600727. The
meter numbers are invented, with a right check digit. No real meter has such a key.

This file runs unchanged under CPython and MicroPython.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# brand, meter number, decoder key at KRN 1
_METERS = (
    ("cannet", "14320701007", "6c973e5c798bb0f5"),
    ("fujidharma", "14320701122", "5740128188893703"),
    ("hexing", "14320701262", "98399e139446402e"),
    ("itron", "14320701429", "157ad9107f82107b"),
    ("itron_ace9000", "14320701601", "e25cdc6fcf07e273"),
    ("melcoinda", "14320701809", "e9c0d0752552d8b6"),
    ("sanxing", "14320702021", "e278dc74069f8960"),
    ("smart", "14320702260", "bbb76c1265021894"),
    ("star", "14320702526", "9a6344dd215b976e"),
    ("generic", "14320702807", "ba944ea777f82ec6"),
)
_MADE_TID = 13148640  # 1 January 2018 in base date 1993: the memory of a new meter (facts/sts.md 4.3)


def default_state(brand: str, drn: "str | None" = None) -> "dict[str, Any]":
    """The state of a new meter of this brand: the brand's own meter, or the one of this number.

    Raises ValueError for an unknown brand, and for a meter number that is none of the ten: its key cannot be
    worked out here.
    """
    if brand not in [row[0] for row in _METERS]:
        raise ValueError("no brand %s: one of %s" % (brand, ", ".join([row[0] for row in _METERS])))
    for owner, number, key_hex in _METERS:
        if number == drn or (not drn and owner == brand):
            return {
                "drn": number,
                "iin": "600727",
                "profile": brand,
                "ea": 7,
                "krn": 1,
                "kt": 2,
                "ti": "01",
                "sgc": "123456",
                "base_date": 1993,
                "decoder_key_hex": key_hex,
                "credit_tenths": 0,
                "tid_memory": {"fill": _MADE_TID, "depth": 50},
            }
    raise ValueError(
        "no key is known for meter %s: leave the number out, use one of %s, or give a state file"
        % (drn, ", ".join([row[1] for row in _METERS]))
    )
