"""What a sensitivity study is about, and its results with labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from scipy import stats

from mcdemand.engine import Progress
from mcdemand.errors import InputError
from mcdemand.factors import Grouping, group_factors
from mcdemand.kernels.arrays import Floats
from mcdemand.prior_pool import PRIOR_SET, PriorPool
from mcdemand.prior_set import PriorSet
from mcdemand.result import quantity_attributes, root_attributes
from mcdemand.run import Run
from mcdemand.sensitivity._method import Estimate, Method

CI_PROB = 0.95
RAW, LOG = "raw", "log"


@dataclass(frozen=True)
class Study:
    """Which outputs, years and factors a study is about.

    Attributes
    ----------
    factors
        Parameters that some output needs, by factor.
    unused
        Parameters with a law that no output needs.
    """

    run: Run
    factors: Mapping[str, tuple[str, ...]]
    unused: tuple[str, ...]
    grouping: Grouping
    as_if_independent: bool
    threads: int | None
    progress: Progress | None

    @classmethod
    def of(
        cls, run: Run, grouping: Grouping, as_if_independent: bool, threads: int | None, progress: Progress | None
    ) -> Study:
        """Return the study of a run's outputs.

        Raises
        ------
        InputError
            If no output depends on an uncertain parameter.
        """
        priors = run.priors
        uncertain = [name for name in sorted(priors.parameters) if not _is_constant(run, name)]
        used = [name for name in uncertain if name in run.plan.parameters]
        if not used:
            raise InputError("outputs: none of them depends on an uncertain parameter; nothing to compare")
        groups = () if isinstance(priors, PriorPool) else priors.groups
        factors = group_factors(
            grouping, [*used, *([PRIOR_SET] if isinstance(priors, PriorPool) else [])], run.model, groups
        )
        unused = tuple(name for name in uncertain if name not in used)
        return cls(run, factors, unused, grouping, as_if_independent, threads, progress)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(self.factors)

    @property
    def is_grouped(self) -> bool:
        """Whether some factor is a group of parameters."""
        return self.grouping is not None

    @property
    def columns(self) -> int:
        """Years, 1 where there is no time."""
        return max(1, len(self.run.years))

    @property
    def rows(self) -> int:
        """Outputs times years."""
        return len(self.run.plan.outputs) * self.columns

    def check_independent(self, method: str) -> None:
        """Refuse correlations between factors.

        Raises
        ------
        InputError
            If there are any.
        """
        assert isinstance(self.run.priors, PriorSet)
        owner = {name: factor for factor, members in self.factors.items() for name in members}
        for group in self.run.priors.groups:
            tied = sorted({owner[name] for name in group.names if name in owner})
            if len(tied) > 1:
                raise InputError(
                    f"method: {method}: {tied[0]} and {tied[1]} are correlated, and it needs independent priors; use "
                    "shapley or full_independent, group what is correlated (groups='correlated'), or ask for it "
                    "--as-if-independent (in Python, as_if_independent=True)"
                )

    @cached_property
    def reach(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Whether (factor, row) an output can depend on a factor, itself or through what is correlated with it."""
        found = np.zeros((len(self.factors), len(self.run.plan.outputs)), dtype=bool)
        for k, output in enumerate(self.run.plan.outputs):
            needed = {*self.run.model.plan((output,)).parameters}
            for j, members in enumerate(self.factors.values()):
                found[j, k] = bool(needed & {*members}) or PRIOR_SET in members
        return np.repeat(found, self.columns, axis=1)

    @cached_property
    def tied_reach(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """The same, where a factor counts too that is correlated with one that an output needs."""
        if isinstance(self.run.priors, PriorPool):
            return np.ones_like(self.reach)
        found = self.reach.copy()
        members = list(self.factors.values())
        for group in self.run.priors.groups:
            tied = [j for j, names in enumerate(members) if {*names} & {*group.names}]
            found[tied] |= self.reach[tied].any(axis=0)
        return found

    # Draws that exist, as arrays.

    def rows_of(self, data: xr.DataTree) -> Floats:
        """Return (row, draw) outputs."""
        found = []
        for output in self.run.plan.outputs:
            values = data["prior_predictive"][output]
            if "year" in values.dims:
                years = values.sel(year=list(self.run.years)).transpose("year", "chain", "draw").values
                found.append(years.reshape(self.columns, -1))
            else:
                found.append(np.tile(values.transpose("chain", "draw").values.reshape(1, -1), (self.columns, 1)))
        return np.concatenate(found)

    def separate_columns(self) -> list[int | None]:
        """Return the years to look at one by one, where a parameter varies by year; [None]: all of them at once."""
        yearly = any(self._varies(name) for members in self.factors.values() for name in members)
        return list(range(self.columns)) if yearly and not self.is_grouped else [None]

    def in_column(self, places: Any, column: int | None) -> Any:
        """Return which rows belong to a year."""
        return np.ones(len(places), dtype=bool) if column is None else places % self.columns == column

    def columns_of(self, data: xr.DataTree, column: int | None, *, logarithms: bool) -> list[Floats]:
        """Return (column, draw) values of each factor; of one that varies by year, those of a year or of all."""
        return [
            np.concatenate([self._values(data, name, column, logarithms=logarithms) for name in members])
            for members in self.factors.values()
        ]

    def _values(self, data: xr.DataTree, name: str, column: int | None, *, logarithms: bool) -> Floats:
        if name not in data["prior"].data_vars:
            raise InputError(f"{name}: the result does not keep it; simulate without outputs=, or name it there")
        values = data["prior"][name]
        if "year" in values.dims:
            years = self.run.years if column is None else (self.run.years[column],)
            flat = values.sel(year=list(years)).transpose("year", "chain", "draw").values
        else:
            flat = values.transpose("chain", "draw").values
        found = np.ascontiguousarray(flat.reshape(-1, data["prior"].sizes["chain"] * data["prior"].sizes["draw"]))
        return np.log(found) if logarithms and found.min() > 0 else found.astype(np.float64)

    def _varies(self, name: str) -> bool:
        return bool(self.run.years) and self.run.priors.varies(name)

    def assembled(
        self, method: Method, parts: Sequence[tuple[Any, Mapping[str, Estimate]]], usable: Any, count: int
    ) -> dict[str, Estimate]:
        """Return estimates of all rows: NaN in rows that the scale does not fit, 0 in those that are constant."""
        found: dict[str, Estimate] = {}
        for name, index in method.indices.items():
            given = [(places, part[name]) for places, part in parts if name in part]
            shape = np.shape(given[0][1].value)[:-1] if given else tuple(len(self.names) for _ in index.dims)
            value, mcse = np.full((*shape, count), np.nan), np.full((*shape, count), np.nan)
            value[..., usable], mcse[..., usable] = 0.0, 0.0
            freedom = np.nan
            for places, part in given:
                value[..., places], mcse[..., places], freedom = part.value, part.mcse, part.freedom
            found[name] = Estimate(value, mcse, freedom)
        return found


def _is_constant(run: Run, name: str) -> bool:
    first, *others = run.priors.laws(name).values()
    return first.is_constant and all(other.drawn_law == first.drawn_law for other in others)


@dataclass(frozen=True)
class Finding:
    """Estimates (*dims, row) by scale and index; those of logarithms are NaN in rows that are not positive."""

    by_scale: Mapping[str, Mapping[str, Estimate]]

    @classmethod
    def split(cls, found: Mapping[str, Estimate], scales: Sequence[str], rows: int) -> Finding:
        """Return the finding whose rows lie one scale after the other."""

        def part(one: Estimate, k: int) -> Estimate:
            cut = slice(k * rows, (k + 1) * rows)
            return Estimate(one.value[..., cut], one.mcse[..., cut], one.freedom)

        return cls({scale: {name: part(one, k) for name, one in found.items()} for k, scale in enumerate(scales)})


def label_study(
    study: Study, chosen: Sequence[Method], findings: Sequence[Finding], method: str, scale: Any
) -> xr.Dataset:
    """Return the dataset of what some methods found, parameters sorted by the first index of the first method."""
    both = not (scale is None or isinstance(scale, str)) and len(scale) > 1
    parts = [_by_scale(study, one, finding, both) for one, finding in zip(chosen, findings, strict=True)]
    dataset = xr.merge([part for part, _ in parts], combine_attrs="drop", compat="no_conflicts", join="exact")
    main = next(iter(chosen[0].indices))
    dataset = dataset.isel(parameter=_order(dataset[main]))
    if not study.run.years or not study.run.model.timed(study.run.plan, study.run.yearly()):
        dataset = dataset.isel(year=0, drop=True)
    notices = [notice for _, found in parts for notice in found]
    labels = {key: list(values) for one in chosen for key, values in one.labels.items() if not callable(values)}
    labels |= {"box": list(range(1, dataset.sizes["box"] + 1))} if "box" in dataset.dims else {}
    about = _attributes(study, chosen, method, main, notices)
    return dataset.assign_coords({**_coordinates(study, dataset), **labels}).assign_attrs(about)


def _by_scale(study: Study, method: Method, finding: Finding, both: bool) -> tuple[xr.Dataset, list[str]]:
    """Return the indices of a method, and the scale of each output; with both scales asked for, one after the other."""
    first = next(iter(method.indices))
    notices = list(_constant_rows(study, next(iter(finding.by_scale.values())), first))
    if both:
        parts = [_dataset(study, method, estimates) for estimates in finding.by_scale.values()]
        return xr.concat(parts, "scale").assign_coords(scale=list(finding.by_scale)), notices
    scales = list(finding.by_scale)
    raw = finding.by_scale.get(RAW)
    is_log = np.zeros(study.rows, dtype=bool)
    if LOG in scales:
        is_log = _positive(study, finding.by_scale[LOG])
        if raw is None and not is_log.all():
            output = study.run.plan.outputs[int(np.argmin(is_log)) // study.columns]
            raise InputError(f"scale: log: {output} is not positive in every draw; use raw")
    merged = {
        name: _merged(one, (raw or finding.by_scale[LOG])[name], is_log)
        for name, one in finding.by_scale[LOG if LOG in scales else RAW].items()
    }
    dataset = _dataset(study, method, merged)
    outputs = np.where(is_log.reshape(-1, study.columns).all(axis=1), LOG, RAW)
    return dataset.assign_coords(scale=("output", outputs)), notices


def _positive(study: Study, found: Mapping[str, Estimate]) -> Any:
    """Return the rows of the outputs whose logarithms are finite in every year."""
    first = next(iter(found.values())).value.reshape(-1, len(study.run.plan.outputs), study.columns)
    return np.repeat(np.isfinite(first).all(axis=(0, 2)), study.columns)


def _merged(log: Estimate, raw: Estimate, is_log: Any) -> Estimate:
    return Estimate(np.where(is_log, log.value, raw.value), np.where(is_log, log.mcse, raw.mcse), log.freedom)


def _dataset(study: Study, method: Method, found: Mapping[str, Estimate]) -> xr.Dataset:
    """Return indices (*dims, output, year), exactly 0 or neutral where an output cannot depend on a parameter."""
    variables: dict[str, Any] = {}
    reach = study.tied_reach if method.dependence == "respected" and not study.as_if_independent else study.reach
    for name, one in found.items():
        index = method.indices[name]
        value, mcse = one.value, one.mcse
        if "parameter" in index.dims:
            axis = index.dims.index("parameter")
            mask = np.expand_dims(reach, tuple(k for k in range(len(index.dims)) if k != axis))
            neutral = np.reshape(index.neutral, (-1, *[1] * (value.ndim - 1)))
            value, mcse = np.where(mask, value, neutral), np.where(mask, mcse, 0.0)
            pad = [(0, len(study.unused) if dim.endswith("parameter") else 0) for dim in (*index.dims, "row")]
            value, mcse = _padded(value, pad, index.neutral), np.pad(mcse, pad)
        shape = (*value.shape[:-1], len(study.run.plan.outputs), study.columns)
        dims = (*index.dims, "output", "year")
        attributes = {"long_name": index.long_name, "units": index.unit}
        variables[name] = (dims, value.reshape(shape), attributes)
        if index.has_error:
            width = stats.t.ppf((1 + CI_PROB) / 2, one.freedom) if one.freedom > 0 else np.nan
            reach_of = np.nan_to_num(width, nan=np.nan, posinf=np.nan) * mcse
            bounds = np.stack([value - reach_of, value + reach_of], axis=-1).reshape(*shape, 2)
            variables[f"mcse_{name}"] = (dims, mcse.reshape(shape), attributes)
            variables[f"ci_{name}"] = ((*dims, "ci_bound"), bounds, attributes)
    coords: dict[str, Any] = {"parameter": [*study.names, *study.unused], "output": list(study.run.plan.outputs)}
    coords |= {"year": list(study.run.years) or [0], "ci_bound": ["lower", "upper"]}
    if any("other_parameter" in method.indices[name].dims for name in found):
        coords["other_parameter"] = coords["parameter"]
    return xr.Dataset(variables, coords)


def _padded(value: Floats, pad: Any, neutral: Any) -> Floats:
    found = np.pad(value, pad)
    axis = next((k for k, (_, more) in enumerate(pad) if more), None)
    if axis is not None and np.any(np.asarray(neutral) != 0):
        cut = [slice(None)] * value.ndim
        cut[axis] = slice(value.shape[axis], None)
        found[tuple(cut)] = np.reshape(neutral, (-1, *[1] * (value.ndim - 1)))
    return found


def _constant_rows(study: Study, found: Mapping[str, Estimate], index: str) -> Iterator[str]:
    """Say which outputs do not vary, in which years: nothing matters to them."""
    value = found[index].value.reshape(-1, len(study.run.plan.outputs), study.columns)
    still = (value == 0).all(axis=0)
    for k, output in enumerate(study.run.plan.outputs):
        if still[k].all():
            yield f"{output} does not vary, so every index is 0"
        elif still[k].any():
            years = ", ".join(str(year) for year, one in zip(study.run.years, still[k], strict=True) if one)
            yield f"{output} does not vary in {years}, so every index is 0"


def _order(main: xr.DataArray) -> Any:
    size = abs(main).fillna(0.0).mean([dim for dim in main.dims if dim != "parameter"])
    return np.argsort(-size.values, kind="stable")


def _coordinates(study: Study, dataset: xr.Dataset) -> dict[str, Any]:
    attributes = [quantity_attributes(study.run, name) for name in study.run.plan.outputs]
    members = {**{name: ", ".join(one) for name, one in study.factors.items()}, **{name: name for name in study.unused}}
    return {
        "units": ("output", [one["units"] for one in attributes]),
        "long_name": ("output", [one["long_name"] for one in attributes]),
        "members": ("parameter", [members[str(name)] for name in dataset["parameter"].values]),
    }


def _dependence(study: Study, chosen: Sequence[Method]) -> str:
    if isinstance(study.run.priors, PriorPool) or study.run.priors.groups:
        if study.as_if_independent:
            return "as if independent: correlations left out"
        kinds = {one.dependence for one in chosen}
        return "correlations ignored" if "ignored" in kinds else "correlations respected"
    return "independent priors"


def _attributes(
    study: Study, chosen: Sequence[Method], method: str, main: str, notices: Sequence[str]
) -> dict[str, Any]:
    run, root = study.run, root_attributes(study.run)
    unused = f"no requested output uses: {', '.join(study.unused)}" if study.unused else ""
    groups = study.grouping if isinstance(study.grouping, str) else "own" if study.grouping else ""
    kept = {key: root[key] for key in ("prior_set", "model", "source", "seed", "design", "draws", "chains")}
    return kept | {
        "method": method,
        "title": " and ".join(dict.fromkeys(one.title for one in chosen)),
        "sorted_by": main,
        "ci_prob": CI_PROB,
        "dependence": _dependence(study, chosen),
        "groups": groups,
        "prior_title": run.priors.title,
        "notices": "\n".join([*run.priors.notices, *filter(None, [unused]), *dict.fromkeys(notices)]),
    }
