"""Sobol' points against SciPy's, and the scramble against what Owen's nested scramble promises.

Every statistical test has the false-alarm rate FALSE_ALARM; the seeds are fixed, so a pass stays a pass.
"""

import functools
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from mcdemand.designs._design import Axis
from mcdemand.designs.sobol import DIMENSIONS, columns, source
from mcdemand.kernels.intrinsics import reverse_bits
from mcdemand.kernels.jit import kernel
from mcdemand.kernels.philox import BLOCK
from mcdemand.kernels.sobol import INDEX_BITS, MIXER_0, MIXER_1, fill_scrambled, sobol_words

FALSE_ALARM = 1e-6
ALL_ONES = 2**64 - 1
STEP = 2.0**-52


@kernel
def reversed_word(word):
    return reverse_bits(word)


def python_reverse(word):
    return sum(1 << (63 - k) for k in range(64) if word >> k & 1)


def unscrambled(dimension, block=0):
    """The block's points as doubles, digits that a double cannot hold cut off."""
    words = np.empty(BLOCK, dtype=np.int64)
    sobol_words(np.array(columns(dimension)), block, words)
    return np.array([math.ldexp(python_reverse(int(word)) >> 11, -53) for word in words])


def scrambled(dimension, block=0, chain=0, seed=0, name=None, step=0):
    row = np.empty(BLOCK)
    words = source(Axis(seed, name or f"x{dimension}", step, dimension))
    with np.errstate(over="ignore"):
        fill_scrambled(row, words[0], words[1], np.array(words[2:]), chain, block)
    return row


def chain_of(dimension, blocks, **place):
    return np.concatenate([scrambled(dimension, block, **place) for block in range(blocks)])


@functools.cache
def replicates(count):
    """The first 256 points of one parameter in each of several chains."""
    return np.stack([scrambled(0, chain=chain) for chain in range(count)])


@pytest.mark.parametrize(
    "word", [0, 1, 2, 3, 2**63, ALL_ONES, ALL_ONES - 1, 0x123456789ABCDEF, 0xF0F0F0F0F0F0F0F0, 2**32, 2**31]
)
def test_reverse_bits(word):
    assert int(reversed_word(np.uint64(word))) == python_reverse(word)


def test_reverse_bits_of_random_words():
    for word in np.random.default_rng(1).integers(0, ALL_ONES, 200, dtype=np.uint64, endpoint=True):
        assert int(reversed_word(word)) == python_reverse(int(word))


@pytest.fixture(scope="module")
def scipy_points():
    """The first 512 points of SciPy's own sequence, in all our dimensions."""
    return stats.qmc.Sobol(DIMENSIONS, scramble=False, bits=64).random(512)


@pytest.mark.parametrize("dimension", [0, 1, 2, 3, 4, 7, 20, 53, 254, 511, 1022, 1023])
@pytest.mark.parametrize("block", [0, 1])
def test_points_are_those_of_scipy_in_their_order(scipy_points, dimension, block):
    assert_array_equal(unscrambled(dimension, block), scipy_points[BLOCK * block : BLOCK * (block + 1), dimension])


def test_every_generating_matrix_is_that_of_scipy(scipy_points):
    """Power-of-two places of the sequence hold each column by itself."""
    places = 2 ** np.arange(8)
    words = np.empty(BLOCK, dtype=np.int64)
    for dimension in range(DIMENSIONS):
        matrix = np.array(columns(dimension))
        sobol_words(matrix, 0, words)
        assert matrix.size == INDEX_BITS
        found = [math.ldexp(python_reverse(int(word)), -64) for word in words[places]]
        assert_array_equal(found, scipy_points[places, dimension])


