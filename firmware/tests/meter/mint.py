"""Tokens and states for the tests of the emulated meter, made with the firmware's own encoder and invented keys."""

from __future__ import annotations

from typing import Any

from metersim.defaults import default_state
from metersim.sts import build, codec

KEY = bytes.fromhex("0123456789abcdef")
KEY_128 = bytes.fromhex("00112233445566778899aabbccddeeff")
NEW_KEY = bytes.fromhex("fedcba9876543210")
NEW_KEY_128 = bytes.fromhex("ffeeddccbbaa99887766554433221100")
TID = 14763259  # 26 January 2021 06:19 in base date 1993


def meter(brand: str = "hexing", **changes: Any) -> dict[str, Any]:
    """A meter's state with the key of this module; `ea=11` takes the long one."""
    state = default_state(brand)
    state["decoder_key_hex"] = (KEY_128 if changes.get("ea") == 11 else KEY).hex()
    state.update(changes)
    return state


def credit(tenths: int = 139, tid: int = TID, subclass: int = 0, key: bytes = KEY) -> str:
    """A credit token in units."""
    return codec.encode(*build.credit(subclass, tenths, tid, 5), key, 7 if len(key) == 8 else 11)


def money(amount_e5: int, tid: int = TID, subclass: int = 4) -> str:
    """A credit token in currency."""
    return codec.encode(*build.currency_credit(subclass, amount_e5, tid), KEY)


def setting(subclass: int, value: int = 0, tid: int = TID, key: bytes = KEY) -> str:
    """A class 2 token that is no key section."""
    return codec.encode(*build.management(subclass, value, tid, 5), key)


def reserved(token_class: int, subclass: int) -> str:
    """A token of a subclass that nobody has defined, with a right CRC."""
    return codec.encode(token_class, subclass << 60, KEY)


def show_token(control: int, maker: int = 0, four: bool = False) -> str:
    """A class 1 token."""
    return codec.encode(*build.initiate_test(control, maker, four))


def key_change(new_key: bytes = NEW_KEY, key: bytes = KEY, **fields: Any) -> list[str]:
    """The tokens of a key change: KRN 2, KT 2, TI 1, RO 1 where nothing else is said."""
    given: dict[str, Any] = {"krn": 2, "kt": 2, "ti": 1, "ro": 1}
    given.update(fields)
    if len(new_key) == 16:
        given.setdefault("sgc", 123457)
    ea = 7 if len(key) == 8 else 11
    return [codec.encode(*clear, key, ea) for clear in build.key_change(new_key, **given)]


def raw_section(block: int) -> str:
    """A key section whose fields need not be valid."""
    return codec.encode(codec.MANAGEMENT, block, KEY)
