"""Scenario discovery: a box of few parameters' values in which an output is mostly large."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.sensitivity._box import Half, Rules, SortedDraws, find_box, quasi_p_values, restricted
from mcdemand.sensitivity._method import Index, Method
from mcdemand.sensitivity._worst import Marks, check_between, check_tail, worst_draws

MOST_BOXES, MOST_RESTRICTED = 9, 99


def prim(
    x: Floats,
    y: Floats,
    *,
    above: float | None = None,
    share: float = 0.1,
    tail: str = "upper",
    peel: float = 0.05,
    least_mass: float = 0.02,
    most_restricted: int = 4,
    boxes: int = 1,
) -> dict[str, Floats]:
    """Return, for each row, a box of parameter values in which its cases of interest are dense.

    Parameters
    ----------
    x
        (parameter, draw) values of the parameters, in any units: only their order counts.
    y
        (row, draw) outputs.
    above
        A case of interest has an output above this, in the units of `y`; with the lower tail, below it. None: the worst
        `share` of the draws.
    share
        The share of draws that are cases, in (0, 1), unless `above` is given.
    tail
        Which outputs are cases: "upper", the large ones, or "lower".
    peel
        The share of the draws left in the box that a peel takes, in (0, 1). Of a discrete parameter it takes whole
        categories from an end, as many as hold that share.
    least_mass
        The least share of draws that a box holds, in (0, 1).
    most_restricted
        How many parameters a box restricts at most.
    boxes
        How many boxes are looked for; a later one among the draws that the earlier ones do not hold.

    Returns
    -------
    dict
        `restriction` (parameter, row), the share of a parameter's sample that the first box leaves out; `lower` and
        `upper` (box, parameter, row), its limits as levels in the parameter's sample, 0 and 1 where there is none;
        `quasi_p_value` (box, parameter, row); `coverage`, `density`, `mass`, `coverage_error` and `density_error`
        (box, row): the share of all cases that the box holds, the share of its draws that are cases, its share of
        all draws, and binomial standard errors. Draws in an earlier box do not count for a later one, so an
        unrestricted box holds what the earlier ones left.

    Raises
    ------
    InputError
        If an option is none of its values, or all draws of all rows lie on one side of `above`.

    Notes
    -----
    The patient rule induction method (Friedman and Fisher 1999) as used for scenario discovery (Bryant and Lempert
    2010). From all draws, each step takes a small share of them from that end of a parameter where the density of cases
    among the others rises most per draw taken. Of the boxes on the way, the one with the largest F1 = 2 coverage
    density / (coverage + density) is chosen. Pasting moves its limits out again, a peel's share of draws at a time,
    while that raises F1. Then restrictions whose quasi-p-value exceeds 0.05 are dropped, one by one.

    One half of the draws, picked by a hash of their numbers, searches and gives the limits. The other half judges: it
    gives quasi-p-values, coverage, density and mass, so the search does not flatter them. Not even and odd draws, as
    these differ in Sobol' points. Without a case the box is unrestricted, and coverage and density are 0.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((2, 4000))
    >>> found = prim(x, np.where(x[:1] > 0.8, 1.0, 0.0) + x[1:], above=1.0)
    >>> found["lower"][0, :, 0].round(2).tolist(), found["density"].item()
    ([0.8, 0.0], 1.0)
    """
    rules = Rules(peel, least_mass, most_restricted)
    _check(rules, above, share, boxes)
    check_tail(tail)
    halves = _Halves.of(x)
    cases = [_cases(row, above, share, tail) for row in y]
    if above is not None and all(marks.all() or not marks.any() for marks in cases):
        raise InputError(
            f"above: {above:g}: all draws lie on one side of it, which go from {y.min():.4g} to {y.max():.4g}; "
            "choose a number between"
        )
    rows = [_find_boxes(halves, marks, rules, boxes) for marks in cases]
    found = {name: np.stack([row[name] for row in rows], axis=-1) for name in rows[0]}
    return {"restriction": 1.0 - (found["upper"][0] - found["lower"][0]), **found}


@dataclass(frozen=True)
class _Halves:
    """All draws x (parameter, draw), which of them search, and the two halves, of which the first is sorted too."""

    x: Floats
    searching: Marks
    search: Floats
    judge: Floats
    order: SortedDraws

    @staticmethod
    def of(x: Floats) -> _Halves:
        searching = _first_half(x.shape[1])
        # Unlike x[:, marks], this leaves the draws of a parameter beside each other.
        search, judge = (np.compress(marks, x, axis=1) for marks in (searching, ~searching))
        return _Halves(x, searching, search, judge, SortedDraws.of(search))

    def of_cases(self, cases: Marks) -> tuple[Half, Half]:
        searching = self.searching
        halves = (self.search, cases[searching]), (self.judge, cases[~searching])
        first, second = (Half(x, np.ones(marks.size, dtype=bool), marks) for x, marks in halves)
        return first, second


def _first_half(size: int) -> Marks:
    """Mark half of the draws, those with the smallest hash: SplitMix64 of the draw's number (Steele et al. 2014)."""
    key = np.arange(1, size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    key ^= key >> np.uint64(31)
    marks = np.zeros(size, dtype=bool)
    marks[np.argsort(key)[: (size + 1) // 2]] = True
    return marks


def _cases(row: Floats, above: float | None, share: float, tail: str) -> Marks:
    """Return which draws of a row are of interest."""
    if above is None:
        return worst_draws(row, share, tail)
    cases: Marks = row > above if tail == "upper" else row < above
    return cases


def _find_boxes(halves: _Halves, cases: Marks, rules: Rules, boxes: int) -> dict[str, Floats]:
    """Return the boxes of one row: limits and quasi-p-values (box, parameter), counts by box."""
    search, judge = halves.of_cases(cases)
    found: list[dict[str, Any]] = []
    for _ in range(boxes):
        box = find_box(halves.order, search, judge, rules)
        lower, upper = _levels(halves.x, box)
        limits = {"lower": lower, "upper": upper, "quasi_p_value": quasi_p_values(judge, box)}
        found.append(limits | _quality(judge, box))
        search, judge = search.outside(box), judge.outside(box)
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def _levels(x: Floats, box: Floats) -> tuple[Floats, Floats]:
    """Return the shares of each parameter's sample below the lower limit and up to the upper one."""
    lower, upper = np.zeros(x.shape[0]), np.ones(x.shape[0])
    for j in np.flatnonzero(restricted(box)):
        lower[j], upper[j] = np.mean(x[j] < box[j, 0]), np.mean(x[j] <= box[j, 1])
    return lower, upper


def _quality(half: Half, box: Floats) -> dict[str, float]:
    """Return coverage, density and mass of a box, with sqrt(p (1 - p) / n) for the first two."""
    held, total = half.tally(box), int(np.count_nonzero(half.cases))
    coverage, density = held.cases / max(total, 1), held.cases / max(held.draws, 1)
    return {
        "coverage": coverage,
        "density": density,
        "mass": held.draws / max(half.cases.size, 1),
        "coverage_error": math.sqrt(coverage * (1.0 - coverage) / max(total, 1)),
        "density_error": math.sqrt(density * (1.0 - density) / max(held.draws, 1)),
    }


def _check(rules: Rules, above: float | None, share: float, boxes: int) -> None:
    """Check the options."""
    if above is not None and not (isinstance(above, Real) and math.isfinite(above)):
        raise InputError(f"above: {above!r}: must be a finite number; leave it out for the worst share")
    check_between("share", share, 0.0, 1.0, "0.1 makes cases of the worst decile")
    check_between("peel", rules.peel, 0.0, 1.0, "0.05 is customary")
    check_between("least_mass", rules.least_mass, 0.0, 1.0, "0.02 keeps a fiftieth of the draws")
    _check_count("most_restricted", rules.most_restricted, MOST_RESTRICTED, "four can still be told in a sentence")
    _check_count("boxes", boxes, MOST_BOXES, "one or two are customary")


def _check_count(key: str, value: int, most: int, remedy: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InputError(f"{key}: {value!r}: must be a whole number from 1 to {most}; {remedy}")


def _box_numbers(options: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the boxes, from 1."""
    return list(range(1, options["boxes"] + 1))


def _by_parameter(long_name: str, neutral: float = 0.0) -> Index:
    return Index(long_name, ("box", "parameter"), has_error=False, neutral=neutral)


def _by_box(long_name: str) -> Index:
    return Index(long_name, dims=("box",), has_error=False)


METHOD = Method(
    name="prim",
    title="scenario discovery: a box in which the output is mostly large",
    design="given_data",
    indices={
        "restriction": Index("share of the prior that the box leaves out", has_error=False),
        "lower": _by_parameter("lower limit of the box, as a level"),
        "upper": _by_parameter("upper limit of the box, as a level", 1.0),
        "quasi_p_value": _by_parameter("quasi-p-value of the restriction", 1.0),
        "coverage": _by_box("share of the cases that the box holds"),
        "density": _by_box("share of cases among the draws in the box"),
        "mass": _by_box("share of the draws that the box holds"),
        "coverage_error": _by_box("standard error of the coverage"),
        "density_error": _by_box("standard error of the density"),
    },
    estimate=prim,
    dependence="respected",
    scale="raw",
    options={
        "above": None,
        "share": 0.1,
        "tail": "upper",
        "peel": 0.05,
        "least_mass": 0.02,
        "most_restricted": 4,
        "boxes": 1,
    },
    labels={"box": _box_numbers},
)
