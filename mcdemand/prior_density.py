"""What a prior says of given values: their log density, their normal scores, and what weights lead to another prior."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mcdemand.dependence import Group
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.prior import Prior


class Given(NamedTuple):
    """Mean (draw) and standard deviation of a parameter's normal score, given those of the others."""

    mean: Floats
    sd: float


INDEPENDENT = Given(np.zeros(1), 1.0)


def log_weights(old: Prior, new: Prior, values: Floats, given: Given = INDEPENDENT) -> Floats:
    """Return the log of the new prior's density over the old one's, (draw); minus infinity where that is no number.

    Parameters
    ----------
    old, new
        The law that the values were drawn from, and the one that they are to follow; both of numbers or both
        categorical, where values are the numbers of categories.
    values
        (draw), in the parameter's unit.
    given
        What the values of correlated parameters say of the normal score.

    Notes
    -----
    A density given the others: phi((z - m) / s) / (s phi(z)) f(x), with z the normal score of x under its own law. Of a
    category: the probability that the normal score lies between its two ends.

    Examples
    --------
    >>> from mcdemand import load_prior_set
    >>> rows = {name: {"distribution": "uniform", "lower": 0, "upper": n} for name, n in (("x", 4), ("y", 2))}
    >>> priors = load_prior_set({"parameters": rows}).parameters
    >>> np.exp(log_weights(priors["x"], priors["y"], np.array([1.0, 3.0]))).tolist()
    [2.0, 0.0]
    """
    of_law = _log_category if old.distribution.score_of is None else _log_conditional
    with np.errstate(all="ignore"):
        found = of_law(new, values, given) - of_law(old, values, given)
    # A value that rounding put on the end of its law has no density, and no draw should count infinitely.
    return np.where(found < math.inf, found, -math.inf)


def _log_conditional(prior: Prior, values: Floats, given: Given) -> Floats:
    density = log_density(prior, values)
    if given is INDEPENDENT:
        return density
    z = normal_scores(prior, values)
    return density + 0.5 * (z * z - ((z - given.mean) / given.sd) ** 2) - math.log(given.sd)


def _log_category(prior: Prior, values: Floats, given: Given) -> Floats:
    """Return the log of the probability of each category that was drawn."""
    from scipy.special import ndtr, ndtri

    weights = np.array(prior.values["weights"]) / np.sum(prior.values["weights"])
    known = values < weights.size
    places = np.where(known, values, 0).astype(np.int64)
    if given is INDEPENDENT:
        found = weights[places]
    else:
        ends = ndtri(np.append(np.minimum(np.append(0.0, np.cumsum(weights[:-1])), 1.0), 1.0))
        low, high = ((ends[places + side] - given.mean) / given.sd for side in (0, 1))
        # From the tail in which they are small.
        found = np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))
    return np.log(np.where(known, found, 0.0))


def given_others(name: str, group: Group, scores: Mapping[str, Floats]) -> Given:
    """Return the normal law of a parameter's score, given scores (draw) of other members of its group.

    Examples
    --------
    >>> group = Group(("x", "y"), np.array([[1.0, 0.6], [0.6, 1.0]]), np.eye(2))
    >>> given_others("x", group, {"y": np.array([2.0])})
    Given(mean=array([1.2]), sd=0.8)
    """
    if not scores:
        return INDEPENDENT
    own, others = group.names.index(name), [group.names.index(other) for other in scores]
    between = group.latent[own, others]
    factors = np.linalg.solve(group.latent[np.ix_(others, others)], between)
    return Given(factors @ np.stack([*scores.values()]), math.sqrt(1 - float(factors @ between)))


def missing_probability(old: Prior, new: Prior) -> float:
    """Return the probability of the new prior where the old one draws nothing."""
    if old.distribution.score_of is not None:
        return probability_outside(new, *support(old))
    drawn = {k for k, weight in enumerate(old.values["weights"]) if weight > 0}
    return float(sum(weight for k, weight in enumerate(new.values["weights"]) if k not in drawn))


def nearest_level(old: Prior, new: Prior, values: Floats) -> tuple[float, float]:
    """Return the value that lies nearest to what the new prior can draw, and its level under the old one."""
    from scipy.special import ndtr

    lower, upper = support(new)
    value = float(values[np.argmin(np.maximum(lower - values, values - upper))])
    return value, float(ndtr(normal_scores(old, np.array([value]))[0]))


def log_density(prior: Prior, values: Floats) -> Floats:
    """Return the log of the density of a prior at some values, in one over the parameter's unit.

    Parameters
    ----------
    prior
        The law of a number, truncation included: neither a constant nor a categorical law has a density.
    values
        Any shape, in the parameter's unit; minus infinity is returned for what the prior cannot draw.

    Raises
    ------
    InputError
        If the law has no density.

    Notes
    -----
    The closed form of each family; a truncated law's is larger by the log of the probability between its bounds.

    Examples
    --------
    >>> from mcdemand import load_prior_set
    >>> row = {"distribution": "uniform", "lower": 0, "upper": 4}
    >>> prior = load_prior_set({"parameters": {"x": row}}).parameters["x"]
    >>> np.exp(log_density(prior, np.array([1.0, 5.0]))).tolist()
    [0.25, 0.0]
    """
    family = prior.distribution
    if family.log_density is None or prior.law.has_atoms:
        raise InputError(
            f"{prior.name}: a {family.name} law has no density to reweight by; simulate anew with the change"
        )
    lower, upper = support(prior)
    with np.errstate(all="ignore"):
        found = family.log_density(values, prior.values) - math.log(prior.law.kept_probability())
    return np.where((values >= lower) & (values <= upper) & ~np.isnan(found), found, -math.inf)


def support(prior: Prior) -> tuple[float, float]:
    """Return the least and the largest value that a law of numbers can draw, infinite where there is none."""
    return prior.law.support()


def normal_scores(prior: Prior, values: Floats) -> Floats:
    """Return the standard normal scores of values under a prior: those that it would draw them from.

    Parameters
    ----------
    prior
        The law of a number, truncation included.
    values
        Any shape; infinite scores are returned at and beyond the ends of the support.

    Raises
    ------
    InputError
        If the law is a constant or categorical.

    Examples
    --------
    >>> from mcdemand import load_prior_set
    >>> prior = load_prior_set({"parameters": {"x": {"distribution": "normal", "mu": 2, "sigma": 3}}}).parameters["x"]
    >>> normal_scores(prior, np.array([2.0, 8.0])).tolist()
    [0.0, 2.0]
    """
    try:
        return prior.law.normal_scores(values)
    except InputError as error:
        raise InputError(f"{prior.name}: {error}") from None


def probability_outside(prior: Prior, lower: float, upper: float) -> float:
    """Return the probability of a prior below one bound and above another one.

    Examples
    --------
    >>> from mcdemand import load_prior_set
    >>> row = {"distribution": "uniform", "lower": 0, "upper": 4}
    >>> prior = load_prior_set({"parameters": {"x": row}}).parameters["x"]
    >>> probability_outside(prior, 1, 10)
    0.25
    """
    from scipy.special import ndtr

    low, high = support(prior)
    if upper <= low or lower >= high:
        return 1.0
    # An infinite bound has no score in every family, and nothing lies beyond the ends of the support.
    below = ndtr(normal_scores(prior, np.array([lower]))[0]) if lower > low else 0.0
    above = ndtr(-normal_scores(prior, np.array([upper]))[0]) if upper < high else 0.0
    return float(below + above)
