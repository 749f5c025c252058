"""`kctrig token` as a script uses it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kctrig.cli.token import token
from kctrig.tokens import meters
from metersim.sts import codec


def run(*words: str) -> Result:
    return CliRunner().invoke(token, list(words))


@pytest.fixture
def state(tmp_path: Path) -> str:
    path = tmp_path / "meter.json"
    result = run("meter", "77", "--profile", "star")
    assert result.exit_code == 0
    path.write_text(result.stdout, encoding="utf-8")
    return str(path)


def test_a_fresh_meter_can_be_upgraded_and_its_set_explained(state: str) -> None:
    made = run("issue", "kct", "--state", state, "--krn", "2", "--ro")
    assert (made.exit_code, made.stderr) == (0, "")
    tokens = made.stdout.split()
    assert len(tokens) == 2
    told = run("decode", *tokens, "--state", state, "--json")
    first, second = (json.loads(line) for line in told.stdout.splitlines())
    assert (first["fields"]["krn"], first["fields"]["rollover"], second["fields"]["ti"]) == (2, True, "01")


def test_a_set_as_json_names_the_key_that_comes_after(state: str) -> None:
    made = json.loads(run("issue", "kct", "--state", state, "--krn", "2", "--ro", "--three", "--json").stdout)
    assert len(made["tokens"]) == 3
    assert (made["krn"], made["base_date"], made["rollover"], made["drn"]) == (
        2,
        2014,
        True,
        meters.numbered(77),
    )
    assert len(bytes.fromhex(made["decoder_key_hex_after"])) == 8


def test_a_change_of_base_date_without_rollover_is_issued_with_a_warning(state: str) -> None:
    made = run("issue", "kct", "--state", state, "--krn", "2")
    assert made.exit_code == 0
    assert "without --ro" in made.stderr


def test_credit_is_the_same_for_the_same_words(state: str) -> None:
    words = ("issue", "credit", "--state", state, "--kwh", "50", "--at", "2021-01-26T10:00", "--rnd", "3")
    first = run(*words)
    assert first.exit_code == 0
    assert first.stdout == run(*words).stdout
    key = bytes.fromhex(json.loads(Path(state).read_text(encoding="utf-8"))["decoder_key_hex"])
    decoded = codec.decode(first.stdout.strip(), key, 7)
    assert (decoded.crc_ok, decoded.amount_tenths, decoded.tid, decoded.rnd) == (True, 500, 14763480, 3)


def test_a_moment_with_a_zone_is_turned_into_utc(state: str) -> None:
    words = ("issue", "credit", "--state", state, "--kwh", "50", "--rnd", "3", "--at")
    assert run(*words, "2021-01-26T17:00+07:00").stdout == run(*words, "2021-01-26T10:00").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("credit", "--water-m3", "1.5"),
        ("credit", "--gas-m3", "2"),
        ("credit", "--minutes", "60"),
        ("credit", "--money", "-12.34567", "--of", "water"),
        ("set", "power-limit", "1300"),
        ("set", "phase-unbalance", "450"),
        ("set", "tariff-rate", "7"),
        ("set", "water-factor", "9"),
        ("clear", "tamper"),
        ("clear", "credit"),
        ("clear", "credit", "--register", "4"),
    ],
)
def test_every_kind_is_issued_and_decodes(state: str, words: tuple[str, ...]) -> None:
    made = run("issue", *words, "--state", state, "--at", "2021-01-26T10:00", "--json")
    assert made.exit_code == 0, made.output
    digits = json.loads(made.stdout)["tokens"][0]
    assert json.loads(run("decode", digits, "--state", state, "--json").stdout)["state"] == "clear"


def test_a_test_number_needs_no_meter() -> None:
    assert run("issue", "test", "4").stdout.strip() == "18446744073843772416"
    assert run("issue", "test", "4", "--maker", "0000").stdout.strip() == "01152921539100838034"


def test_one_meter_of_a_list_is_named(state: str, tmp_path: Path) -> None:
    listed = tmp_path / "list.json"
    one = json.loads(Path(state).read_text(encoding="utf-8"))
    two = meters.fresh_state("smart", meters.numbered(78))
    listed.write_text(json.dumps({"meters": [one, two]}), encoding="utf-8")
    words = ("issue", "kct", "--state", str(listed), "--krn", "2", "--ro")
    assert (
        run(*words, "--meter", one["drn"]).stdout
        == run("issue", "kct", "--state", state, "--krn", "2", "--ro").stdout
    )
    assert_one_line(run(*words), "holds 2 meters")
    assert_one_line(run(*words, "--meter", "00000000018"), "holds no meter 00000000018")


def test_dashes_and_spaces_of_a_printed_token_do_not_count() -> None:
    assert "show KRN" in run("decode", "1844-6744-0738 4377 2416").stdout


def assert_one_line(result: Result, words: str) -> None:
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert words in result.stderr


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("73786976294838206464", "above 73786976294838206463"),
        ("99999999999999999999", "above 73786976294838206463"),
        ("7378697629483820646", "19 digits"),
        ("7.17283E+19", "only the digits 0 to 9"),
    ],
)
def test_what_is_no_token_is_one_line_with_masked_digits_and_exit_code_2(digits: str, words: str) -> None:
    result = run("decode", digits)
    assert_one_line(result, words)
    assert digits not in result.stderr


def test_one_bad_token_among_good_ones_prints_nothing_but_the_error() -> None:
    assert_one_line(run("decode", "18446744073843772416", "123"), "3 digits")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("kct", "--krn", "2", "--vending-key", "00" * 8), "security modules"),
        (("kct", "--krn", "2", "--vending-key", "xyz"), "expected hexadecimal digits"),
        (("kct", "--krn", "1"), "on this very key already"),
        (("credit", "--kwh", "50", "--at", "yesterday"), "expected a moment such as"),
        (("credit", "--kwh", "50", "--at", "2030-01-01"), "outside the token clock"),
        (("credit", "--kwh", "1.23", "--at", "2021-01-26"), "at most 1 decimals"),
        (("credit", "--kwh", "nan", "--at", "2021-01-26"), "expected a number"),
        (("credit", "--kwh", "9999999999", "--at", "2021-01-26"), "a token holds 0 to 18201624"),
        (("credit", "--at", "2021-01-26"), "exactly one of"),
        (("credit", "--kwh", "1", "--money", "1", "--at", "2021-01-26"), "exactly one of"),
        (("set", "tariff-rate", "65536", "--at", "2021-01-26"), "register 65536"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(state: str, words: tuple[str, ...], said: str) -> None:
    assert_one_line(run("issue", *words, "--state", state), said)


def test_a_state_file_that_is_missing_or_no_json_is_one_line(tmp_path: Path) -> None:
    words = ("issue", "clear", "tamper", "--at", "2021-01-26", "--state")
    assert_one_line(run(*words, str(tmp_path / "none.json")), "No such file")
    bent = tmp_path / "bent.json"
    bent.write_text("{", encoding="utf-8")
    assert_one_line(run(*words, str(bent)), "is not JSON")


def test_a_meter_with_a_key_of_its_own_gets_no_token(state: str) -> None:
    document = json.loads(Path(state).read_text(encoding="utf-8"))
    Path(state).write_text(json.dumps({**document, "decoder_key_hex": "00" * 8}), encoding="utf-8")
    assert_one_line(
        run("issue", "clear", "tamper", "--at", "2021-01-26", "--state", state), "this is a test rig"
    )


def test_the_help_says_why_real_keys_are_refused_and_shows_examples() -> None:
    assert "security modules" in " ".join(run("issue", "--help").output.split())
    for command in (
        ("decode",),
        ("meter",),
        ("issue", "kct"),
        ("issue", "credit"),
        ("issue", "set"),
        ("issue", "clear"),
    ):
        assert "kctrig token " + " ".join(command) in run(*command, "--help").output
