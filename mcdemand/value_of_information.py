"""What it would be worth to know more before a decision: EVPI, EVPPI by parameter or group, EVSI of a measurement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.decision import Decision, load_decision
from mcdemand.factors import Grouping
from mcdemand.information_request import MeasurementError, check_measurement, choose_members, read_output, rows_of
from mcdemand.kernels.arrays import Floats
from mcdemand.kernels.tails import pareto_shape, tail_size
from mcdemand.model import Model
from mcdemand.ranges import check_range
from mcdemand.run import MAX_SEED
from mcdemand.sensitivity._information import Sample, Value, information_on, measurement_noise, perfect_information
from mcdemand.summary_request import dataset_of, is_independent

CI_PROB = 0.95
LARGEST_K = 0.7
LARGEST_GROUP = 8
ERRORS_APART = 2
HANDED_ON = ("prior_set", "model", "source", "seed", "design")
LONG_NAMES = {
    "evpi": "expected value of perfect information",
    "evppi": "expected value of perfect information on a parameter",
    "evppi_share": "share of the value of perfect information",
    "evsi": "expected value of a measurement",
    "expected_payoff": "expected payoff",
    "probability_best": "probability that the option pays most",
}
SHARES = ("evppi_share", "probability_best")


def value_of_information(
    result: xr.DataTree,
    decision: str | Path | Mapping[str, Any] | Decision,
    *,
    groups: Grouping = None,
    measurement: Mapping[str, float | str] | None = None,
    seed: int = 0,
    model: Model | str | None = None,
) -> xr.Dataset:
    """Return what it would be worth to know all, a parameter, or a measurement of it, before choosing an option.

    Parameters
    ----------
    result
        What `simulate` or `read_result` returned; its draws are used as they are, nothing is simulated.
    decision
        A path to TOML, a mapping of the same shape, or a `Decision`, which may be made of a Python function.
    groups
        Parameters that become known together: "driver", "correlated" or `{name: [parameters]}`; those in no group, and
        all where it is None, by themselves. A parameter that varies by year is known in all its years.
    measurement
        The standard error of a measurement of some parameters: a number in the parameter's unit, or a percentage of
        its value such as "5%". Of k measurements: divided by sqrt(k). In a group, all that is measured is known
        together.
    seed
        What the measurement errors are drawn from.
    model
        The model of the result, where `groups` is a word and the model is one's own.

    Returns
    -------
    xr.Dataset
        Dim `parameter`, the largest first: `evppi` and, with a measurement, `evsi` (NaN where none is stated), in the
        decision's unit; `evppi_share`, of the EVPI. Dim `option`: `expected_payoff`, `probability_best`. Without
        dims: `evpi`. Each with `mcse_...` and `ci_...` (dim `ci_bound`). Attributes: `best_option`, `notices`.

    Raises
    ------
    InputError
        If the decision, a group or a measurement is not valid for this result, or more than 5 % of the draws lie
        outside the levels of a table.
    NumericalError
        If a draw is not finite.

    Notes
    -----
    U_d is the payoff of option d. EVPI = E max_d U_d - max_d E U_d: what a clairvoyant gains. EVPPI of X = E max_d
    E(U_d | X) - max_d E U_d. E(U_d | X) is a regression of U_d on X over the draws (Strong, Oakley and Brennan 2014),
    see `mcdemand.sensitivity._splines`. What is regressed is U_d less the payoff of the option that is best now. EVSI
    is the same with Y in place of X, a measurement simulated at every draw (Strong and others 2015): Y = X + N(0, s),
    or log Y = log X + N(0, s) for a percentage; so EVSI <= EVPPI <= EVPI, but for the error. Draws are joint, so
    correlated parameters need nothing more: to know one tells of the others.

    Errors are those of a mean over draws of each draw's influence, see `mcdemand.sensitivity._information`. They come
    from the chains' means of it, with chains - 1 degrees of freedom, where the design's draws lean on each other, else
    from the draws. A value of 0 with an error of 0: at no draw does the regression put another option before the one
    that is best now. What the regression misses makes a value too small: little for the seven parameters of a
    driver, a fifth for all 49 of the shipped model, whose value is the EVPI.

    Examples
    --------
    >>> import mcdemand as mc
    >>> result = mc.simulate("consensus", years=[2030], draws=4096)
    >>> sizes = {"output": "capacity_needed", "year": 2030, "unit": "GUSD", "levels": [10, 100, 400, 3000]}
    >>> options = {"build 100 GW": [-2500, 2000, 2000, 2000], "wait": [0, 500, 500, 500]}
    >>> found = value_of_information(result, {"decision": sizes, "options": options})
    >>> bool(found["evpi"] > 0), found["evpi"].attrs["units"]
    (True, 'GUSD')
    """
    check_range("seed", seed, 0, MAX_SEED)
    study = _Study(result, load_decision(decision))
    members = choose_members(groups, study.parameters, result, model)
    errors = check_measurement({} if measurement is None else measurement, study.parameters)
    found = study.summary() | study.by_parameter("evppi", [study.known(names) for names in members.values()])
    if errors:
        values = [study.measured([(n, errors[n]) for n in names if n in errors], seed) for names in members.values()]
        found |= study.by_parameter("evsi", values)
    grouped = [name for name, names in members.items() if names != (name,)]
    about = {**study.attributes(members), "groups": ", ".join(grouped)}
    labelled = xr.Dataset(found, _coords(study, members, errors), about)
    largest_first = sorted(range(len(members)), key=lambda k: (-float(labelled["evppi"][k]), list(members)[k]))
    return labelled.isel(parameter=largest_first)


class _Study:
    """A decision on the draws of a result."""

    def __init__(self, result: xr.DataTree, decision: Decision) -> None:
        self.result, self.decision = result, decision
        self.parameters = {str(name): one for name, one in dataset_of(result, "prior").data_vars.items()}
        quantities = dataset_of(result, "prior_predictive").data_vars
        known = {**self.parameters, **{str(name): one for name, one in quantities.items()}}
        self.draws = {name: read_output(name, decision, known) for name in decision.outputs}
        sizes = next(iter(known.values())).sizes
        self.sample = Sample(sizes.get("chain", 1), sizes["draw"], is_independent(result))
        self.payoffs = decision.payoffs(self.draws, self.sample.size)
        self.best = int(np.argmax(self.payoffs.mean(axis=1)))
        self.gain = self.payoffs - self.payoffs[self.best]

    @cached_property
    def perfect(self) -> Value:
        """The value of knowing all."""
        return perfect_information(self.gain)

    def known(self, names: Sequence[str]) -> Value:
        """Return the value of knowing some parameters together."""
        return information_on([row for name in names for row in rows_of(self.parameters[name])], self.gain, self.sample)

    def measured(self, errors: Sequence[tuple[str, MeasurementError]], seed: int) -> Value:
        """Return the value of measuring some parameters together; NaN if there are none."""
        if not errors:
            return Value(np.nan, np.full(self.sample.size, np.nan))
        rows = []
        for name, error in errors:
            for step, row in enumerate(rows_of(self.parameters[name])):
                noise = error.size * measurement_noise(self.sample, seed, name, step)
                rows.append(np.log(row) + noise if error.is_relative else row + noise)
        return information_on(rows, self.gain, self.sample)

    def summary(self) -> dict[str, Any]:
        """Return the variables that no parameter belongs to."""
        pays_most = (self.gain == self.perfect.influence).astype(np.float64)
        pays_most /= pays_most.sum(axis=0)
        return (
            self._variables("evpi", (), self.perfect.value, self.perfect.influence)
            | self._variables("expected_payoff", ("option",), self.payoffs.mean(axis=1), self.payoffs)
            | self._variables("probability_best", ("option",), pays_most.mean(axis=1), pays_most)
        )

    def by_parameter(self, name: str, values: Sequence[Value]) -> dict[str, Any]:
        """Return the variables of a value by parameter, and its share of the EVPI where that is its name."""
        found = self._variables(name, ("parameter",), *map(np.stack, zip(*values, strict=True)))
        if name != "evppi":
            return found
        whole = self.perfect.value or 1.0
        shares = np.array([one.value for one in values]) / whole
        influence = np.stack([one.influence for one in values]) - shares[:, np.newaxis] * self.perfect.influence
        return found | self._variables("evppi_share", ("parameter",), shares, influence / whole)

    def _variables(self, name: str, dims: tuple[str, ...], value: Any, influence: Floats) -> dict[str, Any]:
        """Return the value, its error and its confidence interval; only payoffs may be negative."""
        error = self.sample.error(influence)
        reach = _quantile(self.sample.freedom) * error
        ends = np.stack([value - reach, value + reach], axis=-1)
        ends = ends if name == "expected_payoff" else np.maximum(ends, 0.0)
        unit, meaning = "1" if name in SHARES else self.decision.unit, LONG_NAMES[name]
        return {
            name: (dims, value, {"units": unit, "long_name": meaning}),
            f"mcse_{name}": (dims, error, {"units": unit, "long_name": f"standard error of {meaning}"}),
            f"ci_{name}": ((*dims, "ci_bound"), ends, {"units": unit, "long_name": f"95 % interval of {meaning}"}),
        }

    def attributes(self, members: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Return what was done, and with what."""
        stated = self.decision
        return {
            "method": "value_of_information",
            "title": stated.title or "Value of information before a decision",
            "sorted_by": "evppi",
            "ci_prob": CI_PROB,
            "dependence": "respected, by regression on the joint draws",
            "decision": stated.label,
            "best_option": stated.options[self.best],
            "units": stated.unit,
            "output": ", ".join(stated.outputs),
            "year": ", ".join(map(str, np.ravel([] if stated.years is None else stated.years))),
            **{key: self.result.attrs.get(key, "") for key in HANDED_ON},
            "chains": self.sample.chains,
            "draws": self.sample.size,
            "evaluations": 0,
            "notices": "\n".join([*self.notices(), *_large_groups(members)]),
        }

    def notices(self) -> Iterator[str]:
        """Yield what a reader of the numbers should know."""
        options, most = self.decision.options, self.perfect.influence
        if self.decision.table is not None:
            yield from _outside_notice(self.decision, self.draws, most)
        if self.sample.freedom < 1:
            yield "a single chain has no errors; simulate at least two"
        if not self.perfect.value:
            yield f"{options[self.best]} pays most at every draw, so nothing that could be learnt has a value"
        for name, gain in zip(options, self.gain, strict=True):
            behind, error = -float(gain.mean()), float(self.sample.error(gain))
            if gain.any() and behind < ERRORS_APART * error:
                yield f"{name} may be as good as {options[self.best]}: its expected payoff is within two errors"
        tail = tail_size(most.size)
        shape = pareto_shape(np.sort(most)[-tail - 1 :]) if tail else 0.0
        if shape > LARGEST_K:
            yield f"the largest gains carry the EVPI (Pareto k {shape:.2g}): it may be off by more than its error"