@pytest.mark.parametrize("first", [2**20, 2**20 + 2**11 - 256, 3 * 2**19 + 512])
def test_points_far_along_are_those_of_scipy(first):
    # SciPy's fast_forward fails with 64 bits, of which these points need 21.
    engine = stats.qmc.Sobol(54, scramble=False, bits=32)
    engine.fast_forward(first)
    expected = engine.random(BLOCK)
    for dimension in (0, 1, 2, 10, 53):
        assert_array_equal(unscrambled(dimension, first // BLOCK), expected[:, dimension])


@pytest.mark.parametrize("block", [2**31 + 12345, 2**32 - 1])
def test_the_last_points_of_the_longest_chain_follow_the_gray_code(block):
    """x_n, the exclusive or of the direction numbers where the Gray code of n has a bit (Antonov and Saleev 1979)."""
    for dimension in (0, 5, 1023):
        directions = np.bitwise_xor.accumulate(np.array(columns(dimension)))
        words = np.empty(BLOCK, dtype=np.int64)
        sobol_words(np.array(columns(dimension)), block, words)
        for place in (0, 1, 100, 255):
            gray = (index := BLOCK * block + place) ^ index >> 1
            chosen = [int(directions[k]) for k in range(INDEX_BITS) if gray >> k & 1]
            assert words[place] == functools.reduce(int.__xor__, chosen, 0)


def test_the_scramble_in_plain_integers():
    """A point of the contract, recomputed from two random affine maps; the mixers are even."""
    assert int(MIXER_0) % 2 == int(MIXER_1) % 2 == 0
    key, chain, dimension = source(Axis(3, "a", 2, 5))[:2], 4, 5
    maps = [philox_map(key, chain, part) for part in (0, 1)]
    words = np.empty(BLOCK, dtype=np.int64)
    sobol_words(np.array(columns(dimension)), 1, words)
    found = scrambled(dimension, 1, chain=chain, seed=3, name="a", step=2)
    for place in (0, 1, 77, 255):
        word = int(words[place])
        for factor, summand in maps:
            word = (word * factor + summand) & ALL_ONES
            word ^= word * int(MIXER_0) & ALL_ONES
            word ^= word * int(MIXER_1) & ALL_ONES
        assert found[place] == (2 * (python_reverse(word) >> 12) + 1) / 2**53


def philox_map(key, chain, part):
    """Factor and summand from the counter (part, 0, chain, 2**32 - 1), by Salmon et al. (2011) in plain integers."""
    (c0, c1, c2, c3), (k0, k1), word = (part, 0, chain, 2**32 - 1), key, 2**32 - 1
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & word, (p0 >> 32) ^ c3 ^ k1, p0 & word
        k0, k1 = (k0 + 0x9E3779B9) & word, (k1 + 0xBB67AE85) & word
    return (c0 << 32 | c1) | 1, c2 << 32 | c3


@pytest.mark.parametrize("dimension", [0, 1, 17, 1023])
@pytest.mark.parametrize("blocks", [1, 4, 16])
def test_every_stratum_of_a_parameter_has_one_point(dimension, blocks):
    points = chain_of(dimension, blocks, chain=3)
    strata = np.floor(points * points.size).astype(int)
    assert_array_equal(np.sort(strata), np.arange(points.size))
    for part in (2, 16, 128, 256):
        assert_array_equal(np.sort(np.floor(points[:part] * part)), np.arange(part))


@pytest.mark.parametrize("pair", [(0, 1), (1, 2), (2, 5), (7, 31), (600, 1023)])
def test_elementary_intervals_keep_their_counts(scipy_points, pair):
    """A nested scramble permutes the elementary intervals of each shape; in the first two dimensions all are even."""
    points = np.stack([scrambled(dimension, chain=1) for dimension in pair], axis=1)
    bits = int(np.log2(BLOCK))
    for level in range(bits + 1):
        for first in range(level + 1):
            shape = np.array([2**first, 2 ** (level - first)])
            found, expected = (counts_in(x, shape) for x in (points, scipy_points[:BLOCK, pair]))
            assert_array_equal(np.sort(found), np.sort(expected))
            if pair == (0, 1):
                assert_array_equal(found, np.full(2**level, BLOCK // 2**level))


def counts_in(points, shape):
    cells = np.floor(points * shape).astype(int)
    return np.bincount(cells[:, 0] * shape[1] + cells[:, 1], minlength=shape.prod())


INTEGRANDS = {
    "x": (lambda x: x, 1 / 2),
    "exp": (np.exp, math.e - 1),
    "step": (lambda x: (x < 0.3).astype(float), 0.3),
    "spike": (lambda x: x**-0.25, 4 / 3),
}


@pytest.mark.parametrize("name", INTEGRANDS)
@pytest.mark.parametrize("points", [1, 8, 256])
def test_the_mean_over_chains_is_unbiased(name, points, size):
    function, exact = INTEGRANDS[name]
    means = function(replicates(size(8000, 400))[:, :points]).mean(axis=1)
    error = means.std(ddof=1) / math.sqrt(means.size)
    assert abs(means.mean() - exact) < stats.t(means.size - 1).isf(FALSE_ALARM / 2) * error


def stratified_variance(mean, mean_square, count):
    """Variance of the mean of n points, each uniform in a stratum of its own: sum Var(f | stratum) / n^2."""
    ends = np.linspace(0, 1, count + 1)
    return np.sum(np.diff(mean_square(ends)) * count - (np.diff(mean(ends)) * count) ** 2) / count**2


@pytest.mark.parametrize("points", [4, 32, 256])
def test_the_variance_over_chains_is_that_of_a_nested_scramble(points, size):
    """In one dimension points fall into their strata independently (Owen 1997, section 3)."""
    chains = size(8000, 400)
    sample = replicates(chains)[:, :points]
    exact = {
        "x": 1 / (12 * points**3),
        "exp": stratified_variance(np.exp, lambda x: np.exp(2 * x) / 2, points),
    }
    assert_allclose(exact["exp"], (math.e**2 - 1) / 2 / (12 * points**3), rtol=0.01)
    for name, variance in exact.items():
        found = INTEGRANDS[name][0](sample).mean(axis=1).var(ddof=1)
        low, high = stats.chi2(chains - 1).ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2]) / (chains - 1)
        assert low < found / variance < high, name


@pytest.mark.parametrize("points", [16, 256])
def test_means_of_chains_are_nearly_normal(points, size):
    """Three points and more are scrambled as if independently; one affine map alone has a kurtosis far above 3."""
    chains = size(8000, 400)
    for name in ("x", "exp"):
        means = INTEGRANDS[name][0](replicates(chains)[:, :points]).mean(axis=1)
        # A sum of n uniforms has the kurtosis 3 - 1.2 / n; the sample's has the error sqrt(24 / R).
        band = stats.norm.isf(FALSE_ALARM / 2) * math.sqrt(24 / chains)
        assert abs(stats.kurtosis(means, fisher=False) - 3 + 1.2 / points) < band, name


@pytest.mark.parametrize("pair", [(0, 1), (0, 3), (5, 200), (128, 129)])
def test_two_points_are_independent_after_their_first_different_digit(pair, size):
    """Joint law of the next three digits of both, over chains: chi-square against 64 equal cells."""
    digits = np.floor(np.ldexp(unscrambled(0)[list(pair)], 52)).astype(np.int64)
    first = 52 - int(digits[0] ^ digits[1]).bit_length()
    sample = np.floor(np.ldexp(replicates(size(8000, 400))[:, pair], 52)).astype(np.int64)
    shared = sample >> (52 - first)
    assert_array_equal(shared[:, 0], shared[:, 1])
    own = (sample >> (51 - first)) & 1
    assert_array_equal(own.sum(axis=1), np.ones(len(own)))
    later = (sample >> (48 - first)) & 7
    counts = np.bincount(later[:, 0] * 8 + later[:, 1], minlength=64)
    assert stats.chisquare(counts).pvalue > FALSE_ALARM
    assert stats.chisquare(np.bincount(own[:, 0], minlength=2)).pvalue > FALSE_ALARM


def test_every_digit_is_scrambled(size):
    """Each of the 52 digits of a point is 1 in half of the chains."""
    chains = size(8000, 400)
    points = np.ldexp(replicates(chains)[:, 0], 52).astype(np.int64)
    ones = np.array([np.count_nonzero((points >> k) & 1) for k in range(52)])
    low, high = stats.binom(chains, 0.5).ppf([FALSE_ALARM / 104, 1 - FALSE_ALARM / 104])
    assert np.all((low <= ones) & (ones <= high))


def test_offsets_within_the_strata_are_not_correlated(size):
    """Names, seeds, chains and steps of one dimension."""
    places = [
        *({"name": f"p{k}"} for k in range(12)),
        *({"seed": k} for k in (1, 2, 10, 2**63 - 1)),
        *({"chain": k} for k in (1, 2, 255, 65535)),
        *({"step": k} for k in (1, 2, 50)),
    ]
    blocks = size(16, 1)
    points = np.stack([chain_of(3, blocks, **place) for place in places])
    offsets = np.sort(points, axis=1) * points.shape[1] % 1
    assert largest_correlation(offsets) < correlation_bound(offsets)
    assert stats.kstest(offsets.ravel(), "uniform").pvalue > FALSE_ALARM


def test_estimates_of_different_scrambles_are_not_correlated(size):
    """Points and means of a chain, of other names, seeds, steps and the next chain, over chains."""
    chains = size(4000, 100)
    places = [{"name": "a"}, {"name": "b"}, {"name": "a", "seed": 1}, {"name": "a", "step": 1}]
    samples = [np.stack([scrambled(3, chain=c, **place) for c in range(chains)]) for place in places]
    estimates = {
        "first point": np.array([x[:, 0] for x in samples]),
        "last point": np.array([x[:, -1] for x in samples]),
        "mean": np.array([x.mean(axis=1) for x in samples]),
        "square": np.array([(x**2).mean(axis=1) for x in samples]),
    }
    for name, values in estimates.items():
        assert largest_correlation(values) < correlation_bound(values), name
        assert largest_correlation(np.stack([values[0, :-1], values[0, 1:]])) < correlation_bound(values), name


def largest_correlation(values):
    return np.abs(np.triu(np.corrcoef(values), 1)).max()


def correlation_bound(values):
    """What one of all pairs exceeds at the stated rate (Fisher 1915)."""
    pairs = math.comb(len(values), 2)
    return math.tanh(stats.norm.isf(FALSE_ALARM / 2 / pairs) / math.sqrt(values.shape[1] - 3))


def test_no_discrepancy_is_lost(size):
    """Centred L2 discrepancy in eight dimensions, beside SciPy's own scrambles of the same points."""
    blocks, seeds = size(4, 1), size(20, 4)
    ours = [
        stats.qmc.discrepancy(np.stack([chain_of(d, blocks, chain=seed) for d in range(8)], axis=1))
        for seed in range(seeds)
    ]
    theirs = [
        stats.qmc.discrepancy(stats.qmc.Sobol(8, rng=np.random.default_rng(seed)).random(BLOCK * blocks))
        for seed in range(40)
    ]
    random = stats.qmc.discrepancy(np.random.default_rng(0).random((BLOCK * blocks, 8)))
    spread = np.std(theirs, ddof=1)
    assert np.mean(ours) < random / 3
    # Both means have an error of spread / sqrt(seeds) at most.
    assert abs(np.mean(ours) - np.mean(theirs)) < stats.norm.isf(FALSE_ALARM / 2) * spread * math.sqrt(2 / seeds)
    assert max(ours) < np.mean(theirs) + 6 * spread


def test_points_stay_inside_the_open_interval():
    points = replicates(20)
    assert points.min() >= STEP / 2
    assert points.max() <= 1 - STEP / 2
    assert_array_equal(points * 2.0**53 % 2, np.ones_like(points))
