"""From estimates on arrays to a dataset with labels: dims (parameter, output, year), errors, intervals, provenance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy import special

from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.prior_pool import PriorPool
from mcdemand.result import quantity_attributes, root_attributes
from mcdemand.sensitivity._method import Estimate, Index, Method
from mcdemand.study import Flags, Study

CI_PROB = 0.95
RAW, LOG = "raw", "log"
PARAMETER, OTHER_PARAMETER = "parameter", "other_parameter"


@dataclass(frozen=True)
class Finding:
    """What one method found.

    Attributes
    ----------
    by_scale
        Estimates (*dims, row) by scale and index; those of logarithms are NaN in rows that are not positive.
    options
        The method's own.
    evaluations
        Runs of the model.
    still
        Whether (row) an output does not vary.
    """

    method: Method
    by_scale: Mapping[str, Mapping[str, Estimate]]
    options: Mapping[str, Any]
    evaluations: int
    still: Flags


def label_study(study: Study, findings: Sequence[Finding], name: str, *, both_scales: bool) -> xr.Dataset:
    """Return the dataset of what methods found, parameters sorted by the first index of the first method.

    Raises
    ------
    InputError
        If only logarithms are asked for and an output is not positive in every draw.
    """
    variables: dict[str, xr.Variable] = {}
    coords: dict[str, Any] = {}
    # Numbers first, labels once: every change of a dataset costs as much as a small simulation.
    for finding in findings:
        found, scales = _both_scales(finding) if both_scales else _one_scale(study, finding)
        variables |= _variables(study, finding, found)
        coords |= _coordinates(study, finding, found) | scales
    main = next(iter(findings[0].method.indices))
    order = _order(variables[main])
    variables = {key: _sorted(variable, order) for key, variable in variables.items()}
    coords = {key: _sorted(xr.Variable(*_with_dims(key, one)), order) for key, one in coords.items()}
    dataset = xr.Dataset(variables, coords, _about(study, findings, name, main))
    has_time = study.run.years and study.run.model.timed(study.run.plan, study.run.yearly())
    return dataset if has_time else dataset.isel(year=0, drop=True)


def _with_dims(name: str, values: Any) -> tuple[Any, Any]:
    """Return a coordinate's dims and values; one without dims is a dimension's own."""
    return values if isinstance(values, tuple) else ((name,), values)


def _order(main: xr.Variable) -> Any:
    """Return the places of parameters, the largest first."""
    size = np.nan_to_num(np.abs(np.moveaxis(main.values, main.dims.index(PARAMETER), 0)))
    return np.argsort(-size.reshape(len(size), -1).mean(axis=1), kind="stable")


def _sorted(variable: xr.Variable, order: Any) -> xr.Variable:
    return variable.isel({PARAMETER: order}) if PARAMETER in variable.dims else variable


type Estimates = Mapping[str, Estimate]


def _both_scales(finding: Finding) -> tuple[Estimates, dict[str, Any]]:
    """Return the indices with a first dim `scale`, and its labels."""
    parts = list(finding.by_scale.values())
    stacked = {
        name: Estimate(
            np.stack([part[name].value for part in parts]), np.stack([part[name].mcse for part in parts]), one.freedom
        )
        for name, one in parts[0].items()
    }
    return stacked, {"scale": list(finding.by_scale)}


def _one_scale(study: Study, finding: Finding) -> tuple[Estimates, dict[str, Any]]:
    """Return the indices of each output on one scale, that of logarithms wherever it applies, and which it is."""
    raw, log = (finding.by_scale.get(scale) for scale in (RAW, LOG))
    is_log = np.zeros(study.rows, dtype=bool) if log is None else _are_positive(study, log)
    if raw is None and not is_log.all():
        output = study.outputs[int(np.argmin(is_log)) // study.columns]
        raise InputError(f"scale: log: {output} is not positive in every draw; use raw")
    merged = raw or log or {}
    if raw and log:
        merged = {name: _chosen(is_log, log[name], one) for name, one in raw.items()}
    scales = np.where(is_log.reshape(-1, study.columns).all(axis=1), LOG, RAW)
    return merged, {"scale": ("output", scales)}


def _chosen(is_log: Flags, log: Estimate, raw: Estimate) -> Estimate:
    # Either may have looked at no row at all, and then knows no freedom.
    freedom = float(np.fmin(log.freedom, raw.freedom))
    return Estimate(np.where(is_log, log.value, raw.value), np.where(is_log, log.mcse, raw.mcse), freedom)


def _are_positive(study: Study, logarithms: Mapping[str, Estimate]) -> Flags:
    """Return the rows of outputs that have a logarithm in every year."""
    values = next(iter(logarithms.values())).value.reshape(-1, len(study.outputs), study.columns)
    return np.repeat(np.isfinite(values).all(axis=(0, 2)), study.columns)


def _variables(study: Study, finding: Finding, estimates: Estimates) -> dict[str, xr.Variable]:
    """Return indices (*dims, output, year) with errors and intervals."""
    method, shape = finding.method, (len(study.outputs), study.columns)
    variables: dict[str, xr.Variable] = {}
    for name, one in estimates.items():
        index = method.indices[name]
        dims = index.dims if one.value.ndim == len(index.dims) + 1 else ("scale", *index.dims)
        value, mcse = _of_all_parameters(study, dims, index, one)
        value, mcse = (array.reshape(*array.shape[:-1], *shape) for array in (value, mcse))
        dims, about = (*dims, "output", "year"), {"long_name": index.long_name, "units": index.unit}
        variables[name] = xr.Variable(dims, value, about)
        if index.has_error:
            half = np.where(mcse == 0, 0.0, _width(one.freedom) * mcse)
            bounds = np.stack([value - half, value + half], axis=-1)
            variables[f"mcse_{name}"] = xr.Variable(dims, mcse, about)
            variables[f"ci_{name}"] = xr.Variable((*dims, "ci_bound"), bounds, about)
    return variables


def _width(freedom: float) -> float:
    """Return the half width of an interval in standard errors: Student's t."""
    return float(special.stdtrit(freedom, (1 + CI_PROB) / 2)) if freedom > 0 else np.nan


