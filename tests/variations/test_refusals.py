"""What a table of a variation may not hold: one line each, with key, value and rule."""

import pytest
from yearly_examples import FLAT, LOG, TEN, normal, yearly

from mcdemand import InputError, load_prior_set

REVERTING = {"reversion": 0.3, "mean": 5, "innovation": normal(0, 1)}
KNOTS = {"start": 2025, "knots": {"2030": 3}}
CATEGORY = {"distribution": "categorical", "categories": ["a", "b"], "weights": [0.5, 0.5]}
OTHER = {**CATEGORY, "categories": ["b", "a"]}
CONSTANT = {"distribution": "constant", "value": 1}

CASES = [
    (TEN, "brownian", {}, "varies.kind: 'brownian': unknown; known: ar1, event"),
    (TEN, "mean_revertin", {}, "did you mean 'mean_reverting'?"),
    (TEN, "mean_reverting", {**REVERTING, "reversal": 1}, "varies.reversal: unknown; did you mean 'reversion'?"),
    (TEN, "mean_reverting", {**REVERTING, "zzz": 1}, "varies.zzz: unknown; mean_reverting takes reversion, mean,"),
    (TEN, "mean_reverting", {"reversion": 0.3, "mean": 5}, "takes innovation, which is missing"),
    (TEN, "mean_reverting", {**REVERTING, "reversion": 0}, "varies.reversion: 0: must be a number above 0 and at most"),
    (TEN, "mean_reverting", {**REVERTING, "reversion": True}, "varies.reversion: True: must be a number above 0"),
    (
        TEN,
        "mean_reverting",
        {**REVERTING, "mean": [5]},
        "varies.mean.distribution: [5]: must be a number, a short form or a table",
    ),
    (
        TEN,
        "mean_reverting",
        {**REVERTING, "innovation": normal(0, -1)},
        "varies.innovation.sigma: -1.0: must be above 0",
    ),
    (
        TEN,
        "mean_reverting",
        {**REVERTING, "innovation": {"mu": 0}},
        "varies.innovation.distribution: missing; name a family",
    ),
    (
        TEN,
        "mean_reverting",
        {**REVERTING, "innovation": yearly(TEN, "independent")},
        "varies.innovation.varies: belongs",
    ),
    (TEN, "mean_reverting", {**REVERTING, "mean": {**TEN, "unit": "W"}}, "varies.mean.unit: belongs to the whole row"),
    (TEN, "mean_reverting", {**REVERTING, "mean": CATEGORY}, "varies.mean: categorical: must be the law of a number"),
    (TEN, "mean_reverting", {**REVERTING, "form": "log"}, 'varies.form: \'log\': must be one of "additive", "multipli'),
    (TEN, "mean_reverting", {**REVERTING, "form": "multiplicative"}, "needs a law of positive numbers"),
    (LOG, "mean_reverting", {**REVERTING, "mean": 0}, "varies.mean: must be positive where the form is multiplicative"),
    (FLAT, "mean_reverting", REVERTING, 'varies.form: missing; with a law on a part of the axis, state "additive" or'),
    (CONSTANT, "mean_reverting", REVERTING, "varies.form: missing; with a constant, state"),
    (CATEGORY, "mean_reverting", REVERTING, "varies: categories have no sum"),
    (TEN, "jumps", {"rate": 11, "size": 1}, "varies.rate: 11: must be a number above 0 and at most 10, jumps a year"),
    (TEN, "jumps", {"rate": float("nan"), "size": 1}, "varies.rate: nan: must be a number above 0"),
    (TEN, "jumps", {"rate": 1, "size": 1, "step": 0}, "varies.step: 0: must be a finite number greater than 0"),
    (TEN, "jumps", {"rate": 1}, "jumps takes size, which is missing"),
    (TEN, "knots", {**KNOTS, "start": 2030}, "varies.knots: 2030: must come after start = 2030"),
    (TEN, "knots", {**KNOTS, "start": "2025"}, "varies.start: '2025': must be a year, a whole number from 1 to 9999"),
    (TEN, "knots", {**KNOTS, "start": 0}, "varies.start: 0: must be a year"),
    (TEN, "knots", {**KNOTS, "knots": {}}, "varies.knots: {}: must be a table of years"),
    (TEN, "knots", {**KNOTS, "knots": {"soon": 1}}, "varies.knots: 'soon': must be a year"),
    (
        TEN,
        "knots",
        {**KNOTS, "knots": {"2030": {"distribution": "nrmal"}}},
        "varies.knots.2030.distribution: 'nrmal': unk",
    ),
    (TEN, "knots", {**KNOTS, "comonotone": 1}, "varies.comonotone: 1: must be one of true, false"),
    (TEN, "knots", {**KNOTS, "outside": "linear"}, 'varies.outside: \'linear\': must be one of "flat", "extrapolated"'),
    (TEN, "event", {"hazard": 0.1}, "no effect stated; state one of add, multiply, switch"),
    (TEN, "event", {"hazard": 0.1, "add": 1, "switch": 2}, "both add and switch stated"),
    (TEN, "event", {"hazard": 1.1, "add": 1}, "varies.hazard: 1.1: must be a probability, a number from 0 to 1"),
    (TEN, "event", {"hazard": {"2030": -1}, "add": 1}, "varies.hazard.2030: -1: must be a probability"),
    (TEN, "event", {"hazard": [0.1], "add": 1}, "varies.hazard: [0.1]: must be a probability"),
    (CATEGORY, "event", {"hazard": 0.1, "add": 1}, "varies: categories have no sum"),
    (CATEGORY, "event", {"hazard": 0.1, "switch": OTHER}, "varies.switch: must be the categories ['a', 'b'], in this"),
    (TEN, "event", {"hazard": 0.1, "switch": CATEGORY}, "varies.switch: must be the law of a number"),
]


@pytest.mark.parametrize(("law", "kind", "keys", "problem"), CASES)
def test_what_breaks_a_rule_is_refused_in_one_line(law, kind, keys, problem):
    with pytest.raises(InputError) as error:
        load_prior_set({"parameters": {"a": yearly(law, kind, **keys)}})
    assert str(error.value).startswith("mapping: parameters.a.varies")
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_years_of_integers_and_of_text_are_the_same():
    one, two = (
        load_prior_set({"parameters": {"a": yearly(TEN, "knots", start=2025, knots={key: 3})}}).parameters["a"]
        for key in (2030, "2030")
    )
    assert one.varies == two.varies
