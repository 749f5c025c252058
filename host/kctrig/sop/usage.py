"""What the commands of `kctrig sop` say to whoever calls them in a way that cannot be answered."""

from __future__ import annotations

from pathlib import Path

from kctrig.lang import N_
from kctrig.sop.said import Said, say

NO_PAGE = say(N_("give the customer's page of P2APST as a file, or --update and --bought"))
NO_UPDATE = say(N_("--update is needed beside --bought: TGUPDATE of the customer's page of P2APST"))
FILE_OR_OPTIONS = say(N_("a file of cases and the options of one case exclude each other"))
OUT_WITHOUT_FILE = say(N_("--out goes with a file of cases; one case is answered on the screen"))
NO_VKRN = say(
    N_("--vkrn is needed: AP2T, Info Pelanggan > Info DIL > APP/Meter > kWh, or Info DIL > kWh (SOP 7.a)")
)
NO_POWER = say(N_("--power is needed: on, nearly-off or off (SOP 7.c.5)"))
BROKEN_OFF = say(
    N_("the questions were broken off and nothing was answered; answer them, or give --vkrn and --power")
)


def option(name: str, wrong: Said) -> Said:
    """What is wrong with the value of an option."""
    return say(N_("{option}: {wrong}"), option=name, wrong=wrong)


def no_zone(zone: str) -> Said:
    """A time zone that there is not."""
    return say(N_("no time zone {zone}; name WIB, WITA, WIT or one such as Asia/Jakarta"), zone=repr(zone))


def no_store(path: Path) -> Said:
    """A store that there is not."""
    return say(N_("no store at {file}; name the file that upgrade wrote"), file=path)


def out_is_input(path: Path) -> Said:
    """A table that would be written over what it is made of."""
    return say(N_("--out is {file} itself; name another file"), file=path)
