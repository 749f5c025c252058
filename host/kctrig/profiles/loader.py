"""Profile files in, frozen profiles out; anything that is not understood is refused."""

from __future__ import annotations

import hashlib
import json
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kctrig.profiles.errors import ProfileError, UnknownBrand
from kctrig.profiles.model import ClearRule, Codes, Echo, Glass, Lockout, Note, Profile
from kctrig.profiles.schema import SCHEMA, check_together
from kctrig.profiles.values import Check, Wrong

_SUFFIX = ".toml"


@cache
def names() -> tuple[str, ...]:
    """Names of the profiles that come with kctrig, in alphabetical order."""
    folder = resources.files("kctrig.profiles")
    return tuple(
        sorted(file.name.removesuffix(_SUFFIX) for file in folder.iterdir() if file.name.endswith(_SUFFIX))
    )


@cache
def load(name: str) -> Profile:
    """The profile of this name.

    Raises:
        UnknownBrand: there is none; the error lists the names that exist.
        ProfileError: its file is damaged.
    """
    if name not in names():
        raise UnknownBrand(name, names())
    file = resources.files("kctrig.profiles") / (name + _SUFFIX)
    return _parse(name, file.name, file.read_bytes())


def load_file(path: str | Path) -> Profile:
    """A profile from a file of one's own; the file's name without `.toml` is the profile's name.

    Raises:
        ProfileError: the file cannot be read or does not hold a whole profile.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ProfileError(
            str(path), "", f"cannot be read ({error.strerror})", "Name a profile file that exists"
        ) from error
    return _parse(path.name.removesuffix(_SUFFIX), str(path), data)


def candidates(wire_kind: int, cells: int, counter_cells: int) -> tuple[Profile, ...]:
    """The profiles whose glass is made of just this: kind as in `rigwire.glass`, main cells, counter cells."""
    every = (load(name) for name in names())
    return tuple(
        profile
        for profile in every
        if (profile.glass.wire_kind, profile.glass.cells, profile.glass.counter_cells)
        == (wire_kind, cells, counter_cells)
    )


def _parse(name: str, file: str, data: bytes) -> Profile:
    try:
        raw = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(
            file, "", f"is not TOML ({error})", "Correct the line, or copy a profile anew"
        ) from error
    _refuse_unknown(file, "", raw, SCHEMA)
    values: dict[str, dict[str, Any]] = {}
    notes: dict[str, Note] = {}
    for section, checks in SCHEMA.items():
        given = raw.get(section)
        if not isinstance(given, dict):
            raise ProfileError(file, section, "the section is missing", f"Write [{section}] with its values")
        _refuse_unknown(file, section + ".", given, checks)
        values[section] = {}
        for key, check in checks.items():
            dotted = f"{section}.{key}"
            if key not in given:
                raise ProfileError(
                    file, dotted, "is missing", "Write it, as in the profiles that come with kctrig"
                )
            values[section][key], notes[dotted] = _value(file, dotted, given[key], check)
    broken = check_together(values)
    if broken is not None:
        key, wrong = broken
        raise ProfileError(file, key, wrong.wrong, wrong.todo)
    return _profile(name, values, notes)


def _refuse_unknown(file: str, before: str, given: dict[str, Any], known: Any) -> None:
    for key in given:
        if key not in known:
            raise ProfileError(
                file, before + key, "is not known", f"Remove it, or write one of {', '.join(known)}"
            )


def _value(file: str, dotted: str, given: object, check: Check) -> tuple[object, Note]:
    """A checked value and its note from `{ value = …, source = "…" }` or `{ value = …, guess = "…" }`."""
    if not isinstance(given, dict) or "value" not in given:
        raise ProfileError(
            file, dotted, "has no value", 'Write { value = …, source = "…" } or { value = …, guess = "…" }'
        )
    marks = [key for key in given if key != "value"]
    if marks not in (["source"], ["guess"]):
        raise ProfileError(
            file,
            dotted,
            "does not say where its value comes from",
            "Add either source or guess, and nothing else",
        )
    note = given[marks[0]]
    if not isinstance(note, str) or not note.strip():
        raise ProfileError(
            file, dotted, f"its {marks[0]} is empty", "Say in a few words where the value is from"
        )
    try:
        value = check(given["value"])
    except Wrong as wrong:
        raise ProfileError(file, dotted, wrong.wrong, wrong.todo) from None
    return value, Note("source" if marks[0] == "source" else "guess", note)


def _profile(name: str, values: dict[str, dict[str, Any]], notes: dict[str, Note]) -> Profile:
    canonical = json.dumps({"name": name, **values}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    keys, codes = dict(values["keys"]), dict(values["codes"])
    clear = ClearRule(keys.pop("clear_presses"), keys.pop("clear_within_ms"))
    allowed_codes = codes.pop("allowed")
    return Profile(
        name=name,
        **values["meter"],
        **keys,
        **values["timing"],
        **values["policy"],
        glass=Glass(**values["glass"]),
        clear=clear,
        codes=Codes(**codes),
        allowed_codes=allowed_codes,
        echo=Echo(**values["echo"]),
        krn_patterns=values["krn"]["patterns"],
        kt_shown=values["krn"]["kt_shown"],
        krn_number=values["krn"]["number"],
        krn_number_patterns=values["krn"]["number_patterns"],
        texts=MappingProxyType(values["texts"]),
        lockout=Lockout(**values["lockout"]),
        notes=MappingProxyType(notes),
        profile_hash=hashlib.sha256(canonical.encode("ascii")).hexdigest(),
    )
