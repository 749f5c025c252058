"""Decoder keys of emulated meters from the public STS test keys, and from nothing else (facts/sts.md 2.4).

Real vending keys live in security modules. This is a test rig and no vending system: any other key is refused, and there is
no switch that allows one.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kctrig.tokens.meters import Meter

from kctrig.tokens.errors import NotATestMeterError, TokenError, VendingKeyRefusedError

TEST_KEY_ODD = bytes.fromhex("ab" * 8)
TEST_KEY_EVEN = bytes.fromhex("94" * 8)
TEST_KEY_160 = TEST_KEY_ODD + TEST_KEY_EVEN + bytes.fromhex("01234567")
PUBLIC_TEST_KEYS = (TEST_KEY_ODD, TEST_KEY_EVEN, TEST_KEY_160)
"""VUDK and 160-bit vending keys of the STSA's published compliance tests."""

PUBLIC_SGCS = ("123456", "123457", "123461", "888888")
"""Supply groups of the same tests."""

BASE_DATE_CODES = {1993: "93", 2014: "14", 2035: "35"}
KEY_BYTES = {7: 8, 11: 16}


def luhn_digit(digits: str) -> str:
    """The check digit that a DRN and a PAN end in (checked on the published numbers)."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        value = int(character)
        if place % 2 == 0:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return str(-total % 10)


def meter_pan(iin: str, drn: str) -> str:
    """The 18-digit PAN: IIN 600727 and 11 digits, or IIN 0000 and 13 digits, and a check digit."""
    if (
        not (iin + drn).isascii()
        or not (iin + drn).isdigit()
        or (len(iin), len(drn)) not in ((6, 11), (4, 13))
    ):
        raise TokenError(
            f"IIN {iin!r} with meter number {drn!r}: expected a 6-digit IIN with 11 digits, or IIN 0000 with 13"
        )
    return iin + drn + luhn_digit(iin + drn)


def pan_block(iin: str, drn: str, kt: int) -> str:
    """The 16 digits that DKGA02 takes from the PAN; a common key (KT 3) has no meter number in it."""
    block = meter_pan(iin, drn)[1:17]
    return block[: len(iin) - 1] + "0" * len(drn) if kt == 3 else block


def control_block(kt: int, sgc: str, ti: str, krn: int) -> str:
    """The 16 hexadecimal digits that DKGA02 mixes in."""
    return f"{kt:d}{sgc}{ti}{krn:d}ffffff"


def _public(vending_key: bytes) -> bytes:
    """The key itself, or VendingKeyRefusedError."""
    if vending_key not in PUBLIC_TEST_KEYS:
        raise VendingKeyRefusedError
    return vending_key


def dkga02(vending_key: bytes, pan: str, control: str) -> bytes:
    """DES(VK, x) xor x xor VK with x = PAN block xor control block; 8 bytes.

    Raises VendingKeyRefusedError unless the vending key is a public 64-bit test key.
    """
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    if len(_public(vending_key)) != 8:
        raise TokenError("DKGA02 takes a 64-bit vending key: use DKGA04 with the 160-bit test key")
    x = bytes(a ^ b for a, b in zip(bytes.fromhex(pan), bytes.fromhex(control), strict=True))
    # Three equal keys make triple DES the single DES that the rule wants. One block of test data: no mode is at work.
    encryptor = Cipher(TripleDES(vending_key * 3), modes.ECB()).encryptor()
    y = encryptor.update(x) + encryptor.finalize()
    return bytes(a ^ b ^ c for a, b, c in zip(y, x, vending_key, strict=True))


def dkga04_input(base_date: int, ea: int, ti: str, sgc: str, kt: int, krn: int, pan: str) -> bytes:
    """The byte string that DKGA04 takes the HMAC of."""
    bits = KEY_BYTES[ea] * 8
    first = b"".join(
        bytes([len(part)]) + part.encode() for part in ("04", BASE_DATE_CODES[base_date], f"{ea:02d}", ti)
    )
    second = b"".join(bytes([len(part)]) + part.encode() for part in (sgc, str(kt), str(krn), pan))
    return b"\x04" + first + b"\x00\x04" + second + bits.to_bytes(4, "big")


def dkga04(vending_key: bytes, kdf_input: bytes, ea: int) -> bytes:
    """HMAC-SHA-256 with a 160-bit vending key, the first 8 (EA07) or 16 (EA11) bytes.

    Raises VendingKeyRefusedError unless the vending key is the public 160-bit test key.
    """
    if len(_public(vending_key)) != 20:
        raise TokenError("DKGA04 takes a 160-bit vending key: use DKGA02 with a 64-bit test key")
    return hmac.digest(vending_key, kdf_input, "sha256")[: KEY_BYTES[ea]]


def default_vending_key(ea: int, krn: int) -> bytes:
    """The test key of a key revision: for EA11 the 160-bit one, else one for odd revisions and the other for even ones.

    A vending key belongs to one revision, so KRN 1 and KRN 2 must differ in it; which test key is whose is this project's choice.
    """
    if ea == 11:
        return TEST_KEY_160
    return TEST_KEY_ODD if krn % 2 else TEST_KEY_EVEN


def decoder_key(
    *,
    iin: str,
    drn: str,
    sgc: str,
    ti: str,
    krn: int,
    kt: int,
    ea: int,
    base_date: int,
    vending_key: bytes | None = None,
) -> bytes:
    """The decoder key of a meter: DKGA02 under a 64-bit test key, DKGA04 under the 160-bit one (always for EA11).

    Raises VendingKeyRefusedError for any key that is not a public test key, TokenError for impossible parts.
    """
    vending_key = default_vending_key(ea, krn) if vending_key is None else _public(vending_key)
    if len(vending_key) == 8:
        if ea != 7:
            raise TokenError("EA11 keys come from the 160-bit test key (DKGA04)")
        return dkga02(vending_key, pan_block(iin, drn, kt), control_block(kt, sgc, ti, krn))
    # Guess: a common key (KT 3) leaves the meter number out of this PAN, as it does in DKGA02.
    pan = meter_pan(iin, "0" * len(drn) if kt == 3 else drn)
    return dkga04(vending_key, dkga04_input(base_date, ea, ti, sgc, kt, krn, pan), ea)


def _candidates(meter: Meter) -> Iterator[tuple[str, bytes]]:
    """Every supply group and key that the public test keys give a meter of this state.

    A key change of two tokens does not carry the supply group (facts/sts.md 4.3), so the public groups count too.
    """
    for sgc in dict.fromkeys((meter.sgc, *PUBLIC_SGCS)):
        for vending_key in PUBLIC_TEST_KEYS:
            if meter.ea == 11 and len(vending_key) == 8:
                continue
            for base_date in BASE_DATE_CODES if len(vending_key) == 20 else (meter.base_date,):
                yield (
                    sgc,
                    decoder_key(
                        iin=meter.iin,
                        drn=meter.drn,
                        sgc=sgc,
                        ti=meter.ti,
                        krn=meter.krn,
                        kt=meter.kt,
                        ea=meter.ea,
                        base_date=base_date,
                        vending_key=vending_key,
                    ),
                )


def require_test_meter(meter: Meter) -> str:
    """The supply group from which a public test key makes this meter's decoder key.

    It is the group of the state, or a public one where the meter has lost it. Raises NotATestMeterError when no public test key
    makes this decoder key.
    """
    for sgc, candidate in _candidates(meter):
        if hmac.compare_digest(meter.key, candidate):
            return sgc
    raise NotATestMeterError(meter.drn)
