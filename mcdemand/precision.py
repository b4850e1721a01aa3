"""Run until precise: medians and ends of equal-tailed intervals, all outputs and years at once."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.designs import designs
from mcdemand.determinism import compare_twice
from mcdemand.engine import TILE_DRAWS, Progress, store_run, thread_count
from mcdemand.errors import InputError, ResourceError
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.philox import BLOCK
from mcdemand.memory import check_memory
from mcdemand.ranges import check_range
from mcdemand.registry import look_up
from mcdemand.request import CHAINS, DESIGN, DRAWS, Beliefs, prepare_request
from mcdemand.result import label_parameters, label_quantities, label_run
from mcdemand.run import MAX_CHAINS, MAX_DRAWS, Run
from mcdemand.sinks import Store
from mcdemand.summary import summarize
from mcdemand.tolerance import Tolerance, read_tolerances

MEDIAN = 0.5
FEWEST_DRAWS = 4096
MISS_RATE = 0.05
"""Share of runs that may end outside what was asked."""
NEVER_LAXER = 2.6
PATIENCE, STALLED = 4, 0.7
"""Looks over which an error must fall below this share of itself; by n^-1/2 it would fall to a quarter."""
CONFIRMING = 3.0
"""Standard errors of the difference by which a fresh run may differ, were it one figure."""


@dataclass(frozen=True)
class Budget:
    """Where to stop even if what was asked is not reached; None: nowhere."""

    seconds: float | None = None
    draws: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no budget."""
        for name, value in (("seconds", self.seconds), ("draws", self.draws)):
            is_number = isinstance(value, Real) and not isinstance(value, bool)
            if value is not None and not (is_number and 0 < value < math.inf):
                raise InputError(f"budget: {name}: {value!r}: must be a number above 0")


@dataclass(frozen=True)
class Look:
    """What the draws so far say.

    Attributes
    ----------
    places
        What each figure is.
    figures, mcse, tolerances
        Each figure, its standard error and the error that is accepted.
    replicates
        How many chains the errors come from; None if draws are independent.
    """

    places: tuple[str, ...]
    figures: Floats
    mcse: Floats
    tolerances: Floats
    replicates: int | None

    def worst(self, factor: float) -> tuple[str, float]:
        """Return the figure farthest from what was asked, and its error times a factor over what is accepted."""
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.nan_to_num(factor * self.mcse / self.tolerances, nan=math.inf)
        # A figure without error is exact, whatever was asked.
        shares[self.mcse == 0] = 0.0
        k = int(np.argmax(shares))
        return self.places[k], float(shares[k])


def simulate_until_precise(
    priors: Beliefs,
    precision: str | Mapping[str, str | float],
    *,
    budget: Budget | None = None,
    ci_prob: float = 0.9,
    draws: int = DRAWS,
    chains: int = CHAINS,
    design: str = DESIGN,
    threads: int | None = None,
    progress: Progress | None = None,
    check_determinism: bool = False,
    **request: Any,
) -> xr.DataTree:
    """Return draws that are enough for medians and equal-tailed intervals as precise as asked, in all kept years.

    Parameters
    ----------
    priors, chains, design, threads, progress, check_determinism, request
        As in `simulate`; `request` takes `model`, `seed`, `outputs`, `years` and `set`.
    precision
        The largest error accepted: "1%" of each figure for all outputs, or by output a percentage or a number in the
        output's unit.
    budget
        Where to stop even so.
    ci_prob
        Probability of the intervals whose ends are to be precise.
    draws
        Draws at the first look, at least 4096; they double until the errors are small enough.

    Returns
    -------
    xr.DataTree
        What `simulate` returns for that number of draws, bit for bit, with one more attribute, `precision`: JSON with
        `asked` by output, `reached` (the largest error, as a share of what is accepted) and `at` which figure, `looks`,
        `confirmed` by a fresh run, and `stopped_by`: "precision", "budget", "memory", or "stalled" if draws do
        not help.

    Raises
    ------
    InputError
        If the request is not sound, or the design does not grow.

    Notes
    -----
    Looks are rare, at n, 2 n, 4 n, ... draws: looking often stops too early (Glynn and Whitt 1992). A look is enough
    when every error times a factor is accepted. The factor is the quantile of the error's law (normal, or Student's t
    with R - 1 degrees of freedom for R chains) that 5 % over outputs and looks leave, and no less than what is exceeded
    as seldom as 2.6 standard errors are. Then a fresh run of the same size, of chains of its own, must agree on every
    figure. Shortest intervals are never looked at: their ends converge too slowly.

    Examples
    --------
    >>> result = simulate_until_precise("consensus", "5%", outputs=["energy_served"], years=[2030])
    >>> json.loads(result.attrs["precision"])["stopped_by"]
    'precision'
    """
    if budget is not None and not isinstance(budget, Budget):
        raise InputError(f"budget: {budget!r}: must be a Budget, such as Budget(seconds=60) or Budget(draws=10**7)")
    started = time.monotonic()
    check_range("draws", draws, 1, MAX_DRAWS)
    per_chain = _first_look(max(draws, FEWEST_DRAWS), chains, design)
    run = prepare_request(priors, draws=per_chain * chains, chains=chains, design=design, **request)
    if budget is not None and budget.draws is not None and budget.draws < per_chain * run.chains:
        raise InputError(
            f"budget: {budget.draws} draws: the first look takes {per_chain * run.chains}; allow more, or state a time"
        )
    tolerances = read_tolerances(precision, run.plan.outputs or run.kept_parameters)
    if check_determinism:
        compare_twice(run)
    search = _Search(run, tolerances, budget or Budget(), ci_prob, thread_count(threads), progress, started)
    return search.run_until_precise()


