"""A zero-inflated law: 0 with some probability, else another law, which may be 0 too (Lambert 1992)."""

from __future__ import annotations

from mcdemand.distributions._distribution import Parameter, Values
from mcdemand.distributions._form import family_of_forms
from mcdemand.distributions._mixture import Atom, Mixture, part_of


def mixture_of(values: Values) -> Mixture:
    """Return 0 and the law."""
    return Mixture([Atom(0.0), part_of(values["law"])], [values["probability"], 1 - values["probability"]])


def check(values: Values) -> str | None:
    """Return the rule that the law breaks."""
    return (
        "law: a categorical law cannot be inflated; state a weight"
        if values["law"].family.name == "categorical"
        else None
    )


DISTRIBUTION = family_of_forms(
    "zero_inflated",
    (Parameter("probability", "between 0 and 1"), Parameter("law", "law")),
    mixture_of,
    has_atoms=True,
    check=check,
)
