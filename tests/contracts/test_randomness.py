"""Our layout is random, not only the cipher: parameters, chains, years and seeds side by side.

Every test has the false-alarm rate FALSE_ALARM; the seeds are fixed, so a pass stays a pass.
"""

import numba
import numpy as np
import pytest
from scipy import stats

from benchmarks.randomness import INTERLEAVINGS, uniforms, words

FALSE_ALARM = 1e-5
SIZE = 2**12 if numba.config.DISABLE_JIT else 2**20


@pytest.fixture(scope="module", params=sorted(INTERLEAVINGS))
def sample(request):
    width = INTERLEAVINGS[request.param][1]
    blocks = max(1, SIZE // (256 * width))
    return uniforms(request.param, 0, blocks), words(request.param, 0, blocks)


def test_every_byte_of_a_word_is_even(sample):
    for column in sample[1].view(np.uint8).reshape(-1, 4).T:
        assert stats.chisquare(np.bincount(column, minlength=256)).pvalue > FALSE_ALARM / 4


@pytest.mark.parametrize("lag", [1, 2, 63, 64, 65, 128, 256])
def test_pairs_fill_the_square(sample, lag):
    values = sample[0]
    cells = (values[:-lag] * 16).astype(int) * 16 + (values[lag:] * 16).astype(int)
    counts = np.bincount(cells, minlength=256)
    # Overlapping pairs: the statistic of the pairs less that of the singles is chi-square (Good 1953).
    singles = np.bincount((values * 16).astype(int), minlength=16)
    statistic = stats.chisquare(counts).statistic - stats.chisquare(singles).statistic
    assert stats.chi2(256 - 16).sf(statistic) > FALSE_ALARM
    assert stats.chi2(256 - 16).cdf(statistic) > FALSE_ALARM


@pytest.mark.parametrize("lag", [1, 2, 63, 64, 65, 128, 256])
def test_scores_are_not_correlated(sample, lag):
    scores = stats.norm.ppf(sample[0])
    correlation = np.mean(scores[:-lag] * scores[lag:])
    assert abs(correlation) * np.sqrt(scores.size) < stats.norm.isf(FALSE_ALARM / 2)


def test_the_spectrum_is_flat(sample):
    scores = stats.norm.ppf(sample[0])
    power = np.abs(np.fft.rfft(scores)[1:-1]) ** 2 / scores.size
    # Each ordinate is exponential, so the largest of m exceeds ln(m / alpha) with probability alpha.
    assert power.max() < np.log(power.size / FALSE_ALARM)
    assert stats.kstest(power, "expon").pvalue > FALSE_ALARM


def test_the_law_is_uniform(sample):
    assert stats.kstest(sample[0], "uniform").pvalue > FALSE_ALARM


def test_a_layout_that_repeats_a_stream_is_caught():
    twice = np.repeat(uniforms("one_parameter", 0, 16), 2)
    scores = stats.norm.ppf(twice)
    assert np.mean(scores[:-1] * scores[1:]) * np.sqrt(scores.size) > stats.norm.isf(FALSE_ALARM / 2)
    power = np.abs(np.fft.rfft(scores)[1:-1]) ** 2 / scores.size
    assert stats.kstest(power, "expon").pvalue < FALSE_ALARM
