"""Streams of numbers in place of a run's draws."""

import numpy as np
import pytest

from mcdemand.streaming.passes import Threads
from mcdemand.streaming.source import Row
from mcdemand.streaming.spans import LEAF_DRAWS
from mcdemand.streaming.study import Question, ask


class ArraySource:
    """Rows of given numbers (row, chain, draw)."""

    def __init__(self, values):
        self.values = np.asarray(values, dtype=np.float64)
        self.rows = [Row(f"row{k}", None) for k in range(len(self.values))]
        self.chains, self.draws = self.values.shape[1:]

    def fill(self, chain, first_draw, count, *, store=False):  # noqa: ARG002
        return np.ascontiguousarray(self.values[:, chain, first_draw : first_draw + count])


@pytest.fixture
def answer_of():
    """Return a function of numbers (row, chain, draw) that gives what they come to."""

    def find(values, levels=(0.05, 0.5, 0.95, 0.999), *, threads=1, leaves=1, **options):
        source = ArraySource(values)
        question = Question(tuple(levels), (0.9,), **{"thresholds": {}, "replicates": False, **options})
        return ask(source, question, Threads(source, threads), span_draws=leaves * LEAF_DRAWS)

    return find
