"""Draws of a result as the arrays that estimators take: factors and rows, year by year where parameters vary so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.designs import designs
from mcdemand.engine import store_run, thread_count
from mcdemand.errors import InputError
from mcdemand.given_data import BATCHES, Draws, estimate_given_data
from mcdemand.kernels.arrays import Floats, Integers
from mcdemand.prior_pool import PRIOR_SET, PriorPool
from mcdemand.result import label_run
from mcdemand.sensitivity._method import Estimate, Method
from mcdemand.study import Flags, Study

CONSTANT = 1e-13
"""Share of a row's size up to which its spread is rounding: the row does not vary."""
LOG = "log"


def draw_study(study: Study) -> xr.DataTree:
    """Return draws of a study's outputs and of all parameters that they need."""
    run = study.run
    selector = (PRIOR_SET,) if isinstance(run.priors, PriorPool) else ()
    keeping = replace(run, kept_parameters=(*selector, *run.plan.parameters))
    return label_run(keeping, store_run(keeping, threads=study.threads, progress=study.progress))


def estimate_from_draws(
    method: Method, study: Study, data: xr.DataTree, scales: Sequence[str], options: Mapping[str, Any], *, both: bool
) -> tuple[dict[str, dict[str, Estimate]], Flags]:
    """Return the indices by scale, and which rows do not vary.

    Indices are NaN where a scale does not apply, and neutral where a row does not vary. Unless rows are looked at on
    both scales, outputs with a logarithm in every year are looked at on that scale alone, if it is one of those given.

    Raises
    ------
    InputError
        If the result does not keep a parameter.
    """
    samples = {scale: _Sample(study, data, method, scale) for scale in scales}
    rows = next(iter(samples.values())).rows()
    is_positive = rows.min(axis=1) > 0
    usable = {scale: is_positive if scale == LOG else np.ones(len(rows), dtype=bool) for scale in scales}
    if len(scales) > 1 and not both:
        has_logarithm = is_positive.reshape(-1, study.columns).all(axis=1).repeat(study.columns)
        usable = {scale: has_logarithm if scale == LOG else ~has_logarithm for scale in scales}
    parts = {scale: _estimate(sample, rows, usable[scale], options) for scale, sample in samples.items()}
    return {scale: one for scale, (one, _) in parts.items()}, np.logical_or.reduce(
        [still for _, still in parts.values()]
    )


def _estimate(
    sample: _Sample, rows: Floats, usable: Flags, options: Mapping[str, Any]
) -> tuple[dict[str, Estimate], Flags]:
    """Return the indices of usable rows on a sample's scale, and which of them do not vary."""
    method, study, scale = sample.method, sample.study, sample.scale
    values = np.log(np.where(usable[:, np.newaxis], rows, 1.0)) if scale == LOG else rows
    varies = usable & (np.ptp(values, axis=1) > CONSTANT * np.abs(values).max(axis=1))
    parts = []
    for places, factors in sample.parts(varies):
        draws = Draws(factors, np.ascontiguousarray(values[places]), sample.replicates)
        parts.append((places, estimate_given_data(method, draws, options, thread_count(study.threads))))
    return _assembled(method, parts, usable, len(study.names)), usable & ~varies


@dataclass(frozen=True)
class _Sample:
    """The draws of a result as arrays."""

    study: Study
    data: xr.DataTree
    method: Method
    scale: str

    @property
    def replicates(self) -> int:
        """Independent parts of the draws, one after the other."""
        chains = int(self.data["prior"].sizes["chain"])
        return chains if chains > 1 else BATCHES if designs()[self.study.run.design].is_independent else 1

    def rows(self) -> Floats:
        """Return (row, draw) outputs."""
        columns = self.study.columns
        found = []
        for output in self.study.outputs:
            rows = self._flat("prior_predictive", output, self.study.run.years)
            found.append(np.broadcast_to(rows, (columns, rows.shape[1])))
        return np.concatenate(found)

    def parts(self, wanted: Flags) -> Iterator[tuple[Integers, list[Floats]]]:
        """Yield rows that are looked at together, and (column, draw) values of each factor beside them.

        A parameter that varies by year is the group of its years, or for methods without groups its value in the row's
        own year.
        """
        run, columns = self.study.run, self.study.columns
        names = [name for members in self.study.factors.values() for name in members]
        is_split = not self.method.groups and run.years and any(map(run.priors.varies, names))
        for column in range(columns) if is_split else [None]:
            years = run.years if column is None else run.years[column : column + 1]
            mine = wanted if column is None else wanted & (np.arange(len(wanted)) % columns == column)
            if mine.any():
                yield np.flatnonzero(mine), [self._values(members, years) for members in self.study.factors.values()]

    def _values(self, members: Sequence[str], years: Sequence[int]) -> Floats:
        return np.concatenate([self._parameter(name, years) for name in members])

    def _parameter(self, name: str, years: Sequence[int]) -> Floats:
        if name not in self.data["prior"].data_vars:
            raise InputError(f"{name}: the result does not keep it; simulate without outputs, or name it among them")
        found = self._flat("prior", name, years)
        return np.log(found) if self.scale == LOG and found.min() > 0 else found

    def _flat(self, group: str, name: str, years: Sequence[int]) -> Floats:
        """Return (year, draw), of what does not vary by year (1, draw)."""
        values = self.data[group].to_dataset()[name]
        if "year" in values.dims:
            found = values.sel(year=list(years)).transpose("year", "chain", "draw").values
        else:
            found = values.transpose("chain", "draw").values[np.newaxis]
        return np.ascontiguousarray(found.reshape(len(found), -1), dtype=np.float64)


def _assembled(
    method: Method, parts: Sequence[tuple[Integers, Mapping[str, Estimate]]], usable: Flags, factors: int
) -> dict[str, Estimate]:
    """Return estimates of all rows from those of some."""
    found: dict[str, Estimate] = {}
    for name, index in method.indices.items():
        given = [(places, part[name]) for places, part in parts]
        # Without a row that varies there is nothing to say of what only this method has: one of each.
        shape = (
            given[0][1].value.shape[:-1]
            if given
            else tuple(factors if dim == "parameter" else len(np.atleast_1d(index.neutral)) for dim in index.dims)
        )
        value = np.full((*shape, usable.size), np.nan)
        value[..., usable] = np.reshape(index.neutral, (-1, *[1] * len(shape)))
        mcse = np.where(np.isnan(value), np.nan, 0.0)
        for places, part in given:
            value[..., places], mcse[..., places] = part.value, part.mcse
        found[name] = Estimate(value, mcse, given[0][1].freedom if given else np.nan)
    return found