def _of_all_parameters(study: Study, dims: Sequence[str], index: Index, one: Estimate) -> tuple[Floats, Floats]:
    """Return an index and its error, neutral where an output does not depend on a parameter, unused ones included."""
    axes = [k for k, dim in enumerate(dims) if dim in (PARAMETER, OTHER_PARAMETER)]
    value, mcse = one.value, one.mcse
    neutral = np.reshape(index.neutral, (-1, *[1] * (value.ndim - 1)))
    for axis in axes:
        mask = np.expand_dims(study.reach, tuple(k for k in range(value.ndim - 1) if k != axis))
        value, mcse = np.where(mask, value, neutral), np.where(mask, mcse, 0.0)
    for axis in axes:
        more = (*value.shape[:axis], len(study.unused), *value.shape[axis + 1 :])
        value = np.concatenate([value, np.broadcast_to(neutral, more)], axis)
        mcse = np.concatenate([mcse, np.zeros(more)], axis)
    return value, mcse


def _coordinates(study: Study, finding: Finding, estimates: Estimates) -> dict[str, Any]:
    method = finding.method
    attributes = [quantity_attributes(study.run, name) for name in study.outputs]
    names, idle = [*study.names, *study.unused], np.zeros((len(study.unused), len(study.outputs)), dtype=bool)
    reach = study.reach[:, :: study.columns]
    coords: dict[str, Any] = {
        PARAMETER: names,
        "members": (PARAMETER, [", ".join(study.factors.get(name, (name,))) for name in names]),
        "reaches": ((PARAMETER, "output"), np.concatenate([reach, idle])),
        "output": list(study.outputs),
        "units": ("output", [one["units"] for one in attributes]),
        "long_name": ("output", [one["long_name"] for one in attributes]),
        "year": list(study.run.years) or [0],
    }
    if any(OTHER_PARAMETER in method.indices[name].dims for name in estimates):
        coords[OTHER_PARAMETER] = names
    if any(method.indices[name].has_error for name in estimates):
        coords["ci_bound"] = ["lower", "upper"]
    for dim, labels in method.labels.items():
        coords[dim] = list(labels(finding.options) if callable(labels) else labels)
    return coords


def _notices(study: Study, finding: Finding) -> Iterator[str]:
    """Yield what the method says of itself, what kind of factors there are, and which outputs do not vary."""
    if finding.method.notice:
        yield finding.method.notice
    if isinstance(study.run.priors, PriorPool):
        yield "parameters of a pool tell which of its sets was drawn, so what they explain overlaps"
    members = {name for names in study.factors.values() for name in names}
    if yearly := [name for name in study.run.yearly() if name in members]:
        in_one_year = finding.method.design == "given_data" and not finding.method.groups
        what = "its value in the year of the output" if in_one_year else "its values in all years together"
        yield f"varies by year, and counts with {what}: {', '.join(yearly)}"
    still = finding.still.reshape(len(study.outputs), study.columns)
    for k, output in enumerate(study.outputs):
        if still[k].all():
            yield f"{output} does not vary, so nothing matters to it"
        elif still[k].any():
            years = ", ".join(str(year) for year, one in zip(study.run.years, still[k], strict=True) if one)
            yield f"{output} does not vary in {years}, so nothing matters to it then"


def _dependence(study: Study, findings: Sequence[Finding]) -> str:
    if not study.is_correlated:
        return "independent"
    if study.as_if_independent:
        return "as if independent, correlations left out"
    is_ignored = any(one.method.dependence == "ignored" for one in findings)
    return "correlations ignored" if is_ignored else "correlations respected"


def _about(study: Study, findings: Sequence[Finding], name: str, main: str) -> dict[str, Any]:
    """Return what the dataset is, and how it was made."""
    root, grouping = root_attributes(study.run), study.grouping
    kept = {key: root[key] for key in ("prior_set", "model", "source", "seed", "design", "draws", "chains")}
    notices = dict.fromkeys(notice for one in findings for notice in _notices(study, one))
    return kept | {
        "prior_title": study.run.priors.title,
        "groups": grouping if isinstance(grouping, str) else "own" if grouping else "",
        "method": name,
        "title": " and ".join(one.method.title for one in findings),
        "sorted_by": main,
        "ci_prob": CI_PROB,
        "dependence": _dependence(study, findings),
        "options": json.dumps({key: value for one in findings for key, value in one.options.items()}),
        "evaluations": sum(one.evaluations for one in findings),
        "notices": "\n".join([*study.run.priors.notices, *notices]),
    }
