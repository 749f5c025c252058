"""`kctrig token`: look into tokens, make an emulated meter, issue tokens for it."""

from __future__ import annotations

import json
from pathlib import Path

import click
from metersim.sts.token import masked

from kctrig.cli.token_args import BadInput, examples, meter_option, one_line, read_meter
from kctrig.cli.token_issue import issue
from kctrig.tokens import decode as decoding
from kctrig.tokens import meters


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def token() -> None:
    """Look into STS tokens, and issue tokens for emulated meters.

    Keys come from the public STS test keys and the published sample tables only: nothing that is made here works on a real
    meter, because real keys live in security modules. This is a test rig, not a vending system.
    """


def _entry(text: str) -> str:
    """A token as people write it: spaces and dashes between the digits do not count."""
    return text.replace("-", "").replace(" ", "")


@token.command(
    epilog=examples(
        "kctrig token decode 18446744073843772416",
        "kctrig token decode 6565-2931-2832-5095-1756 --state meters.json --meter 00000000018",
    )
)
@click.argument("tokens", nargs=-1, required=True, metavar="TOKEN...")
@click.option(
    "--state",
    "path",
    type=click.Path(path_type=Path),
    help="State file of an emulated meter: decrypt with its key.",
)
@meter_option
@click.option("--json", "as_json", is_flag=True, help="One JSON line a token.")
def decode(tokens: tuple[str, ...], path: Path | None, drn: str | None, as_json: bool) -> None:
    """Explain tokens: class and, with a meter's state, every field."""
    if path is None and drn is not None:
        raise BadInput("--meter names a meter in a state file: give --state too")
    meter = None if path is None else read_meter(path, drn)
    explanations = []
    for text in tokens:
        digits = _entry(text)
        with one_line(f"token {masked(digits)}: "):
            explanations.append(decoding.explain(digits, meter))
    for explanation in explanations:
        click.echo(json.dumps(explanation.as_json()) if as_json else _in_words(explanation))


def _in_words(explanation: decoding.Explanation) -> str:
    """An explanation as lines for a person."""
    digits = explanation.digits
    lines = [
        " ".join(digits[i : i + 4] for i in range(0, 20, 4)),
        f"  class {explanation.token_class}: {explanation.kind}",
    ]
    lines += [f"  {name}: {value}" for name, value in explanation.fields.items()]
    if explanation.note:
        lines.append(f"  {explanation.note}")
    return "\n".join(lines)


@token.command(
    epilog=examples(
        "kctrig token meter 77 --profile star > meter.json",
        "kctrig token meter 78 --profile generic --laws mylab.json > meter.json",
    ),
)
@click.argument("drn", metavar="SERIAL_OR_DRN")
@click.option("--profile", default="hexing", show_default=True, help="Brand that the meter behaves as.")
@click.option(
    "--ea", type=click.Choice(["7", "11"]), default="7", show_default=True, help="Encryption algorithm."
)
@click.option(
    "--krn", type=click.IntRange(1, 9), default=1, show_default=True, help="Key revision it starts on."
)
@click.option("--ti", type=click.IntRange(0, 99), default=1, show_default=True, help="Tariff index.")
@click.option("--sgc", default=meters.TEST_SGC, show_default=True, help="Supply group code.")
@click.option(
    "--laws",
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON file of parameters in which the meter differs from its brand; they go into its state.",
)
def meter(drn: str, profile: str, ea: str, krn: int, ti: int, sgc: str, laws: Path | None) -> None:
    """Print the state of a fresh emulated meter, its key made from a public test key.

    A number of up to ten digits gets zeros before it and its check digit behind it; eleven digits are a whole meter number.
    """
    if not (drn.isascii() and drn.isdigit()):
        raise BadInput(f"meter number {drn!r}: only digits are allowed")
    with one_line():
        number = drn if len(drn) > 10 else meters.numbered(int(drn))
        state = meters.fresh_state(profile, number, ea=int(ea), krn=krn, ti=f"{ti:02d}", sgc=sgc)
    if laws is not None:
        from kctrig.sim.urls import read_laws

        state["laws"] = read_laws(laws, profile)
    click.echo(json.dumps(state, indent=1))


token.add_command(issue)