def _large_groups(members: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name, names in members.items():
        if len(names) > LARGEST_GROUP:
            yield f"{name}: the regression cannot follow {len(names)} parameters together, so its value is too small"


def _outside_notice(decision: Decision, draws: Mapping[str, Floats], gain: Floats) -> Iterator[str]:
    table = decision.table
    assert table is not None
    outside = table.is_outside(draws)
    if outside.any():
        part = 100 * gain[outside].sum() / (gain.sum() or 1.0)
        yield (
            f"{100 * outside.mean():.2g} % of the draws of {table.output} lie outside the levels, {table.levels[0]:g} "
            f"to {table.levels[-1]:g}: payoffs go on there in a straight line; they carry {part:.2g} % of the EVPI"
        )


def _quantile(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + CI_PROB) / 2)) if freedom > 0 else np.nan


def _coords(
    study: _Study, members: Mapping[str, Sequence[str]], errors: Mapping[str, MeasurementError]
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "parameter": list(members),
        "members": ("parameter", [", ".join(names) for names in members.values()]),
        "option": list(study.decision.options),
        "ci_bound": ["lower", "upper"],
    }
    if errors:
        texts = [", ".join(errors[name].text for name in names if name in errors) for names in members.values()]
        found["measurement_error"] = ("parameter", texts)
    return found
