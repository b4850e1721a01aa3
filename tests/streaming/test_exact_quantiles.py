"""Quantiles of a stream are those that NumPy finds among all its numbers, to the last bit."""

import numpy as np
import pytest

import mcdemand.streaming.sieve
import mcdemand.streaming.slots
import mcdemand.streaming.study
from mcdemand.errors import NumericalError
from mcdemand.streaming.passes import Threads
from mcdemand.streaming.source import Row
from mcdemand.streaming.spans import LEAF_DRAWS
from mcdemand.streaming.study import Question, ask

SIZE = 3 * LEAF_DRAWS + 1000
TAIL = (1 - 0.9) / 2
LEVELS = (1e-6, 0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999, 1 - 1e-6)


def _streams():
    rng = np.random.default_rng(20261130)
    normal = rng.standard_normal(SIZE)
    return {
        "normal": normal,
        "lognormal": np.exp(normal),
        "sorted": np.sort(normal),
        "reversed": np.sort(normal)[::-1],
        "ties": rng.integers(0, 7, SIZE).astype(float),
        "two values": np.where(normal > 0.3, 1.0, -1.0),
        "constant": np.full(SIZE, 3.25),
        "zeros": np.where(normal > 0, 0.0, normal),
        "all zeros": np.zeros(SIZE),
        "negative": -np.exp(3 * normal),
        "both signs": np.sinh(5 * normal),
        "all magnitudes": np.sign(normal) * 2.0 ** rng.uniform(-1074, 1000, SIZE),
        "subnormal": 5e-324 * rng.integers(0, 50, SIZE),
        "one outlier": np.append(np.ones(SIZE - 1), 1e300),
        "neighbours": 1.0 + np.spacing(1.0) * rng.integers(0, 9, SIZE),
        "heavy tail": rng.pareto(0.3, SIZE),
    }


STREAMS = _streams()


@pytest.fixture(params=["two passes", "three passes"])
def passes(request, monkeypatch):
    """Run with as many passes; three where what is kept would be too much."""
    if request.param == "three passes":
        monkeypatch.setattr(mcdemand.streaming.study, "KEPT_AT_MOST", 10)
        monkeypatch.setattr(mcdemand.streaming.slots, "WORTH_DIVIDING", 20)
    return request.param


@pytest.mark.usefixtures("passes")
@pytest.mark.parametrize("chains", [1, 4])
def test_every_quantile_is_that_of_numpy(answer_of, chains):
    size = SIZE // chains * chains
    values = np.array([stream[:size] for stream in STREAMS.values()])
    answer = answer_of(values.reshape(len(values), chains, -1), LEVELS)
    for name, row, summary in zip(STREAMS, values, answer.summaries, strict=True):
        expected = np.quantile(row, LEVELS)
        assert (summary.quantiles == expected).all(), name
        assert (summary.interval.ravel() == np.quantile(row, [TAIL, 1 - TAIL])).all(), name
    assert not answer.bounds.any()


def test_one_pass_is_off_by_less_than_its_bound(answer_of):
    values = np.array([*STREAMS.values()])
    answer = answer_of(values[:, None], LEVELS, exact=False)
    for name, row, summary, bound in zip(STREAMS, values, answer.summaries, answer.bounds, strict=True):
        error = np.abs(summary.quantiles - np.quantile(row, LEVELS))
        assert (error <= bound[: len(LEVELS)]).all(), name
        # A bin is an octave's 1024th: as wide as a 1024th of its lower end, and quantiles lie between neighbours.
        neighbours = np.abs(np.quantile(row, LEVELS, method="higher") - np.quantile(row, LEVELS, method="lower"))
        largest = np.abs(np.quantile(row, LEVELS, method="higher")) + neighbours
        assert (bound[: len(LEVELS)] <= largest / 512 + neighbours + 1e-300).all(), name


@pytest.mark.parametrize("size", [1, 2, 3, 100, LEAF_DRAWS - 1, LEAF_DRAWS, LEAF_DRAWS + 1])
def test_short_streams(answer_of, size):
    row = STREAMS["both signs"][:size]
    assert (answer_of(row[None, None]).summaries[0].quantiles == np.quantile(row, (0.05, 0.5, 0.95, 0.999))).all()


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("place", [0, 5, LEAF_DRAWS + 3, 2 * LEAF_DRAWS + 17])
def test_a_draw_that_is_not_finite_is_named(answer_of, bad, place):
    values = np.ones((2, 2, 2 * LEAF_DRAWS + 20))
    values[1, 1, place] = bad
    with pytest.raises(NumericalError, match=f"^row1: {bad}: not a finite number in chain 1, draw {place}$"):
        answer_of(values)


class _Fickle:
    """A source whose numbers are others from the fourth leaf on: after the pilot and a first pass of two leaves."""

    rows, chains, draws = (Row("x", None),), 1, 2 * LEAF_DRAWS
    filled = 0

    def fill(self, _chain, first_draw, count, *, store=False):  # noqa: ARG002
        self.filled += 1
        leaf = np.random.default_rng(first_draw).standard_normal((1, LEAF_DRAWS))[:, :count]
        return leaf if self.filled <= 3 else 1.37 * leaf


def test_a_second_pass_that_meets_other_draws_is_found_out():
    source = _Fickle()
    question = Question((0.5,), (0.9,), {}, replicates=False)
    with pytest.raises(NumericalError, match="the second pass met other draws than the first"):
        ask(source, question, Threads(source, 1), span_draws=LEAF_DRAWS)


def test_ties_are_not_kept(monkeypatch, answer_of):
    """However many draws are one number, they take no room: the pass between finds that it is one."""
    monkeypatch.setattr(mcdemand.streaming.study, "KEPT_AT_MOST", 10)
    monkeypatch.setattr(mcdemand.streaming.slots, "WORTH_DIVIDING", 20)
    kept = []
    merge = mcdemand.streaming.sieve.Sieve.merge
    monkeypatch.setattr(
        mcdemand.streaming.sieve.Sieve,
        "merge",
        lambda self, span, found: (kept.append(found["kept"].size), merge(self, span, found))[1],
    )
    values = np.array([STREAMS["constant"], STREAMS["two values"], STREAMS["ties"]])[:, None]
    answer = answer_of(values, LEVELS)
    for row, summary in zip(values[:, 0], answer.summaries, strict=True):
        assert (summary.quantiles == np.quantile(row, LEVELS)).all()
    assert sum(kept) == 0
