"""A prior set explained against its model: what every row implies, what the groups are, what to think over."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mcdemand.dependence import Group
from mcdemand.engine import store_run
from mcdemand.errors import NumericalError, PriorSetError
from mcdemand.kernels.arrays import Floats
from mcdemand.model import Model, load_model
from mcdemand.prior import Prior
from mcdemand.prior_claims import contradicted_claims
from mcdemand.prior_density import probability_outside
from mcdemand.prior_moments import (
    INDEX_TOLERANCE,
    INFINITE_MEAN,
    INFINITE_VARIANCE,
    Implied,
    implied,
)
from mcdemand.prior_set import PriorSet, load_prior_set
from mcdemand.quantity_domains import LOGARITHM, POWER, Use, parameter_uses
from mcdemand.run import Run, prepare, prior_problems

PROBABILITIES = (0.05, 0.5, 0.95)
SEEN = 1e-9
TRIAL_DRAWS = 4096
CUT_SHARE = 0.01
"""Probability outside of a stated bound from which on it is worth a line."""


@dataclass(frozen=True)
class CheckedRow:
    """What one row implies, in the parameter's unit.

    Attributes
    ----------
    quantiles
        p5, p50, p95, truncation included; empty for categories.
    mean
        Infinite or NaN where the law has none.
    unit
        The model's where the row states none.
    """

    prior: Prior
    unit: str
    quantiles: tuple[float, ...]
    mean: float
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckedGroup:
    """Parameters that depend on each other.

    Attributes
    ----------
    label
        The copula and the members, in words.
    kind
        "latent" if the matrix holds the correlations of the latent normals; "rank" if Spearman's, for a copula that has
        no latent normals.
    matrix
        (name, name), 1 on its diagonal.
    """

    names: tuple[str, ...]
    label: str
    kind: str
    matrix: Floats
    smallest_eigenvalue: float


@dataclass(frozen=True)
class PriorCheck:
    """What a check of a prior set found; nothing in it is wrong.

    Attributes
    ----------
    needed
        How many parameters the default outputs of the model need.
    unused
        Parameters that no quantity of the model names.
    failure
        Where some draws computed as a trial came to a number that is not valid; empty if they did not.
    """

    name: str
    model: str
    rows: tuple[CheckedRow, ...]
    groups: tuple[CheckedGroup, ...]
    correlations: int
    needed: int
    unused: tuple[str, ...]
    notices: tuple[str, ...]
    failure: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to think over, a line each: why a run would fail, then by parameter."""
        failed = [f"a run fails, as a trial of {TRIAL_DRAWS:,} draws does: {self.failure}"] if self.failure else []
        return (*failed, *(f"{row.prior.name}: {warning}" for row in self.rows for warning in row.warnings))

    @property
    def notes(self) -> tuple[str, ...]:
        """What else is worth knowing, a line each, by parameter."""
        return tuple(f"{row.prior.name}: {note}" for row in self.rows for note in row.notes)


def check_prior_set(
    prior_set: str | Path | Mapping[str, Any] | PriorSet, model: Model | str | None = None
) -> PriorCheck:
    """Return what the rows of a prior set imply, and what to think over before it is simulated.

    Parameters
    ----------
    prior_set
        What `load_prior_set` takes.
    model
        The model that is to be simulated, or the name of an installed one; None: the one that the set names.

    Raises
    ------
    PriorSetError
        If the model cannot be computed from the set: rows missing, other units; a line each.
    InputError
        If a run cannot be prepared for another reason, such as no years.

    Notes
    -----
    The variance of x to the power e is infinite where x has a density at 0 and -2 e >= 1, which no sample shows.

    Examples
    --------
    >>> found = check_prior_set("seed")
    >>> found.unused, len(found.rows)
    ((), 54)
    """
    priors = load_prior_set(prior_set)
    model = load_model(priors.model if model is None else model)
    problems = list(prior_problems(priors, model, model.plan()))
    if problems:
        raise PriorSetError(problems)
    run = prepare(priors, model, draws=1, chains=1, seed=0, design="random", outputs=None, years=None)
    constants = {name: p.values["value"] for name, p in priors.parameters.items() if p.is_constant}
    uses: dict[str, list[Use]] = {}
    for use in parameter_uses(model, model.quantities, constants):
        uses.setdefault(use.parameter, []).append(use)
    order = [name for name in priors.document["parameters"] if name in priors.parameters]
    return PriorCheck(
        name=priors.name,
        model=model.name,
        rows=tuple(_row(run, priors.parameters[name], uses.get(name, ())) for name in order),
        groups=tuple(map(_group, priors.groups)),
        correlations=len(priors.correlations),
        needed=len(run.plan.parameters),
        unused=tuple(sorted(set(priors.parameters) - set(model.parameters))),
        notices=priors.notices,
        failure=_failure(priors, model),
    )


