"""The model as methods of design "points" see it: outputs where parameters lie at levels of their priors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mcdemand.compiler import compile_trajectories
from mcdemand.engine import thread_count
from mcdemand.errors import NumericalError
from mcdemand.kernels import rows as operations
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.normal import normal_quantile
from mcdemand.kernels.philox import BLOCK
from mcdemand.pick_builder import HELD, Pick, level_scores
from mcdemand.pick_freeze import PickRun, Stretch, do_stretches, evaluator
from mcdemand.prior import Prior
from mcdemand.prior_set import PriorSet
from mcdemand.row_builder import Builder, Layout, fill_law, prior_quantiles
from mcdemand.row_program import draw_parameters
from mcdemand.run import YEAR_STEP, Run
from mcdemand.study import Study

MEDIAN = 0.5


@dataclass
class PointModel:
    """The model as a method of design "points" sees it.

    Attributes
    ----------
    logarithms
        Whether outputs are given as their logarithms.
    evaluations
        Runs of the model so far.
    """

    study: Study
    logarithms: bool = False
    evaluations: int = 0

    @property
    def run(self) -> Run:
        """What `simulate` would run."""
        return self.study.run

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those that are moved; constants stay as they are."""
        return self.study.names

    @property
    def seed(self) -> int:
        """What chance belongs to."""
        return self.run.seed

    @property
    def freedom(self) -> float:
        """Degrees of freedom of errors: chains less one."""
        return self.run.chains - 1

    def at(self, levels: Floats) -> Floats:
        """Return (row, point) outputs at (parameter, point) levels of the priors.

        Raises
        ------
        NumericalError
            If an output is not finite at a point.
        """
        run, count = self.run, levels.shape[1]
        self.evaluations += count
        values = np.empty((run.program.row_count, count))
        steps = run.horizon + bool(run.plan.second_sweep)
        for name in run.plan.parameters:
            at = levels[self.parameters.index(name)] if name in self.parameters else np.full(count, MEDIAN)
            rows = run.program.rows_of(name)
            values[rows] = level_path(self._prior(name), at, steps if run.priors.varies(name) else 1, run.base_year)
        columns = np.full(run.horizon, -1, dtype=np.int64)
        columns[[year - run.base_year for year in run.years] if run.years else [0]] = np.arange(max(1, len(run.years)))
        series = np.empty((len(run.plan.outputs), max(1, len(run.years)), count))
        with np.errstate(all="ignore"):
            kernel = compile_trajectories(run.model, run.plan, run.yearly())
            broken = kernel(values, count, *run.plan_rows(), run.base_year, YEAR_STEP, columns, series, 0)
        if broken:
            raise NumericalError(self._explain(series, levels))
        return self._scaled(series.reshape(-1, count))

    def _explain(self, series: Floats, levels: Floats) -> str:
        output, column, point = np.argwhere(~np.isfinite(series))[0]
        year = f" in {self.run.years[column]}" if self.run.years else ""
        moved = [f"{one} lies at p{100 * levels[j, point]:g}" for j, one in enumerate(self.parameters)]
        far = [text for j, text in enumerate(moved) if levels[j, point] != MEDIAN]
        place = ", ".join(far) or "all parameters lie at their medians"
        value = series[output, column, point]
        return f"{self.run.plan.outputs[output]}: {value}: not a finite number{year} where {place}; narrow the priors"

    def given(self, parameter: int, level: float) -> Floats:
        """Return (row, draw) outputs where one parameter lies at a level and the others are drawn given that."""
        name = self.parameters[parameter]
        return self._drawn(Pick(HELD, frozenset([name]), 0), {name: level})

    def base(self) -> Floats:
        """Return (row, draw) outputs where all parameters are drawn."""
        return self._drawn(Pick(0, frozenset(self.run.plan.parameters), 0), {})

    def error(self, statistic: Callable[..., Floats], *draws: Floats) -> Floats:
        """Return the standard error of a statistic of such outputs: s / sqrt(R) over the chains."""
        run = self.run
        if run.chains < 2:
            return np.full_like(statistic(*draws), math.nan)
        parts = [one.reshape(len(one), run.chains, -1) for one in draws]
        found = [statistic(*(np.ascontiguousarray(one[:, k]) for one in parts)) for k in range(run.chains)]
        return np.asarray(np.std(found, axis=0, ddof=1) / math.sqrt(run.chains))

    def _prior(self, name: str) -> Prior:
        assert isinstance(self.run.priors, PriorSet)
        return self.run.priors.parameters[name]

    def _drawn(self, pick: Pick, held: dict[str, float]) -> Floats:
        picked = PickRun(self.run, frozenset(self.run.plan.parameters), self.study.as_if_independent, held)
        run, picks = self.run, [pick]
        self.evaluations += run.chains * run.draws_per_chain
        stretch_draws = picked.stretch_draws(1)
        evaluate = evaluator(picked, lambda _: picks, stretch_draws)
        found = np.empty((picked.rows, run.chains * run.draws_per_chain))

        def work(job: Sequence[Stretch]) -> None:
            for stretch in job:
                first = stretch.chain * run.draws_per_chain + stretch.first_draw
                found[:, first : first + stretch.draws] = evaluate(stretch)[0, :, : stretch.draws]

        do_stretches(run, stretch_draws, work, thread_count(self.study.threads), self.study.progress)
        return self._scaled(found)

    def _scaled(self, values: Floats) -> Floats:
        if not self.logarithms:
            return values
        with np.errstate(all="ignore"):
            return np.asarray(np.log(values))


def level_path(prior: Prior, levels: Floats, years: int, first_year: int = 0) -> Floats:
    """Return (year, level) values of a parameter at levels of its prior, as its variation means it."""
    if prior.varies is None:
        return _quantiles(prior, levels)[np.newaxis]
    scores = np.array([normal_quantile(float(level)) for level in levels])
    path = prior.varies.level_path(_quantiles(prior, levels), scores, years)
    return _drawn_path(prior, levels, years, first_year) if path is None else path


def _quantiles(prior: Prior, levels: Floats) -> Floats:
    cuts = range(0, levels.size, BLOCK)
    return np.concatenate([prior_quantiles(prior, levels[first : first + BLOCK].tolist()) for first in cuts])


def _drawn_path(prior: Prior, levels: Floats, years: int, first_year: int) -> Floats:
    """Return (year, level) values of a parameter whose draws all lie at levels."""
    distinct, places = np.unique(levels, return_inverse=True)
    found = np.empty((years, distinct.size))
    for k, level in enumerate(distinct):
        builder = Builder(Layout(0, base_year=first_year))
        first = builder.rows(years)
        for row, score in enumerate(level_scores(prior, float(level), years), start=first):
            builder.do(operations.fill, [row], [score])
        fill_law(builder, prior, first, years, is_normal=True, held=float(normal_quantile(level)))
        tile = np.empty((years, 1))
        draw_parameters(builder.program((prior.name,), [years]), 0, 0, 1, tile)
        found[:, k] = tile[:, 0]
    return found[:, places]
