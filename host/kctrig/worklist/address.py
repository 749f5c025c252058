"""Indonesian addresses in the order in which somebody walks: street, house number, RT and RW."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORDS = re.compile(r"\d+|[^\W\d_]+")
_RT_RW_TOGETHER = re.compile(r"\bRT\W{0,3}RW\W{0,3}(\d+)\W{1,3}(\d+)")
_RT = re.compile(r"\bRT\W{0,3}(\d+)(?:\s*/\s*(\d+)\b)?")
_RW = re.compile(r"\bRW\W{0,3}(\d+)")
_NUMBER_WORDS = frozenset({"NO", "NOMOR", "NOMER", "NR"})
_SAME = {
    "JALAN": "JL",
    "JLN": "JL",
    "GANG": "GG",
    "KOMPLEK": "KOMP",
    "KOMPLEKS": "KOMP",
    "BLK": "BLOK",
    "BLOCK": "BLOK",
}
_AFTER_THE_HOUSE = frozenset(
    {"KEL", "KELURAHAN", "DESA", "DS", "DUSUN", "KEC", "KECAMATAN", "KAB", "KABUPATEN", "KOTA"}
)
_ROMAN = {"I": 1, "V": 5, "X": 10}
_NOWHERE = 1 << 30

Part = tuple[int, int, str]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Sorts addresses for a round; addresses without any word come last.

    Attributes:
        is_empty: nothing to go by.
        street: its words, numbers among them as numbers; Roman ones too ("Melati II").
        number: of the house, 0 where none is given; `suffix` what is written behind it ("2A", "2-4").
        rt, rw: 0 where not given.
        rest: kelurahan and whatever else follows.
    """

    is_empty: bool
    street: tuple[Part, ...]
    number: int
    suffix: tuple[Part, ...]
    rt: int
    rw: int
    rest: tuple[Part, ...]


def place_of(address: str) -> Place:
    """Read an address as far as it can be read; never fails."""
    text = address.upper()
    rt, rw, text = _neighbourhood(text)
    words = [_SAME.get(word, word) for word in _WORDS.findall(text)]
    end = next((at for at, word in enumerate(words) if at and word in _AFTER_THE_HOUSE), len(words))
    at = _house_number_at(words, end)
    street = [word for word in words[: end if at is None else at] if word not in _NUMBER_WORDS]
    if at is None:
        return Place(not words, _parts(street), 0, (), rt, rw, _parts(words[end:]))
    behind = at + 1
    while behind < end and (words[behind].isdecimal() or len(words[behind]) == 1):
        behind += 1
    number = _int(words[at])
    return Place(
        False, _parts(street), number, _parts(words[at + 1 : behind]), rt, rw, _parts(words[behind:])
    )


def starts_with(address: str, beginning: str) -> bool:
    """Whether an address begins with these words, however they are abbreviated ("Jalan Melati", "JL. MELATI")."""
    wanted, words = _plain_words(beginning), _plain_words(address)
    return words[: len(wanted)] == wanted


def _plain_words(text: str) -> list[str]:
    words = (_SAME.get(word, word) for word in _WORDS.findall(text.upper()))
    return [word.lstrip("0") if word.isdecimal() else word for word in words if word not in _NUMBER_WORDS]


def _neighbourhood(text: str) -> tuple[int, int, str]:
    """RT, RW and the text without them: "RT 03/RW 05", "RT.03/05", "RT/RW 003/005"."""
    if both := _RT_RW_TOGETHER.search(text):
        return _int(both[1]), _int(both[2]), _without(text, both)
    rt = rw = 0
    if found := _RT.search(text):
        rt, rw = _int(found[1]), _int(found[2] or "0")
        text = _without(text, found)
    if found := _RW.search(text):
        rw, text = _int(found[1]), _without(text, found)
    return rt, rw, text


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def _house_number_at(words: list[str], end: int) -> int | None:
    """Where the house number stands: behind "No", else the last number behind a word of the street's name.

    A number right behind "Jl" is the street's own ("Jl. 17 Agustus 5").
    """
    for at in range(1, end):
        if words[at].isdecimal() and words[at - 1] in _NUMBER_WORDS:
            return at
    for at in range(end - 1, 0, -1):
        if words[at].isdecimal():
            first = at
            while first > 1 and words[first - 1].isdecimal():
                first -= 1
            return None if words[first - 1] in ("JL", "GG", "KM", "BLOK") else first
    return None


def _parts(words: list[str]) -> tuple[Part, ...]:
    return tuple(_part(word, at) for at, word in enumerate(words))


def _part(word: str, at: int) -> Part:
    """A word as what it sorts by: numbers before words, a Roman number (not the first word) as a number."""
    if word.isdecimal():
        return (0, _int(word), "")
    value = _roman(word) if at else 0
    return (0, value, word) if value else (1, 0, word)


def _roman(word: str) -> int:
    """Value of a Roman number to XXXIX in its usual form; 0 for anything else."""
    if not set(word) <= _ROMAN.keys():
        return 0
    value = 0
    for one, following in zip(word, [*word[1:], ""], strict=True):
        value += -_ROMAN[one] if _ROMAN[one] < _ROMAN.get(following, 0) else _ROMAN[one]
    tens, ones = divmod(value, 10)
    usual = "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]
    return value if usual == word and value < 40 else 0


def _int(digits: str) -> int:
    """A number of an address; whoever writes a very long one means no house."""
    return min(int(digits[:10]), _NOWHERE)