def _failure(priors: PriorSet, model: Model) -> str:
    """Return why a few draws of the model's default outputs cannot be computed, empty if they can."""
    run = prepare(priors, model, draws=TRIAL_DRAWS, chains=1, seed=0, design="sobol", outputs=None, years=None)
    try:
        store_run(run)
    except NumericalError as error:
        return str(error)
    return ""


def _group(group: Group) -> CheckedGroup:
    has_latent = bool(np.any(group.latent - np.eye(len(group.names))))
    matrix = group.latent if has_latent else _ranks(group)
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    return CheckedGroup(group.names, group.label, "latent" if has_latent else "rank", matrix, smallest)


def _ranks(group: Group) -> Floats:
    """Return Spearman's correlations as the copula implies them."""
    return np.array([[1.0 if a == b else group.rank(a, b) for b in group.names] for a in group.names])


def _row(run: Run, prior: Prior, uses: Iterable[Use]) -> CheckedRow:
    unit = run.unit_of(prior.name)
    if "categories" in prior.values:
        return CheckedRow(prior, unit, (), math.nan)
    found = implied(prior, PROBABILITIES)
    warnings = (*_tails(found), *_cut(prior), *_domains(prior, found, uses))
    notes = tuple(_claims(prior, run.model, found.quantiles[-1]))
    return CheckedRow(prior, unit, found.quantiles, found.mean, warnings, notes)


def _claims(prior: Prior, model: Model, p95: float) -> Iterator[str]:
    """Yield a line if an uncertain row leaves out what the article says."""
    for claim in contradicted_claims(model.name, prior.name, p95) if not prior.is_constant else ():
        yield f"its p95 is {p95:.4g}, but the article of February 2025 says: {claim.words}"


def _reaches(index: float, limit: float) -> bool:
    return index >= limit - INDEX_TOLERANCE


def _tails(found: Implied) -> Iterator[str]:
    """Yield a line if the law itself has no variance."""
    index = max(found.upper, found.lower)
    if _reaches(index, INFINITE_VARIANCE):
        what = "mean and variance do" if _reaches(index, INFINITE_MEAN) else "variance does"
        yield f"its {what} not exist (tail index {index:.2g}); truncate it, or read medians only"


def _cut(prior: Prior) -> Iterator[str]:
    """Yield a line if bounds cut away a part that may not be meant."""
    cut = 0.0 if prior.truncation is None else 1 - prior.law.kept_probability()
    if cut >= CUT_SHARE:
        yield f"{100 * cut:.2g} % of the stated law lies outside of its truncation; the rest is scaled up"


def _domains(prior: Prior, found: Implied, uses: Iterable[Use]) -> Iterator[str]:
    """Yield a line for every way in which the model's formulas do not suit the law."""
    below = _share_below_zero(prior) if uses else 0.0
    for use in uses:
        negative = use.exponent is not None and use.exponent < 0
        if below and (use.kind == LOGARITHM or use.exponent is None or use.exponent % 1):
            what = "its logarithm" if use.kind == LOGARITHM else f"it to the power {_number(use.exponent)}"
            yield f"{100 * below:.2g} % of the law lies below 0, and {use.quantity} takes {what}"
        elif negative and use.kind == POWER and use.exponent is not None:
            where = "has values on both sides of 0" if 0 < below < 1 else "reaches down to 0"
            yield from _poles(use.quantity, -use.exponent, 1.0 if 0 < below < 1 else found.at_zero, where)


def _poles(quantity: str, power: float, at_zero: float, where: str) -> Iterator[str]:
    """Yield a line if a negative power of the law has no variance: it has a density at 0 there."""
    index = power * at_zero
    if _reaches(index, INFINITE_VARIANCE):
        what = "mean and variance are" if _reaches(index, INFINITE_MEAN) else "variance is"
        yield (
            f"{quantity} divides by it to the power {power:g}, and the law {where}: the {what} infinite "
            "there, which draws do not show; state a law that stays away from 0"
        )


def _share_below_zero(prior: Prior) -> float:
    """Return the probability below 0; nothing for one that no run of draws would see."""
    if prior.distribution.score == "none":
        return float(prior.values["value"] < 0)
    share = probability_outside(prior, 0.0, math.inf) if prior.distribution.score_of is not None else 0.0
    return share if share >= SEEN else 0.0


def _number(value: float | None) -> str:
    return "that is computed" if value is None else f"{value:g}"
