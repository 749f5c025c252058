"""What the meter remembers: its registers, as they stand in the state file.

The state is a JSON object like the elements of `meters` in a list of meters: drn, iin, profile, ea, krn, kt, ti,
sgc, base_date, decoder_key_hex, credit_tenths, tid_memory {fill, depth, tids}. More keys are optional and have
defaults (`laws` changes parameters of the brand); keys that are not known are kept as they are.

This file runs unchanged under CPython and MicroPython.
"""

from binascii import hexlify, unhexlify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TID_DEPTH = 50  # facts/sts.md 4.3
BASE_DATES = (1993, 2014, 2035)

_REQUIRED = ("drn", "ea", "krn", "kt", "ti", "sgc", "decoder_key_hex")
_WRITTEN = ("drn", "iin", "profile", "ea", "krn", "kt", "ti", "sgc", "base_date", "credit_tenths")
# Left out of a state file while they are as `Registers` has them
OPTIONAL = (
    "ken",
    "maker",
    "total_tenths",
    "credited_tenths",
    "money_e5",
    "credit_count",
    "technical_count",
    "power_limit_w",
    "tariff_rate",
    "phase_unbalance_limit_w",
    "water_factor",
    "power_w",
    "tampered",
    "tamper_count",
    "overload_count",
    "outage_count",
    "refused",
    "lock_left_s",
    "alarm_off",
)
USED = "Used"
OLD = "Old"
_LAST_CREDITS = 5
_LAST_TECHNICALS = 3


def _whole(fields: "dict[str, Any]", name: str, default: int) -> int:
    """A whole number of a JSON object. Raises ValueError naming it."""
    try:
        return int(fields.get(name, default))
    except (TypeError, ValueError):
        raise ValueError("meter state: %s is not a whole number: %r" % (name, fields[name])) from None


class Registers:
    """One meter's registers.

    Attributes:
        key: the decoder key in use, 8 or 16 bytes.
        tids: identifiers of accepted tokens, oldest entry first; with fewer than `tid_depth` of them the rest of
            the memory holds `tid_fill` (the manufacture date, or 0 after a key change with RO).
        credits, technicals: accepted tokens as [digits, tenths], newest first.
        pending: key sections that wait for the rest of their set (see keychange.py).
    """

    ken = 255  # 255 = never expires within the base date
    maker = 0
    total_tenths = 0  # what the load has used
    credited_tenths = 0  # what tokens have ever added
    money_e5 = 0  # credit in currency, units of 10^-5
    credit_count = 0
    technical_count = 0
    power_limit_w = 0
    tariff_rate = 0
    phase_unbalance_limit_w = 0
    water_factor = 0
    power_w = 0
    tampered = False
    tamper_count = 0
    overload_count = 0
    outage_count = 0
    refused = 0
    lock_left_s = 0
    alarm_off = False

    def __init__(self, state: "dict[str, Any]") -> None:
        for name in _REQUIRED:
            if name not in state:
                raise ValueError("meter state: %s is missing" % name)
        self.drn = str(state["drn"])
        self.iin = str(state.get("iin", "600727"))
        self.profile = str(state.get("profile", ""))
        self.ea = _whole(state, "ea", 7)
        self.krn = _whole(state, "krn", 1)
        self.kt = _whole(state, "kt", 2)
        self.ti = str(state["ti"])
        self.sgc = str(state["sgc"])
        self.base_date = _whole(state, "base_date", BASE_DATES[0])
        self.credit_tenths = _whole(state, "credit_tenths", 0)
        try:
            self.key = unhexlify(str(state["decoder_key_hex"]))
        except ValueError:
            raise ValueError("meter state: decoder_key_hex is not hexadecimal") from None
        if self.ea not in (7, 11) or len(self.key) != (8 if self.ea == 7 else 16):
            raise ValueError("meter state: EA %d with a key of %d bytes" % (self.ea, len(self.key)))
        memory = state.get("tid_memory") or {}
        self.tid_fill = _whole(memory, "fill", 0)
        self.tid_depth = _whole(memory, "depth", TID_DEPTH)
        self.tids: "list[int]" = [int(tid) for tid in memory.get("tids", ())]
        for name in OPTIONAL:
            if name in state:
                value = _whole(state, name, 0)
                setattr(self, name, bool(value) if isinstance(getattr(self, name), bool) else value)
        self.credits: "list[list[Any]]" = list(state.get("credit_tokens", ()))
        self.technicals: "list[list[Any]]" = list(state.get("technical_tokens", ()))
        self.pending: "list[dict[str, Any]]" = list(state.get("pending_sections", ()))
        self._given = state

    def to_state(self) -> "dict[str, Any]":
        """The JSON object to save: what was loaded, with every register as it is now.

        An optional register at its default is left out unless it was there.
        """
        state = dict(self._given)
        for name in _WRITTEN:
            state[name] = getattr(self, name)
        state["decoder_key_hex"] = hexlify(self.key).decode()
        memory = {"fill": self.tid_fill, "depth": self.tid_depth}  # type: dict[str, Any]
        if self.tids:
            memory["tids"] = list(self.tids)
        state["tid_memory"] = memory
        for name in OPTIONAL:
            if name in state or getattr(self, name) != getattr(Registers, name):
                state[name] = getattr(self, name)
        for name, rows in (
            ("credit_tokens", self.credits),
            ("technical_tokens", self.technicals),
            ("pending_sections", self.pending),
        ):
            if rows or name in state:
                state[name] = list(rows)
        self._given = state  # unknown keys are in it too, so the older one may go
        return state

    def tid_verdict(self, tid: int) -> str:
        """Empty when a token of this identifier is new, else USED or OLD (facts/sts.md 4.1)."""
        full = len(self.tids) >= self.tid_depth
        if tid in self.tids or (not full and tid == self.tid_fill):
            return USED
        smallest = min(self.tids) if self.tids else self.tid_fill
        if not full:
            smallest = min(smallest, self.tid_fill)
        return OLD if tid < smallest else ""

    def remember_tid(self, tid: int) -> None:
        """Store the identifier in the place of the smallest one."""
        if len(self.tids) >= self.tid_depth:
            self.tids.remove(min(self.tids))
        self.tids.append(tid)

    def clear_tids(self) -> None:
        """All entries zero: what a key change with RO = 1 does."""
        self.tids = []
        self.tid_fill = 0

    def remember_credit(self, digits: str, tenths: int) -> None:
        """Keep the last five credit tokens and what they added."""
        self.credit_count += 1
        self.credits = [[digits, tenths]] + self.credits[: _LAST_CREDITS - 1]

    def remember_technical(self, digits: str) -> None:
        """Keep the last three technical tokens."""
        self.technical_count += 1
        self.technicals = [[digits, 0]] + self.technicals[: _LAST_TECHNICALS - 1]
