"""The cipher against its published answers, and the counter layout recomputed with Python's integers."""

import hashlib

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mcdemand.designs import designs
from mcdemand.designs._design import CONTRACT_ID, Axis
from mcdemand.designs.random import source
from mcdemand.kernels.philox import BLOCK, affine_key, fill_uniforms, fraction, philox, uniform

WORD = 0xFFFFFFFF
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)
KNOWN_ANSWERS = [
    (10, (0,) * 4, (0,) * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    (10, (WORD,) * 4, (WORD,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (10, PI[:4], PI[4:], "d16cfe09 94fdcceb 5001e420 24126ea1"),
    (7, (0,) * 4, (0,) * 2, "5f6fb709 0d893f64 4f121f81 4f730a48"),
]
"""Random123, tests/kat_vectors."""

KEY = (PI[4], PI[5])


def philox_integers(counter, key, rounds=10):
    """Philox4x32 of Salmon et al. (2011), section 3.3, in plain integers."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(rounds):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & WORD, (p0 >> 32) ^ c3 ^ k1, p0 & WORD
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return c0, c1, c2, c3


def expected_uniform(draw, key, chain=0, step=0):
    """The layout of the draw contract, for one draw alone."""
    counter = 128 * (draw // 256) + draw % 128
    words = philox_integers((counter & WORD, counter >> 32, chain, step), key)
    lane = (draw // 128) % 2
    bits = (words[2 * lane] << 32) | words[2 * lane + 1]
    return (2 * (bits >> 12) + 1) / 2**53


def block_of_uniforms(block=0, key=KEY, chain=0, step=0):
    row = np.full(BLOCK, np.nan)
    fill_uniforms(row, *key, chain, step, block)
    return row


@pytest.mark.parametrize(("rounds", "counter", "key", "expected"), KNOWN_ANSWERS)
def test_known_answers(rounds, counter, key, expected):
    words = philox(*map(np.uint64, (*counter, *key)), rounds)
    assert " ".join(f"{int(word):08x}" for word in words) == expected
    assert " ".join(f"{word:08x}" for word in philox_integers(counter, key, rounds)) == expected


@pytest.mark.parametrize(
    "block",
    [0, 1, 7, 2**25 - 1, 2**25, 2**25 + 1, 2**31, 2**32 - 1, 2**40],
    ids=lambda block: f"block{block}",
)
def test_every_draw_has_its_counter_and_lane(block):
    """A block of 2**25 and more reaches the high counter word."""
    found = block_of_uniforms(block)
    draws = [0, 1, 127, 128, 129, 255]
    assert_array_equal(found[draws], [expected_uniform(256 * block + draw, KEY) for draw in draws])


@pytest.mark.parametrize(("chain", "step"), [(0, 0), (1, 0), (0, 1), (65535, 0), (3, 999), (WORD, WORD)])
def test_chain_and_step_are_counter_words(chain, step):
    found = block_of_uniforms(5, chain=chain, step=step)
    expected = [expected_uniform(256 * 5 + draw, KEY, chain, step) for draw in range(BLOCK)]
    assert_array_equal(found, expected)


def test_counter_words_do_not_run_into_each_other():
    blocks = [
        block_of_uniforms(**place)
        for place in ({}, {"block": 1}, {"block": 2**25}, {"chain": 1}, {"step": 1}, {"key": (KEY[1], KEY[0])})
    ]
    assert np.unique(np.concatenate(blocks)).size == len(blocks) * BLOCK


def test_uniforms_stay_inside_the_open_interval():
    ends = [uniform(np.uint64(0), np.uint64(0)), uniform(np.uint64(WORD), np.uint64(WORD))]
    assert ends == [2.0**-53, 1 - 2.0**-53]


def test_uniforms_have_52_bits():
    numerators = block_of_uniforms() * 2.0**53
    assert_array_equal(numerators % 2, np.ones(BLOCK))
    assert np.count_nonzero(numerators % 64 > 32) in range(80, 176)


def test_moments_and_autocorrelation(size):
    blocks = size(2_000, 20)
    u = np.concatenate([block_of_uniforms(block) for block in range(blocks)])
    z = (u - 0.5) * np.sqrt(12)
    error = 5 / np.sqrt(u.size)
    assert_allclose(z.mean(), 0, atol=error)
    assert_allclose((z**2).mean(), 1, atol=error * np.sqrt(0.8))
    for lag in (1, 127, 128, 256):
        assert_allclose((z[lag:] * z[:-lag]).mean(), 0, atol=1.1 * error)


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**63 - 1])
@pytest.mark.parametrize("name", ["request_growth", "x", "x:component"])
def test_key_is_blake2b_of_contract_seed_and_name(seed, name):
    message = b"mcdemand-draws-1" + b"\x00" + b"%d" % seed + b"\x00" + name.encode("ascii")
    digest = hashlib.blake2b(message, digest_size=8).digest()
    assert source(Axis(seed, name, 4)) == (
        int.from_bytes(digest[:4], "little"),
        int.from_bytes(digest[4:], "little"),
        4,
    )


def test_seeds_and_names_give_different_keys():
    assert CONTRACT_ID == "mcdemand-draws-1"
    places = [(0, "a"), (1, "a"), (2**63 - 1, "a"), (0, "b"), (0, "aa"), (10, "a"), (1, "0a"), (0, "A")]
    assert len({source(Axis(seed, name, 0)) for seed, name in places}) == len(places)


def test_design_fills_a_row_from_its_source():
    row = np.empty(BLOCK)
    designs()["random"].fill(row, np.array(source(Axis(7, "x", 3))), 2, 11)
    key = source(Axis(7, "x", 3))[:2]
    assert_array_equal(
        row[::50], [expected_uniform(256 * 11 + draw, key, chain=2, step=3) for draw in range(0, 256, 50)]
    )


@pytest.mark.parametrize("word", [0, 1, 2**12 - 1, 2**12, 2**63, 2**64 - 1, 0x123456789ABCDEF0])
def test_a_fraction_is_the_middle_of_its_cell(word):
    """(k + 1/2) / 2^52, k the leading 52 bits."""
    assert fraction(np.uint64(word)) == ((word >> 12) + 0.5) / 2**52


def test_a_fraction_of_two_words_is_their_uniform():
    for high, low in ((0, 0), (WORD, 0), (PI[0], PI[1]), (1, WORD)):
        assert uniform(np.uint64(high), np.uint64(low)) == fraction(np.uint64(high << 32 | low))


@pytest.mark.parametrize(("chain", "part"), [(0, 0), (0, 1), (7, 0), (65535, 3)])
def test_an_affine_key_is_a_cipher_word_of_its_own(chain, part):
    """The counter (part, 0, chain, 2^32 - 1); no uniform has so late a step."""
    words = philox_integers((part, 0, chain, WORD), KEY)
    factor, summand = map(int, affine_key(*KEY, chain, part))
    assert factor == (words[0] << 32 | words[1]) | 1
    assert summand == words[2] << 32 | words[3]


def test_affine_keys_differ():
    places = [(KEY, 0, 0), (KEY, 0, 1), (KEY, 1, 0), ((KEY[1], KEY[0]), 0, 0)]
    keys = [affine_key(*key, chain, part) for key, chain, part in places]
    assert len({int(word) for key in keys for word in key}) == 2 * len(places)


def test_factors_are_odd_and_otherwise_random(size):
    """Each of the other 127 bits is set in half of the keys."""
    keys = [affine_key(*KEY, chain, 0) for chain in range(size(4000, 300))]
    bits = np.array([[int(word) >> k & 1 for word in key for k in range(64)] for key in keys])
    assert np.all(bits[:, 0] == 1)
    assert_allclose(bits[:, 1:].mean(axis=0), 0.5, atol=5.5 / 2 / np.sqrt(len(keys)))
