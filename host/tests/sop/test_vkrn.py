"""VKRN: three codes and what each says."""

from __future__ import annotations

import pytest
from kctrig.sop.vkrn import UnreadableVkrn, Vkrn, read_vkrn


def test_41_and_42_are_not_updated_and_43_is() -> None:
    assert [(int(code), code.is_updated) for code in Vkrn] == [(41, False), (42, False), (43, True)]


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("code", list(Vkrn))
def test_each_code_says_its_krn_and_whether_the_meter_was_upgraded(code: Vkrn, lang: str) -> None:
    said = code.meaning.into(lang)
    assert str(int(code)) in said
    assert ("KRN 1" in said) == (code is Vkrn.KRN1)


@pytest.mark.parametrize("text", ["43", " 43 ", "43.0", "43,00", "VKRN 43", "vkrn=43", "0043"])
def test_a_code_is_read_as_spreadsheets_and_people_write_it(text: str) -> None:
    assert read_vkrn(text) is Vkrn.KRN2


@pytest.mark.parametrize("text", ["", " ", "44", "4", "43,5", "KRN 2", "41/42", "43 43"])
def test_anything_else_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(UnreadableVkrn) as caught:
        read_vkrn(text)
    assert "AP2T" in str(caught.value) or "41, 42" in str(caught.value)
