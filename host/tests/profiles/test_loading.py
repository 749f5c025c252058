from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from kctrig import profiles
from kctrig.profiles import Profile, ProfileError, UnknownBrand

BRANDS = (
    "cannet",
    "fujidharma",
    "hexing",
    "itron",
    "itron_ace9000",
    "melcoinda",
    "sanxing",
    "smart",
    "star",
)
every_brand = pytest.mark.parametrize("profile", [profiles.load(name) for name in BRANDS], ids=BRANDS)


def source_of(name: str) -> str:
    return (resources.files("kctrig.profiles") / f"{name}.toml").read_text("utf-8")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """A copy of the cannet profile with one place changed; a place that opens a line is meant there."""
    source = source_of("cannet")
    if "\n" + old in source:
        old, new = "\n" + old, "\n" + new
    assert source.count(old) == 1, f"{old!r} must stand once in the profile"
    path = tmp_path / "cannet.toml"
    path.write_text(source.replace(old, new), "utf-8")
    return path


def test_the_nine_brands_are_there() -> None:
    assert profiles.names() == BRANDS


@every_brand
def test_default_pace_is_at_least_one_and_a_half_times_what_the_meter_needs(profile: Profile) -> None:
    assert profile.press_ms >= 1.5 * profile.min_press_ms
    assert profile.gap_ms >= 1.5 * profile.min_gap_ms
    assert profile.press_ms - 1.5 * profile.min_press_ms < 5


@every_brand
def test_every_value_says_where_it_comes_from(profile: Profile) -> None:
    with (resources.files("kctrig.profiles") / f"{profile.name}.toml").open("rb") as file:
        raw = tomllib.load(file)
    assert set(profile.notes) == {f"{section}.{key}" for section, keys in raw.items() for key in keys}
    assert {note.kind for note in profile.notes.values()} == {"source", "guess"}


@every_brand
def test_the_rig_stops_before_the_meter_locks(profile: Profile) -> None:
    assert profile.refusals_max == 2 < profile.lockout.refusals


@every_brand
def test_only_codes_that_read_are_allowed(profile: Profile) -> None:
    assert set(dataclasses.astuple(profile.codes)) <= set(profile.allowed_codes)
    assert not {"00", "01", "02", "0"} & set(profile.allowed_codes)
    assert not any(code.startswith(("123", "456")) for code in profile.allowed_codes)


def test_codes_are_those_of_the_common_list() -> None:
    codes = profiles.load("hexing").codes
    assert dataclasses.astuple(codes) == ("04", "75", "37", "54", "65", "77")


def test_a_profile_cannot_be_changed() -> None:
    profile = profiles.load("star")
    with pytest.raises(dataclasses.FrozenInstanceError):
        profile.press_ms = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        profile.texts["accepted"] = ("SALAH",)  # type: ignore[index]


def test_the_hash_changes_with_a_value_and_not_with_a_note(tmp_path: Path) -> None:
    shipped = profiles.load("cannet").profile_hash
    assert len(shipped) == 64
    note = changed(tmp_path, "room for this brand's longest line", "seen on a unit")
    assert profiles.load_file(note).profile_hash == shipped
    slower = changed(tmp_path, "press_ms = { value = 45,", "press_ms = { value = 60,")
    assert profiles.load_file(slower).profile_hash != shipped


def test_candidates_have_just_this_glass() -> None:
    names = [profile.name for profile in profiles.candidates(1, 8, 0)]
    assert names == ["star"]
    assert [profile.name for profile in profiles.candidates(1, 12, 2)] == ["cannet", "sanxing", "smart"]
    assert profiles.candidates(3, 8, 0) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("HEXING/HXE116-KP", "hexing"),
        ("HE XING/H XE116-KP", "hexing"),
        ("ITRON/ACE 9000 IBS DS", "itron_ace9000"),
        ("Itron/ACE9000", "itron_ace9000"),
        ("ITRON ACE-9000", "itron_ace9000"),
        ("ITRON/EM512", "itron"),
        ("ITRON", "itron"),
        ("SANXING/SX1A1", "sanxing"),
        ("STAR/DDSY23S", "star"),
        ("FUJI DHARMA/FA14EPP", "fujidharma"),
        ("FUJIDHARMA/FA14EPP", "fujidharma"),
        (" cannet / A1 ", "cannet"),
        ("MELCOINDA/MTS-125", "melcoinda"),
        ("SMART/X", "smart"),
    ],
)
def test_merk_type_names_a_profile(text: str, name: str) -> None:
    assert profiles.for_merk_type(text).name == name


@pytest.mark.parametrize("text", ["", "CONLOG/BEC23", "STARLIGHT/DDSY23S", "XHEXING", "HEX/ING116", "///"])
def test_a_merk_type_that_no_profile_has_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(UnknownBrand) as caught:
        profiles.for_merk_type(text)
    assert caught.value.known == BRANDS
    assert "hexing, itron, itron_ace9000" in str(caught.value)


