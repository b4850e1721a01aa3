"""The change of one row that draws are reweighted for: what changes, from what to what, and the draws it takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.dependence import Group
from mcdemand.draw_choice import dataset_of, whole_size
from mcdemand.errors import InputError, IntegrityError
from mcdemand.kernels.arrays import Floats
from mcdemand.model import Model
from mcdemand.prior import Prior
from mcdemand.prior_change import describe_change
from mcdemand.prior_density import support
from mcdemand.prior_pool import PriorPool
from mcdemand.prior_set import PriorSet, load_prior_set
from mcdemand.replay import rebuild_run
from mcdemand.row_program import draw_parameters
from mcdemand.run import Run
from mcdemand.stated_run import stated_priors
from mcdemand.summary_request import choose_variables


@dataclass(frozen=True)
class RowChange:
    """What changes: a parameter's law between two prior sets; its draws."""

    parameter: str
    start: PriorSet
    end: PriorSet
    overrides: Mapping[str, Any]
    values: Floats

    @classmethod
    def of(cls, result: xr.DataTree, overrides: Mapping[str, Any]) -> RowChange:
        """Return the change that overrides make to the prior set of a result.

        Raises
        ------
        InputError
            If they do not change the law of exactly one row, or weights cannot express the change.
        IntegrityError
            If the result's attributes state no prior set, or it does not hold draws of it.
        """
        if not isinstance(result, xr.DataTree):
            raise InputError("result: must be what simulate or read_result returned")
        start = stated_priors(result.attrs)
        if isinstance(start, PriorPool):
            raise InputError("result: of a pool of prior sets; reweight a result of one of them, or simulate anew")
        if not isinstance(overrides, Mapping) or not overrides:
            raise InputError(f"set: {overrides!r:.80}: must change a row, such as {{'reasoning_multiplier.p50': 10}}")
        end = load_prior_set(start, overrides)
        laws = {name: (prior.drawn_law, end.parameters[name].drawn_law) for name, prior in start.parameters.items()}
        changed = [name for name, (before, after) in laws.items() if before != after]
        if len(changed) != 1:
            found = f"changes the laws of {', '.join(changed)}" if changed else "changes no law"
            raise InputError(f"set: {found}; reweighting takes exactly one row, so change one, or simulate anew")
        whole_size(result)
        draws = _draws_of(result, changed[0])
        change = cls(changed[0], start, end, overrides, _flat(draws))
        change._check()
        return change

    def __str__(self) -> str:
        """Return the change in words."""
        return f"{self.parameter}: {self.words}"

    @property
    def words(self) -> str:
        """What changes in the row."""
        return describe_change(self.parameter, self.start, self.end)

    @property
    def old(self) -> Prior:
        """The law that the draws are drawn from."""
        return self.start.parameters[self.parameter]

    @property
    def new(self) -> Prior:
        """The law that the draws are to follow."""
        return self.end.parameters[self.parameter]

    @property
    def remedy(self) -> str:
        """How to see what weights cannot show."""
        return f"simulate anew with {' '.join(f'--set {key}={_toml(v)}' for key, v in self.overrides.items())}"

    @property
    def group(self) -> Group | None:
        """The correlated parameters that it belongs to."""
        return next((group for group in self.start.groups if self.parameter in group.names), None)

    def _check(self) -> None:
        """Refuse what weights cannot express."""
        if self.old.varies or self.new.varies:
            raise InputError(f"{self}: varies by year, which is not reweighted; {self.remedy}")
        if self.old.is_constant or self.new.is_constant:
            raise InputError(f"{self}: a constant has no density to reweight by; {self.remedy}")
        if (self.old.distribution.score_of is None) != (self.new.distribution.score_of is None):
            raise InputError(f"{self}: categories cannot be weighted into numbers, nor back; {self.remedy}")
        if not np.all(_can_draw(self.old, self.values)):
            raise IntegrityError(
                f"result: {self.parameter}: has draws that its prior cannot make; the file was changed; simulate anew"
            )


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"'{{ {', '.join(f'{key} = {_toml(one)}' for key, one in value.items())} }}'"
    return json.dumps(value, default=str)


def _can_draw(prior: Prior, values: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return whether a prior can draw each value."""
    if prior.distribution.score_of is not None:
        lower, upper = support(prior)
        return (lower <= values) & (values <= upper)
    return np.isin(values, np.flatnonzero(prior.values["weights"]))


def _kept(result: xr.DataTree) -> xr.Dataset:
    """Return the parameters whose draws are kept."""
    return dataset_of(result, "prior")


def _draws_of(result: xr.DataTree, name: str) -> xr.DataArray:
    """Return the draws of a parameter."""
    kept = _kept(result)
    if name not in kept.data_vars:
        raise InputError(f"{name}: its draws are not kept in this result; simulate without outputs, or name it in them")
    return choose_variables(kept, name)[name]


def _flat(draws: xr.DataArray) -> Floats:
    """Return (draw), chain after chain."""
    return np.asarray(draws.transpose("chain", "draw").values, dtype=np.float64).reshape(-1)


def partner_draws(result: xr.DataTree, change: RowChange, model: Model | str | None) -> dict[str, Floats]:
    """Return the draws of the correlated parameters: as they are kept, or drawn again.

    Those that no output of the result depends on are left out: the law of the others does not need them.

    Raises
    ------
    InputError
        If a parameter's draws do not show its scores, or the model is needed and not given.
    IntegrityError
        If draws have to be made again, and the result's attributes state no run.
    """
    kept = _kept(result)
    names = _correlated(change)
    absent = [name for name in names if name not in kept.data_vars]
    found = {name: _flat(kept[name]) for name in names if name not in absent}
    if absent:
        run = rebuild_run(result, model)
        found |= _draw_again(run, [name for name in absent if name in run.plan.parameters])
    return dict(sorted(found.items()))


def _correlated(change: RowChange) -> list[str]:
    """Return the uncertain parameters that it is tied to, directly or through others; a constant ties nothing."""
    if change.group is None:
        return []
    group, parameters = change.group, change.start.parameters
    rest = {name for name in group.names if not parameters[name].is_constant}
    if not group.copula.is_conditional and len(rest) > 1:
        raise InputError(
            f"{change}: is in the {group.label}, and weights are known given members of gaussian groups only; "
            f"{change.remedy}"
        )
    reached, pending = set[str](), [change.parameter]
    while pending:
        row = group.latent[group.names.index(pending.pop())]
        new = {name for name, latent in zip(group.names, row, strict=True) if latent != 0} & rest - reached
        reached |= new
        pending += sorted(new)
    for name in reached - {change.parameter}:
        if parameters[name].distribution.score_of is None or parameters[name].varies:
            raise InputError(f"{change}: correlated with {name}, whose scores its draws do not show; {change.remedy}")
    return sorted(reached - {change.parameter})


def _draw_again(run: Run, names: Iterable[str]) -> dict[str, Floats]:
    """Return the draws of parameters that a result does not keep: draws belong to names."""
    rows = {name: run.program.rows_of(name).start for name in names}
    found = {name: np.empty((run.chains, run.draws_per_chain)) for name in rows}
    tile = np.empty((run.program.row_count, run.draws_per_chain))
    for chain in range(run.chains if rows else 0):
        draw_parameters(run.program, chain, 0, run.draws_per_chain, tile)
        for name, row in rows.items():
            found[name][chain] = tile[row]
    return {name: values.reshape(-1) for name, values in found.items()}
