"""The opinion of a pool of experts, pooled by logarithms: a density in proportion to the product of powers of theirs.

f(x) is f_1(x)^w_1 f_2(x)^w_2 ... over its integral (Genest and Zidek 1986, equation 3.2); the weights sum to 1. Unlike
a mixture it has one peak where the opinions are like normal laws, and nothing outside the support of any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcdemand.distributions._density import integrated
from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._form import Continuous, family_of_forms
from mcdemand.distributions._law import Law
from mcdemand.distributions._mixture import equal_weights, weight_problem
from mcdemand.distributions._pieces import FIRST_SCORES
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.elementwise import exp, log


@dataclass(frozen=True)
class Pool:
    """Laws and their weights, which sum to 1."""

    laws: Sequence[Law]
    weights: Sequence[float]

    def product(self, x: Floats) -> Floats:
        """Return the product of powers at (value) values; 0 outside the support of any law."""
        with np.errstate(all="ignore"):
            logs = [weight * log(law.density(x)) for law, weight in zip(self.laws, self.weights, strict=True)]
            return np.asarray(exp(np.sum(logs, axis=0)))

    def ends(self) -> tuple[float, float]:
        """Return the ends of what all laws can draw."""
        ends = [law.support() for law in self.laws]
        return max(least for least, _ in ends), min(largest for _, largest in ends)

    def edges(self) -> Floats:
        """Return values to begin with: quantiles of all laws, and where their densities have kinks."""
        lower, upper = self.ends()
        found = np.concatenate([(lower, upper), *(law.marks() for law in self.laws), *map(_spaced, self.laws)])
        return np.unique(0.0 + found[np.isfinite(found) & (found >= lower) & (found <= upper)])


def _spaced(law: Law) -> Floats:
    return law.quantiles(FIRST_SCORES)


def form_of(values: Values) -> Continuous:
    """Return the distribution function of the pool, by quadrature.

    Raises
    ------
    NumericalError
        If the laws agree on nothing, or their product is too rough.
    """
    pairs = [(law, w) for law, w in zip(values["components"], values["weights"], strict=True) if w > 0]
    total = sum(w for _, w in pairs)
    pool = Pool([law for law, _ in pairs], [w / total for _, w in pairs])
    lower, upper = pool.ends()
    kinks = tuple(x for law in pool.laws for x in law.marks() if lower <= x <= upper)
    return integrated(pool.product, pool.edges(), (lower, upper), kinks)[0]


def check(values: Values) -> str | None:
    """Return the rule that the weights or the components break."""
    for law in values["components"]:
        if law.has_atoms or law.family.log_density is None:
            return f"components: a {law.family.name} law has no density to multiply; pool it as a mixture"
    lower, upper = Pool(values["components"], ()).ends()
    if not lower < upper:
        return "components: no value lies in the support of all; state components that overlap, or a mixture"
    return weight_problem(values, "components")


DISTRIBUTION = family_of_forms(
    "log_pool",
    (Parameter("components", "laws"), Parameter("weights", "numbers", equal_weights)),
    form_of,
    check=check,
)
