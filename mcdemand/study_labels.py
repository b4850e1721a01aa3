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
    """

    method: Method
    by_scale: Mapping[str, Mapping[str, Estimate]]
    options: Mapping[str, Any]
    evaluations: int


def label_study(study: Study, findings: Sequence[Finding], name: str, *, both_scales: bool) -> xr.Dataset:
    """Return the dataset of what methods found, parameters sorted by the first index of the first method.

    Raises
    ------
    InputError
        If only logarithms are asked for and an output is not positive in every draw.
    """
    parts = [_both_scales(study, one) if both_scales else _one_scale(study, one) for one in findings]
    dataset = xr.merge(parts, combine_attrs="override", compat="no_conflicts", join="exact")
    main = next(iter(findings[0].method.indices))
    size = abs(dataset[main]).fillna(0.0)
    size = size.mean([dim for dim in size.dims if dim != PARAMETER])
    dataset = dataset.isel(parameter=np.argsort(-size.values, kind="stable"))
    if not study.run.model.timed(study.run.plan, study.run.yearly()) or not study.run.years:
        dataset = dataset.isel(year=0, drop=True)
    notices = dict.fromkeys(notice for one in findings for notice in _notices(study, one))
    return dataset.assign_attrs(
        **_provenance(study),
        method=name,
        title=" and ".join(one.method.title for one in findings),
        sorted_by=main,
        ci_prob=CI_PROB,
        dependence=_dependence(study, findings),
        options=json.dumps({key: value for one in findings for key, value in one.options.items()}),
        evaluations=sum(one.evaluations for one in findings),
        notices="\n".join([*study.run.priors.notices, *notices]),
    )


def _both_scales(study: Study, finding: Finding) -> xr.Dataset:
    """Return the indices on each scale along a first dim `scale`."""
    parts = [_dataset(study, finding, estimates) for estimates in finding.by_scale.values()]
    return xr.concat(parts, "scale", combine_attrs="override").assign_coords(scale=list(finding.by_scale))


def _one_scale(study: Study, finding: Finding) -> xr.Dataset:
    """Return the indices of each output on one scale: that of logarithms wherever it applies."""
    raw, log = (finding.by_scale.get(scale) for scale in (RAW, LOG))
    is_log = np.zeros(study.rows, dtype=bool) if log is None else _are_positive(study, log)
    if raw is None and not is_log.all():
        output = study.outputs[int(np.argmin(is_log)) // study.columns]
        raise InputError(f"scale: log: {output} is not positive in every draw; use raw")
    merged = raw or log or {}
    if raw and log:
        merged = {
            name: Estimate(
                np.where(is_log, log[name].value, one.value), np.where(is_log, log[name].mcse, one.mcse), one.freedom
            )
            for name, one in raw.items()
        }
    scales = np.where(is_log.reshape(-1, study.columns).all(axis=1), LOG, RAW)
    return _dataset(study, finding, merged).assign_coords(scale=("output", scales))


def _are_positive(study: Study, logarithms: Mapping[str, Estimate]) -> Flags:
    """Return the rows of outputs that have a logarithm in every year."""
    values = next(iter(logarithms.values())).value.reshape(-1, len(study.outputs), study.columns)
    return np.repeat(np.isfinite(values).all(axis=(0, 2)), study.columns)


def _dataset(study: Study, finding: Finding, estimates: Mapping[str, Estimate]) -> xr.Dataset:
    """Return indices (*dims, output, year) with errors and intervals."""
    method, shape = finding.method, (len(study.outputs), study.columns)
    reach = study.reach(through_correlation=method.dependence == "respected" and not study.as_if_independent)
    variables: dict[str, Any] = {}
    for name, one in estimates.items():
        index = method.indices[name]
        value, mcse = _of_all_parameters(study, index, one, reach)
        value, mcse = (array.reshape(*array.shape[:-1], *shape) for array in (value, mcse))
        dims, attributes = (*index.dims, "output", "year"), {"long_name": index.long_name, "units": index.unit}
        variables[name] = (dims, value, attributes)
        if index.has_error:
            half = np.where(mcse == 0, 0.0, _width(one.freedom) * mcse)
            variables[f"mcse_{name}"] = (dims, mcse, attributes)
            variables[f"ci_{name}"] = ((*dims, "ci_bound"), np.stack([value - half, value + half], -1), attributes)
    return xr.Dataset(variables).assign_coords(_coordinates(study, finding, estimates, reach))


def _width(freedom: float) -> float:
    """Return the half width of an interval in standard errors: Student's t."""
    return float(special.stdtrit(freedom, (1 + CI_PROB) / 2)) if freedom > 0 else np.nan


def _of_all_parameters(study: Study, index: Index, one: Estimate, reach: Flags) -> tuple[Floats, Floats]:
    """Return an index and its error, neutral where an output does not depend on a parameter, unused ones included."""
    axes = [k for k, dim in enumerate(index.dims) if dim in (PARAMETER, OTHER_PARAMETER)]
    value, mcse = one.value, one.mcse
    neutral = np.reshape(index.neutral, (-1, *[1] * (value.ndim - 1)))
    for axis in axes:
        mask = np.expand_dims(reach, tuple(k for k in range(value.ndim - 1) if k != axis))
        value, mcse = np.where(mask, value, neutral), np.where(mask, mcse, 0.0)
    for axis in axes:
        more = (*value.shape[:axis], len(study.unused), *value.shape[axis + 1 :])
        value = np.concatenate([value, np.broadcast_to(neutral, more)], axis)
        mcse = np.concatenate([mcse, np.zeros(more)], axis)
    return value, mcse


def _coordinates(study: Study, finding: Finding, estimates: Mapping[str, Estimate], reach: Flags) -> dict[str, Any]:
    attributes = [quantity_attributes(study.run, name) for name in study.outputs]
    names, idle = [*study.names, *study.unused], np.zeros((len(study.unused), len(study.outputs)), dtype=bool)
    coords: dict[str, Any] = {
        PARAMETER: names,
        "members": (PARAMETER, [", ".join(study.factors.get(name, (name,))) for name in names]),
        "reaches": ((PARAMETER, "output"), np.concatenate([reach[:, :: study.columns], idle])),
        "output": list(study.outputs),
        "units": ("output", [one["units"] for one in attributes]),
        "long_name": ("output", [one["long_name"] for one in attributes]),
        "year": list(study.run.years) or [0],
    }
    dims = {dim for name in estimates for dim in finding.method.indices[name].dims}
    if OTHER_PARAMETER in dims:
        coords[OTHER_PARAMETER] = names
    if any(finding.method.indices[name].has_error for name in estimates):
        coords["ci_bound"] = ["lower", "upper"]
    for dim, labels in finding.method.labels.items():
        coords[dim] = list(labels(finding.options) if callable(labels) else labels)
    return coords


def _notices(study: Study, finding: Finding) -> Iterator[str]:
    """Yield what the method says of itself, and which outputs do not vary: nothing matters to them."""
    if finding.method.notice:
        yield finding.method.notice
    first = next(iter(finding.method.indices))
    value = next(iter(finding.by_scale.values()))[first].value.reshape(-1, len(study.outputs), study.columns)
    still = (value == 0).all(axis=0)
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


def _provenance(study: Study) -> dict[str, Any]:
    root, grouping = root_attributes(study.run), study.grouping
    kept = {key: root[key] for key in ("prior_set", "model", "source", "seed", "design", "draws", "chains")}
    groups = grouping if isinstance(grouping, str) else "own" if grouping else ""
    return kept | {"groups": groups, "prior_title": study.run.priors.title}
