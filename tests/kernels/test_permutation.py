"""The keyed permutation is one, looks like any, and puts one draw into every stratum."""

import itertools
import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import stats

from mcdemand.designs._design import Axis
from mcdemand.designs.latin_hypercube import source
from mcdemand.kernels.jit import loop
from mcdemand.kernels.permutation import LARGEST_BELOW_ONE, PASSES_OF_FEW, SMALL_BITS, fill_stratified, permuted
from mcdemand.kernels.philox import BLOCK, affine_key, fill_uniforms

FALSE_ALARM = 1e-6


@loop
def images(key_low, key_high, chain, size, mask, shift, passes, places, found):
    """The images of some places, by the four keys that a block uses."""
    keys = (
        affine_key(key_low, key_high, chain, 0),
        affine_key(key_low, key_high, chain, 1),
        affine_key(key_low, key_high, chain, 2),
        affine_key(key_low, key_high, chain, 3),
    )
    for i in range(places.size):
        found[i] = permuted(places[i], size, mask, shift, keys, passes)


def permutation(size, chain=0, name="x", places=None):
    places = np.arange(size, dtype=np.uint64) if places is None else np.array(places, dtype=np.uint64)
    bits = max(1, math.ceil(math.log2(size)))
    numbers = [np.uint64(x) for x in (size, (1 << bits) - 1, (bits + 1) // 2)]
    found = np.empty_like(places)
    with np.errstate(over="ignore"):
        images(*source(Axis(0, name))[:2], chain, *numbers, PASSES_OF_FEW if bits <= SMALL_BITS else 1, places, found)
    return found


def stratified(draws, *, chain=0, block=0, seed=0, name="x", step=0):
    row = np.empty(BLOCK)
    with np.errstate(over="ignore"):
        fill_stratified(row, *source(Axis(seed, name, step, draws=draws)), chain, block)
    return row


def chain_of(draws, **place):
    blocks = -(-draws // BLOCK)
    return np.concatenate([stratified(draws, block=block, **place) for block in range(blocks)])[:draws]


def test_every_small_size_is_permuted(size):
    for number in range(1, size(301, 70)):
        assert_array_equal(np.sort(permutation(number, chain=number)), np.arange(number))


@pytest.mark.parametrize("number", [127, 128, 129, 4095, 4096, 4097, 65_537, 2**20 + 1])
def test_larger_sizes_are_permuted(number, size):
    number = size(number, min(number, 500))
    found = permutation(number)
    assert_array_equal(np.sort(found), np.arange(number))
    if number > 1000:
        assert np.count_nonzero(found == np.arange(number)) < 12  # Fixed points are Poisson with mean 1.


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_every_permutation_is_equally_likely(number, size):
    chains = size(40_000, 1500)
    orders = {order: k for k, order in enumerate(itertools.permutations(range(number)))}
    counts = np.zeros(len(orders))
    for chain in range(chains):
        counts[orders[tuple(permutation(number, chain).tolist())]] += 1
    assert stats.chisquare(counts).pvalue > FALSE_ALARM


@pytest.mark.parametrize("number", [6, 16, 100])
def test_every_place_and_every_pair_of_places_is_uniform(number, size):
    chains = size(20_000, 400)
    first, last = (
        np.array([permutation(number, chain, places=[0, number - 1]) for chain in range(chains)]).astype(int).T
    )
    assert np.all(first != last)
    assert stats.chisquare(np.bincount(first, minlength=number)).pvalue > FALSE_ALARM
    assert stats.chisquare(np.bincount(last, minlength=number)).pvalue > FALSE_ALARM
    gaps = np.bincount((last - first) % number, minlength=number)[1:]
    assert stats.chisquare(gaps).pvalue > FALSE_ALARM


@pytest.mark.parametrize("draws", [1000, 4096, 5000])
def test_the_order_is_not_correlated(draws, size):
    draws = size(draws, min(draws, 1000 + draws // 20))
    points = [chain_of(draws), chain_of(draws, chain=1), chain_of(draws, name="y"), chain_of(draws, step=1)]
    points.append(chain_of(draws, seed=1))
    scores = [(u - u.mean()) / u.std() for u in points]
    bound = stats.norm.isf(FALSE_ALARM / 2) / math.sqrt(draws)
    for lag in (1, 2, 3, 7, 64, 128, 255, 256, 257, 512):
        assert abs(np.mean(scores[0][lag:] * scores[0][:-lag])) < bound * math.sqrt(draws / (draws - lag)), lag
    for one, other in itertools.combinations(scores, 2):
        assert abs(np.mean(one * other)) < bound


@pytest.mark.parametrize("draws", [2, 3, 100, 256, 257, 1000, 4096])
def test_every_stratum_has_one_draw(draws):
    strata = np.floor(chain_of(draws, chain=2) * draws).astype(int)
    assert_array_equal(np.sort(strata), np.arange(draws))


def test_a_draw_is_its_stratum_and_its_own_uniform():
    """(stratum + u) / n, McKay, Beckman and Conover (1979), with the uniform that a random design would draw."""
    draws = 700
    uniforms = np.empty(BLOCK)
    fill_uniforms(uniforms, *source(Axis(0, "x"))[:2], 5, 0, 1)
    strata = permutation(draws, chain=5)[BLOCK : 2 * BLOCK]
    assert_array_equal(stratified(draws, chain=5, block=1), (strata + uniforms) / draws)


def test_a_block_of_a_long_chain_is_computed_alone():
    """Far along a chain of 2^40 draws, whose strata are as fine as a double near 1 allows."""
    draws = 2**40
    for block in (0, 2**31, 2**32 - 1):
        points = stratified(draws, block=block)
        assert np.all((points > 0) & (points <= LARGEST_BELOW_ONE))
        assert stats.kstest(points, "uniform").pvalue > FALSE_ALARM
        strata = permutation(draws, places=block * BLOCK + np.arange(BLOCK))
        assert_array_equal(np.floor(points * draws), strata)


def test_the_last_stratum_stays_below_one():
    for draws in (1, 3, 2**40 - 1):
        assert (draws - 1 + (1 - 2.0**-53)) / draws >= LARGEST_BELOW_ONE
        assert stratified(draws).max() < 1
    assert np.nextafter(1, 0) == LARGEST_BELOW_ONE


def test_one_draw_is_its_own_uniform():
    uniforms = np.empty(BLOCK)
    fill_uniforms(uniforms, *source(Axis(0, "x", draws=1))[:2], 0, 0, 0)
    assert stratified(1)[0] == uniforms[0]


@pytest.mark.parametrize("draws", [16, 250])
def test_the_variance_of_the_mean_is_that_of_strata(draws, size):
    """1 / (12 n^3) for the mean of x, one uniform draw in each of n strata."""
    chains = size(4000, 100)
    variance = np.var([stratified(draws, chain=chain)[:draws].mean() for chain in range(chains)], ddof=1)
    low, high = stats.chi2(chains - 1).ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2]) / (chains - 1)
    assert low < variance * 12 * draws**3 < high
