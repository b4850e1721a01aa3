"""Shared by the tests: sizes that interpreted runs can afford, and draws of a prior set by parameter."""

from collections.abc import Callable, Iterable, Mapping

import numba
import numpy as np
import pytest

from mcdemand.prior_set import PriorSet, load_prior_set
from mcdemand.row_builder import Layout, build_program
from mcdemand.row_program import draw_parameters

INTERPRETED = bool(numba.config.DISABLE_JIT)

Draws = dict[str, np.ndarray]


@pytest.fixture(scope="session")
def size() -> Callable[[int, int], int]:
    """Pick the first size compiled, the second interpreted."""
    return lambda compiled, interpreted: interpreted if INTERPRETED else compiled


@pytest.fixture(scope="session")
def draw() -> Callable[..., Draws]:
    """Draw parameters of a prior set, or of a mapping that states one: {name: (year, draw)}."""

    def draw_by_name(
        priors: PriorSet | Mapping[str, object],
        count: int,
        *,
        names: Iterable[str] | None = None,
        steps: int = 1,
        seed: int = 0,
        chain: int = 0,
        first_draw: int = 0,
    ) -> Draws:
        priors = load_prior_set(priors)
        program = build_program(priors, priors.parameters if names is None else names, steps, Layout(seed))
        tile = np.empty((program.row_count, count))
        with np.errstate(all="ignore"):
            draw_parameters(program, chain, first_draw, count, tile)
        years = [steps if stride else 1 for stride in program.stride]
        starts = program.first_row
        return {name: tile[at : at + n] for name, at, n in zip(program.names, starts, years, strict=True)}

    return draw_by_name
