"""`kctrig token issue`: every kind of token for an emulated meter."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kctrig.cli.token_args import (
    BadInput,
    examples,
    one_line,
    print_tokens,
    read_meter,
    scaled,
    target_options,
    timed_options,
)
from kctrig.tokens import issue as issuing


@click.group()
def issue() -> None:
    """Issue tokens for an emulated meter given by its state file.

    The key in the state must follow from a public STS test key. Any other key is refused and no option allows it: real
    vending keys live in security modules, and this is a test rig, not a vending system.
    """


@issue.command(
    epilog=examples(
        "kctrig token issue kct --state meter.json --krn 2 --ro",
        "kctrig token issue kct --state meters.json --meter 00000000018 --krn 2 --ken 133 --json",
    )
)
@target_options
@click.option("--krn", type=click.IntRange(1, 9), required=True, help="New key revision.")
@click.option(
    "--ro", is_flag=True, help="Rollover: the meter forgets the identifiers of the tokens it has seen."
)
@click.option("--kt", type=click.IntRange(0, 3), help="New key type (default: as it is).")
@click.option("--ti", type=click.IntRange(0, 99), help="New tariff index (default: as it is).")
@click.option("--sgc", help="New supply group code (default: as it is).")
@click.option(
    "--base", type=click.Choice(["1993", "2014", "2035"]), help="New base date (default: 2014 from KRN 1)."
)
@click.option("--ken", type=click.IntRange(0, 255), default=255, show_default=True, help="Key expiry number.")
@click.option("--three", is_flag=True, help="A third token with the supply group (EA07).")
@click.option(
    "--vending-key",
    metavar="HEX",
    help="Which public STS test key; any other is refused, because real keys live in security modules.",
)
def kct(
    path: Path,
    drn: str | None,
    as_json: bool,
    krn: int,
    ro: bool,
    kt: int | None,
    ti: int | None,
    sgc: str | None,
    base: str | None,
    ken: int,
    three: bool,
    vending_key: str | None,
) -> None:
    """Print the set of key change tokens, one a line: 2 (EA07), 3 (--three) or 4 (EA11)."""
    target = read_meter(path, drn)
    if vending_key is not None:
        try:
            key = bytes.fromhex(vending_key)
        except ValueError:
            raise BadInput("--vending-key: expected hexadecimal digits") from None
    with one_line():
        change = issuing.key_change(
            target,
            krn,
            rollover=ro,
            kt=kt,
            ti=ti,
            sgc=sgc,
            base_date=None if base is None else int(base),
            ken=ken,
            three_tokens=three,
            vending_key=None if vending_key is None else key,
        )
    after = change.meter_after
    if not ro and after.base_date > target.base_date:
        click.echo(
            f"note: base date {target.base_date} to {after.base_date} without --ro: the meter will answer Old to new credit",
            err=True,
        )
    print_tokens(
        change.tokens,
        as_json,
        drn=after.drn,
        krn=after.krn,
        kt=after.kt,
        ti=after.ti,
        sgc=after.sgc,
        ken=change.ken,
        rollover=change.rollover,
        base_date=after.base_date,
        decoder_key_hex_after=after.key.hex(),
    )


@issue.command(
    epilog=examples(
        "kctrig token issue credit --state meter.json --kwh 50 --at 2021-01-26T10:00",
        "kctrig token issue credit --state meter.json --money 20000",
    )
)
@timed_options
@click.option("--kwh", help="Electricity, kWh, one decimal.")
@click.option("--water-m3", help="Water, cubic metres, one decimal.")
@click.option("--gas-m3", help="Gas, cubic metres, one decimal.")
@click.option("--minutes", help="Time, minutes, one decimal.")
@click.option("--money", help="Money, five decimals; see --of.")
@click.option(
    "--of",
    "utility",
    type=click.Choice(issuing.UTILITIES),
    default="electricity",
    help="What the money is for.",
)
def credit(
    path: Path,
    drn: str | None,
    as_json: bool,
    at: datetime,
    rnd: int,
    kwh: str | None,
    water_m3: str | None,
    gas_m3: str | None,
    minutes: str | None,
    money: str | None,
    utility: str,
) -> None:
    """Print a credit token. An amount that a token cannot say exactly is rounded up."""
    amounts = {"electricity": kwh, "water": water_m3, "gas": gas_m3, "time": minutes}
    given = [(name, value) for name, value in amounts.items() if value is not None]
    if len(given) + (money is not None) != 1:
        raise BadInput("give exactly one of --kwh, --water-m3, --gas-m3, --minutes, --money")
    target = read_meter(path, drn)
    with one_line():
        if money is not None:
            digits = issuing.money(target, scaled("--money", money, 5), at=at, utility=utility)
        else:
            name, value = given[0]
            digits = issuing.credit(target, scaled(name, value, 1), at=at, rnd=rnd, utility=name)
    print_tokens((digits,), as_json, drn=target.drn)


@issue.command("set", epilog=examples("kctrig token issue set power-limit 1300 --state meter.json"))
@timed_options
@click.argument("what", type=click.Choice(["power-limit", "phase-unbalance", "tariff-rate", "water-factor"]))
@click.argument("value", type=int)
def set_(path: Path, drn: str | None, as_json: bool, at: datetime, rnd: int, what: str, value: int) -> None:
    """Print a token that sets a register: limits in watts, rate and factor as 16 raw bits."""
    setters = {
        "power-limit": issuing.power_limit,
        "phase-unbalance": issuing.phase_unbalance,
        "tariff-rate": issuing.tariff_rate,
        "water-factor": issuing.water_factor,
    }
    target = read_meter(path, drn)
    with one_line():
        digits = setters[what](target, value, at=at, rnd=rnd)
    print_tokens((digits,), as_json, drn=target.drn)


@issue.command("clear", epilog=examples("kctrig token issue clear tamper --state meter.json"))
@timed_options
@click.argument("what", type=click.Choice(["tamper", "credit"]))
@click.option("--register", type=click.IntRange(0, 6), help="Which credit register (default: all).")
def clear(
    path: Path, drn: str | None, as_json: bool, at: datetime, rnd: int, what: str, register: int | None
) -> None:
    """Print a token that clears the tamper condition or the credit."""
    target = read_meter(path, drn)
    with one_line():
        if what == "tamper":
            digits = issuing.clear_tamper(target, at=at, rnd=rnd)
        else:
            chosen = issuing.ALL_REGISTERS if register is None else register
            digits = issuing.clear_credit(target, chosen, at=at, rnd=rnd)
    print_tokens((digits,), as_json, drn=target.drn)


@issue.command("test", epilog=examples("kctrig token issue test 4"))
@click.argument("number", type=int)
@click.option("--maker", default="00", show_default=True, help="Maker code, two or four hexadecimal digits.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def test(number: int, maker: str, as_json: bool) -> None:
    """Print the class 1 number of a test or display; it is the same for every meter of a maker."""
    if len(maker) not in (2, 4) or not all(character in "0123456789abcdefABCDEF" for character in maker):
        raise BadInput(f"--maker {maker}: expected two or four hexadecimal digits")
    with one_line():
        digits = issuing.meter_test(number, int(maker, 16), four_digit_maker=len(maker) == 4)
    print_tokens((digits,), as_json)
