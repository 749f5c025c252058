"""VKRN, the utility's code for a key revision: 41, 42, 43, and what each says about the meter."""

from __future__ import annotations

from enum import IntEnum

from kctrig.lang import N_
from kctrig.sop.said import Said, say
from kctrig.worklist.vkrn import code_in


class Vkrn(IntEnum):
    """What AP2T shows in the column VKRN (SOP 7.b, 7.c; facts/sts.md 5.4)."""

    KRN1 = 41
    """KRN 1: not upgraded."""
    KRN2_OLD_BASE = 42
    """KRN 2 of the old base date: not upgraded. Its glass shows KRN 2 all the same."""
    KRN2 = 43
    """KRN 2 STS: upgraded."""

    @property
    def is_updated(self) -> bool:
        """Whether the register says that the meter was upgraded."""
        return self is Vkrn.KRN2

    @property
    def meaning(self) -> Said:
        """What it says about the meter, as a sentence."""
        return say(_MEANINGS[self])


_MEANINGS = {
    Vkrn.KRN1: N_("VKRN 41: KRN 1; the meter has not been upgraded"),
    Vkrn.KRN2_OLD_BASE: N_("VKRN 42: KRN 2 of the old base; the meter has not been upgraded"),
    Vkrn.KRN2: N_("VKRN 43: KRN 2 STS; the meter has been upgraded, says the register"),
}


class UnreadableVkrn(Exception):  # noqa: N818 - named for what happened
    """The text is none of the three codes.

    Attributes:
        said: what is wrong, as a sentence.
    """

    effect = "nothing"

    def __init__(self, text: str) -> None:
        self.said = (
            say(N_("VKRN {text} is not 41, 42 or 43"), text=repr(text[:20]))
            if text.strip()
            else say(
                N_(
                    "VKRN is empty; look it up in AP2T: Info Pelanggan > Info DIL > APP/Meter > kWh, or Info DIL > kWh"
                )
            )
        )
        super().__init__(str(self.said))


def read_vkrn(text: str) -> Vkrn:
    """The code in a cell: `43`, `43.0` as a spreadsheet writes it, `VKRN 43`.

    Raises:
        UnreadableVkrn: it is none of the three.
    """
    code = code_in(text)
    if code is None:
        raise UnreadableVkrn(text)
    return Vkrn(code)
