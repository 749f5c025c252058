"""The host's fast EA07 is the device's EA07."""

import random

import pytest
from kctrig.tokens import fast
from metersim.sts import codec
from metersim.sts.ea07 import Ea07
from metersim.sts.token import text

SEED = 41
TOKENS = 100_000


def test_the_fast_build_deciphers_every_random_token_as_the_device_does() -> None:
    draw = random.Random(SEED)
    for number in range(TOKENS):
        if number % 20 == 0:
            key = draw.randbytes(8)
        digits = text(draw.getrandbits(66))
        here, there = fast.decode(digits, key, 7), codec.decode(digits, key, 7)
        assert (here.token_class, here.block, here.crc_ok) == (
            there.token_class,
            there.block,
            there.crc_ok,
        ), digits


def test_the_fast_build_enciphers_as_the_device_does() -> None:
    draw = random.Random(SEED + 1)
    for _ in range(300):
        key, block = draw.randbytes(8), draw.getrandbits(64)
        assert fast.FastEa07(key).encrypt(block) == Ea07(key).encrypt(block)
        assert fast.FastEa07(key).decrypt(fast.FastEa07(key).encrypt(block)) == block


def test_ea11_on_the_host_is_the_devices_own_file() -> None:
    draw = random.Random(SEED + 2)
    for _ in range(100):
        key, digits = draw.randbytes(16), text(draw.getrandbits(66))
        assert fast.decode(digits, key, 11).block == codec.decode(digits, key, 11).block


@pytest.mark.parametrize("digits", ["1", "x" * 20, "9" * 20])
def test_what_is_no_token_is_refused_in_the_same_words(digits: str) -> None:
    with pytest.raises(codec.NotAToken) as here:
        fast.decode(digits, bytes(8), 7)
    with pytest.raises(codec.NotAToken) as there:
        codec.decode(digits, bytes(8), 7)
    assert str(here.value) == str(there.value)


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="8 bytes, this has 16"):
        fast.decode("0" * 20, bytes(16), 7)
