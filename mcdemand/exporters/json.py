"""Quantile JSON: quantiles, mean, sd and intervals by output and year, with a published JSON Schema.

The schema is the file `quantiles.schema.json` beside this one. A number that does not exist is null, and `status` says
why.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._selection import Selection
from mcdemand.report.text import literal

SCHEMA = "urn:mcdemand:quantiles:1"
INTERVALS = (0.5, 0.8, 0.9)
UNKNOWN = "null: cannot be had from so few draws, or so far in a tail"
TOO_LARGE = "null: beyond what a double can hold"


def write(selection: Selection, target: Path, /, **options: Any) -> Iterable[str]:
    """Write quantile JSON.

    Raises
    ------
    InputError
        If an interval's probability or kind is not valid.
    """
    document = quantile_document(selection, **options)
    text = json.dumps(document, allow_nan=False)
    # No text of it can end a script element, should a page embed it.
    target.write_text(text.replace("<", "\\u003c") + "\n", encoding="utf-8")
    return ["Draws are left out: quantile JSON keeps quantiles, mean, sd and intervals of each output."]


def quantile_document(selection: Selection, **options: Any) -> dict[str, Any]:
    """Return what the file holds."""
    summaries = list(selection.summaries(ci_prob=options["intervals"], ci_kind=options["interval_kind"]))
    levels, beyond = summaries[0]["quantile"].values, summaries[0]["quantile_beyond_sample"].values
    return {
        "schema": SCHEMA,
        "model": literal(selection.whole.attrs.get("model", "")),
        "levels": levels.tolist(),
        "levels_beyond_sample": levels[beyond].tolist(),
        "mcse_from": literal(summaries[0].attrs["mcse"]),
        "outputs": [one for summary in summaries for one in _outputs(selection, summary)],
        "provenance": {key: _shown(value) for key, value in selection.about().items()},
    }


def schema() -> dict[str, Any]:
    """Return the JSON Schema that every file meets."""
    found: dict[str, Any] = json.loads((files("mcdemand.exporters") / "quantiles.schema.json").read_text("utf-8"))
    return found


def _outputs(selection: Selection, summary: xr.Dataset) -> Iterator[dict[str, Any]]:
    group = summary.attrs["group"]
    for name in summary["output"].values.tolist():
        has_years = "year" in selection.tree[group][name].dims
        one = summary.sel(output=name)
        if "year" not in one.dims:
            one = one.expand_dims("year")
        yield _output(
            one if has_years else one.isel(year=[0]), has_years, "output" if group != "prior" else "parameter"
        )


def _output(one: xr.Dataset, has_years: bool, role: str) -> dict[str, Any]:
    """Return an output's object; lists run over years, and hold one item where there are no years."""
    numbers: dict[str, Any] = {
        "values": one["quantiles"].transpose("quantile", "year").values,
        "mcse_values": one["mcse_quantiles"].transpose("quantile", "year").values,
        **{key: one[key].values for key in ("mean", "mcse_mean", "sd", "mcse_sd")},
    }
    intervals = list(_intervals(one))
    return {
        "name": literal(one["output"].item()),
        "long_name": literal(one["long_name"].item()),
        "role": role,
        "units": literal(one["units"].item()),
        "years": one["year"].values.tolist() if has_years else None,
        **{key: _nulled(table) for key, table in numbers.items()},
        "intervals": [{key: _nulled(item) for key, item in interval.items()} for interval in intervals],
        "mean_unstable": one["mean_unstable"].values.tolist(),
        "sd_unstable": one["sd_unstable"].values.tolist(),
        "status": _status({**numbers, **_together(intervals)}),
    }


def _intervals(one: xr.Dataset) -> Iterator[dict[str, Any]]:
    for kind in one["ci_kind"].values.tolist():
        for probability in one["ci_prob"].values.tolist():
            place = {"ci_kind": kind, "ci_prob": probability}
            ends = {
                f"{prefix}{bound}": one[table].sel(place | {"ci_bound": bound}).values
                for prefix, table in (("", "interval"), ("mcse_", "mcse_interval"))
                for bound in ("lower", "upper")
            }
            yield {"kind": kind, "probability": probability, **ends}


def _together(intervals: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the ends of all intervals, end by end."""
    ends = ("lower", "upper", "mcse_lower", "mcse_upper")
    return {key: np.stack([interval[key] for interval in intervals]) for key in ends}


def _status(tables: dict[str, Any]) -> dict[str, str]:
    """Return why numbers of some tables are null."""
    unknown = {key: UNKNOWN for key, table in tables.items() if np.isnan(table).any()}
    return {key: TOO_LARGE for key, table in tables.items() if np.isinf(table).any()} | unknown


def _nulled(item: Any) -> Any:
    """Return numbers with null for what is none."""
    if isinstance(item, np.ndarray):
        return [_nulled(one) for one in item.tolist()]
    if isinstance(item, list):
        return [_nulled(one) for one in item]
    return None if isinstance(item, float) and not math.isfinite(item) else item


def _shown(value: Any) -> Any:
    return value if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)) else literal(value)


EXPORTER = Exporter(
    name="json",
    title="quantile JSON, with a JSON Schema",
    suffixes=(".json",),
    keeps="quantiles",
    write=write,
    owns_suffix=True,
    states_quantiles=True,
    options={"intervals": INTERVALS, "interval_kind": "eti"},
    meanings={
        "intervals": "probabilities of intervals",
        "interval_kind": "eti: equal-tailed; hdi: shortest",
    },
)