def _first_look(draws: int, chains: int, design: str) -> int:
    """Return the draws of each chain at the first look: whole blocks, so that later draws follow on them."""
    check_range("chains", chains, 1, MAX_CHAINS)
    kind = look_up(design, designs(), "design")
    if not kind.grows:
        raise InputError(f"precision: design {design}: more draws are another sample; use sobol or random")
    if not kind.is_independent and chains < 2:
        raise InputError(f"precision: chains: {chains}: design {design} takes its errors from the chains; use 16")
    blocks = int(-(-draws // (chains * BLOCK)))
    return BLOCK * (1 << (blocks - 1).bit_length() if kind.power_of_two else blocks)


@dataclass
class _Search:
    """The search for the number of draws."""

    first: Run
    tolerances: Mapping[str, Tolerance]
    budget: Budget
    ci_prob: float
    threads: int
    progress: Progress | None
    started: float
    shares: list[float] = field(default_factory=list)
    last_seconds: float = 0.0

    def run_until_precise(self) -> xr.DataTree:
        """Look, and double the draws until it is enough."""
        if self.budget.seconds is not None:
            # What compiling takes says nothing about the time of a look.
            self._look_anew(dataclasses.replace(self.first, chains=2, draws_per_chain=BLOCK))
        run, store = self.first, None
        while True:
            begun = time.monotonic()
            store = store_run(run, start=store, threads=self.threads, progress=self.progress)
            look = self._look(run, store)
            self.last_seconds = time.monotonic() - begun
            factor = _factor(look.replicates, len(self.tolerances) * (len(self.shares) + 1))
            place, share = look.worst(factor)
            self.shares.append(share)
            fresh = self._fresh(run)
            can_confirm = share <= 1 and self._obstacle(fresh) is None
            confirmed = can_confirm and self._agrees(fresh, look)
            larger = dataclasses.replace(run, draws_per_chain=2 * run.draws_per_chain)
            is_enough = confirmed or (share <= 1 and not can_confirm)
            stop = "precision" if is_enough else "stalled" if self._is_stalled() else self._obstacle(larger)
            if stop:
                tree = label_run(run, store)
                return self._noted(tree, {"reached": share, "at": place, "confirmed": confirmed, "stopped_by": stop})
            run = larger

    def _fresh(self, run: Run) -> Run:
        """Return a run of the same size, of other chains, that keeps no more than is looked at."""
        kept = () if run.plan.outputs else run.kept_parameters
        return dataclasses.replace(run, first_chain=run.first_chain + run.chains, kept_parameters=kept)

    def _look_anew(self, run: Run) -> Look:
        return self._look(run, store_run(run, threads=self.threads, progress=self.progress))

    def _look(self, run: Run, store: Store) -> Look:
        # Not a tree, whose groups hold each other: what a look leaves behind goes at once.
        draws = label_quantities(run, store) if run.plan.outputs else label_parameters(run, store)
        options: dict[str, Any] = {"replicates": not designs()[run.design].is_independent, "threads": self.threads}
        summary = summarize(draws, list(self.tolerances), probabilities=(MEDIAN,), ci_prob=self.ci_prob, **options)
        return _read_look(summary, self.tolerances)

    def _agrees(self, run: Run, look: Look) -> bool:
        """Return whether a fresh run agrees on every figure."""
        fresh = self._look_anew(run)
        freedom = look.replicates and 2 * (look.replicates - 1)
        factor = _quantile(freedom, _two_sided(CONFIRMING) / look.mcse.size)
        return bool(np.all(np.abs(look.figures - fresh.figures) <= factor * np.hypot(look.mcse, fresh.mcse)))

    def _is_stalled(self) -> bool:
        """Return whether the error stays as it is, as where a figure lies on a tie."""
        # An unknown error, which counts as infinite, becomes known with more draws.
        known = [share for share in self.shares if math.isfinite(share)]
        return len(known) > PATIENCE and known[-1] > STALLED * known[-1 - PATIENCE]

    def _has_time(self) -> bool:
        """Return whether twice the last look's time is left: what a fresh run takes, or the next look."""
        spent = time.monotonic() - self.started
        return self.budget.seconds is None or spent + 2 * self.last_seconds <= self.budget.seconds

    def _obstacle(self, run: Run) -> str | None:
        """Return what forbids a run: the budget or the memory; None if nothing does."""
        draws = run.chains * run.draws_per_chain
        if not self._has_time() or draws > (self.budget.draws or math.inf):
            return "budget"
        try:
            check_memory(run, self.threads, TILE_DRAWS)
        except (InputError, ResourceError):
            return "memory"
        return None if draws <= MAX_DRAWS else "memory"

    def _noted(self, tree: xr.DataTree, found: Mapping[str, Any]) -> xr.DataTree:
        asked = {name: str(tolerance) for name, tolerance in self.tolerances.items()}
        tree.attrs["precision"] = json.dumps({"asked": asked, "looks": len(self.shares), **found})
        return tree


def _read_look(summary: xr.Dataset, tolerances: Mapping[str, Tolerance]) -> Look:
    """Return the figures of a summary that holds the median and one interval."""
    choices: dict[str, tuple[str, dict[str, Any]]] = {
        "median": ("quantiles", {"quantile": MEDIAN}),
        "lower end": ("interval", {"ci_bound": "lower"}),
        "upper end": ("interval", {"ci_bound": "upper"}),
    }
    places, found, errors, tolerated = [], [], [], []
    for name, tolerance in tolerances.items():
        one = summary.sel(output=name)
        years = [f"{name} in {year}" for year in one["year"].values.tolist()] if "year" in one.dims else [name]
        for label, (statistic, place) in choices.items():
            values, mcse = (one[key].sel(place).values.reshape(-1) for key in (statistic, f"mcse_{statistic}"))
            places += [f"{year}, {label}" for year in years]
            found.append(values)
            errors.append(mcse)
            tolerated.append(tolerance.of(values))
    figures, mcse, accepted = map(np.concatenate, (found, errors, tolerated))
    return Look(tuple(places), figures, mcse, accepted, summary.attrs.get("replicates"))


def _factor(replicates: int | None, comparisons: int) -> float:
    """Return how many standard errors must be accepted."""
    return _quantile(replicates and replicates - 1, min(_two_sided(NEVER_LAXER), MISS_RATE / comparisons))


def _quantile(freedom: int | None, beyond: float) -> float:
    """Return what a standardised error exceeds on either side with a probability: of Student's t, or the normal law."""
    from scipy.special import ndtri, stdtrit

    return float(-stdtrit(freedom, beyond / 2) if freedom else -ndtri(beyond / 2))


def _two_sided(errors: float) -> float:
    """Return the probability that a normal error is larger than some standard errors."""
    from scipy.special import ndtr

    return float(2 * ndtr(-errors))