@pytest.mark.parametrize("name", ["Hexing", "conlog", "", "../star"])
def test_an_unknown_profile_name_is_refused(name: str) -> None:
    with pytest.raises(UnknownBrand) as caught:
        profiles.load(name)
    assert caught.value.effect == "nothing"


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("press_ms = { value = 45,", "press_ms = { value = 29,", "keys.press_ms", "min_press_ms"),
        ("press_ms = { value = 45,", 'press_ms = { value = "45",', "keys.press_ms", "not a whole number"),
        ("press_ms = { value = 45,", "press_ms = { value = true,", "keys.press_ms", "not a whole number"),
        ("press_ms = { value = 45,", "press_ms = { value = 1001,", "keys.press_ms", "out of range"),
        ("gap_ms = { value = 45,", "gap_ms = { value = 1,", "keys.gap_ms", "min_gap_ms"),
        (
            "digit_timeout_s = { value = 20,",
            "digit_timeout_s = { value = 0,",
            "keys.digit_timeout_s",
            "range",
        ),
        (
            "enter_after_token = { value = true",
            "enter_after_token = { value = false",
            "keys.enter_after_token",
            "echo",
        ),
        ('enter_key = { value = "#",', 'enter_key = { value = "##",', "keys.enter_key", "no contact"),
        ('enter_key = { value = "#",', 'enter_key = { value = "7",', "keys.enter_key", "enters a digit"),
        ('erase_key = { value = "*",', 'erase_key = { value = "#",', "keys.erase_key", "submits"),
        (
            "clear_within_ms = { value = 500,",
            "clear_within_ms = { value = 50,",
            "keys.clear_within_ms",
            "longer",
        ),
        ('kind = { value = "seven_segment",', 'kind = { value = "lcd",', "glass.kind", "not known"),
        ("counter_cells = { value = 2,", "counter_cells = { value = 0,", "echo.counter", "counter_cells"),
        ('krn = { value = "04",', "krn = { value = 4,", "codes.krn", "no short code"),
        ('krn = { value = "04",', 'krn = { value = "06",', "codes.krn", "codes.allowed"),
        ('krn = { value = "04",', 'krn = { value = "01",', "codes.krn", "acts on the meter"),
        ('["03", "04",', '["02", "04",', "codes.allowed", "acts on the meter"),
        ('["03", "04",', '["04", "04",', "codes.allowed", "twice"),
        ('["03", "04",', '["45612", "04",', "codes.allowed", "acts on the meter"),
        ('"KRN{krn} KT{kt}"', '"KRN{krn} KT2"', "krn.kt_shown", "krn.patterns"),
        ('"KRN{krn} KT{kt}"', '"KRN2 KT{kt}"', "krn.patterns", "key revision"),
        ('"KRN{krn} KT{kt}"', '"KRN{rev} KT{kt}"', "krn.patterns", "no meaning"),
        ('"KRN{krn} KT{kt}"', '"KRN{krn} KT{krn}"', "krn.patterns", "twice"),
        ('"KRN{krn} KT{kt}"', '"KRN{krn}_KT{kt}"', "krn.patterns", "no line of a glass"),
        ('"18446744073843772416"', '"1844674407384377241"', "krn.number", "20 digits"),
        ('["SALAH"]', '["benar"]', "texts.refused", "also means accepted"),
        ('["SALAH"]', "[]", "texts.refused", "empty"),
        ("refusals_max = { value = 2,", "refusals_max = { value = 3,", "policy.refusals_max", "locks at 3"),
        ("longest_s = { value = 1280,", "longest_s = { value = 9,", "lockout.longest_s", "first_s"),
        ('law = { value = "clou",', 'law = { value = "none",', "lockout.law", "not known"),
        ("page_s = { value = 1.5,", "page_s = { value = -1,", "timing.page_s", "out of range"),
        ("[policy]", "[policies]", "policies", "not known"),
        ("refusals_max =", "refusal_max =", "policy.refusal_max", "not known"),
        ('right of 0 on a telephone keypad" }', '" }', "keys.enter_key", "guess is empty"),
        (', guess = "right of 0 on a telephone keypad" }', " }", "keys.enter_key", "comes from"),
        (
            '{ value = "#", guess = "right of 0 on a telephone keypad" }',
            '"#"',
            "keys.enter_key",
            "has no value",
        ),
        ("title = {", "title = [", "", "is not TOML"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(
    tmp_path: Path, old: str, new: str, key: str, says: str
) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(ProfileError) as caught:
        profiles.load_file(path)
    text = str(caught.value)
    assert caught.value.key == key
    assert text.startswith(f"{path}: {key}")
    assert says in text
    assert "\n" not in text


def test_a_missing_section_and_a_missing_value_are_named(tmp_path: Path) -> None:
    source = source_of("cannet")
    path = tmp_path / "mine.toml"
    path.write_text(source[: source.index("[policy]")], "utf-8")
    with pytest.raises(ProfileError, match=r"policy: the section is missing"):
        profiles.load_file(path)
    path.write_text(source[: source.index("refusals_max")], "utf-8")
    with pytest.raises(ProfileError, match=r"policy.refusals_max: is missing"):
        profiles.load_file(path)


def test_a_file_of_ones_own_gives_its_name_to_the_profile(tmp_path: Path) -> None:
    path = tmp_path / "cannet_2019.toml"
    path.write_text(source_of("cannet"), "utf-8")
    profile = profiles.load_file(path)
    assert profile.name == "cannet_2019"
    assert profile.profile_hash != profiles.load("cannet").profile_hash


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"cannot be read \(No such file or directory\)"):
        profiles.load_file(tmp_path / "none.toml")


def test_a_file_that_is_not_text_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ProfileError, match="is not TOML"):
        profiles.load_file(path)


def test_asking_for_help_loads_no_profile() -> None:
    script = (
        "import sys, json, kctrig.cli\n"
        "print(json.dumps([m for m in sys.modules if m.startswith(('kctrig.profiles', 'kctrig.display'))]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
