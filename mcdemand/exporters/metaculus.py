"""Metaculus: the continuous CDF of one output in one year, which its server takes as a forecast.

The rules are those of `ForecastWriteSerializer.continuous_validation` in Metaculus/metaculus (August 2026): n + 1
values at equal steps of the question's own scale; every step at least 0.01 / n and at most 40 / n; 0 and 1 at closed
bounds, at least 0.001 and at most 0.999 at open ones.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mcdemand.errors import InputError
from mcdemand.exporters._column_summary import only_column, summarize_columns
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._options import check_number, check_switch, check_whole
from mcdemand.exporters._selection import Column, Selection
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal

MOST_OUTCOMES = 200
UNIFORM = 0.0101
"""Share spread evenly over the range; a little above the server's 0.01, so that rounding cannot undercut it."""
OUTSIDE = 0.001
"""Least probability beyond an open bound."""
MOST_MASS = 0.2 * 200 * 0.9999
"""Largest step times number of steps; a little below the server's 40."""
DIGITS = 10
NOTED_SHARE = 0.0005
MOST_LEFT_OUT = 0.5
"""Share of the draws beyond closed bounds from which a CDF of the others is another forecast."""
LEAST_INSIDE = 0.01
"""Share of the draws in the range below which its unit, or its question, is likely to be another."""


@dataclass(frozen=True)
class Range:
    """A question's range, in the output's unit.

    Attributes
    ----------
    zero_point
        Where the scale's logarithm has its zero; None of a linear scale.
    inbound_outcome_count
        Number of steps between the bounds.
    """

    range_min: float
    range_max: float
    zero_point: float | None
    open_lower_bound: bool
    open_upper_bound: bool
    inbound_outcome_count: int

    def locations(self) -> Floats:
        """Return where the CDF is taken, from bound to bound."""
        u = np.arange(self.inbound_outcome_count + 1) / self.inbound_outcome_count
        low, width = self.range_min, self.range_max - self.range_min
        if self.zero_point is None:
            found = low + width * u
        else:
            ratio = (self.range_max - self.zero_point) / (low - self.zero_point)
            found = low + width * np.expm1(u * math.log(ratio)) / (ratio - 1)
        found[0], found[-1] = self.range_min, self.range_max
        return found


def write(selection: Selection, target: Path, /, **options: Any) -> Iterable[str]:
    """Write the CDF as JSON.

    Raises
    ------
    InputError
        If there is more than one column, an option is missing or not valid, most draws lie beyond closed bounds, or
        fewer than 1 % in the range.
    """
    column = only_column(selection, "metaculus")
    question = options.pop("question")
    if question is not None:
        check_whole("question", question, 1, 2**53)
    scale = _range(column, **options)
    raw = empirical_cdf(column.values, scale.locations())
    _check_range(raw, scale, column.units)
    cdf = admissible_cdf(raw, scale)
    document = {
        "question": question,
        "continuous_cdf": cdf.tolist(),
        "scaling": asdict(scale),
        "locations": scale.locations().tolist(),
        "output": _shown({key: value for key, value in column._asdict().items() if key != "values"}),
        "quantiles": _quantiles(selection),
        "provenance": _shown(selection.about()),
    }
    text = json.dumps(document, allow_nan=False, indent=1)
    target.write_text(text.replace("<", "\\u003c") + "\n", encoding="utf-8", newline="\n")
    return list(_notes(raw, cdf, scale))


def _quantiles(selection: Selection) -> dict[str, Any]:
    """Return quantiles of the draws as they are, with their Monte Carlo standard errors; null is one not to be had."""
    found = summarize_columns(selection)[0]
    errors = [None if math.isnan(one) else one for one in found.mcse_quantiles]
    return {"levels": list(selection.probabilities), "values": list(found.quantiles), "mcse": errors}


def _shown(stated: dict[str, Any]) -> dict[str, Any]:
    return {key: literal(value) if isinstance(value, str) else value for key, value in stated.items()}


def _range(
    column: Column,
    *,
    lower: Any,
    upper: Any,
    open_lower: Any,
    open_upper: Any,
    zero_point: Any,
    inbound_outcome_count: Any,
) -> Range:
    if lower is None or upper is None:
        missing = "lower" if lower is None else "upper"
        raise InputError(f"{missing}: missing; give the question's range by lower and upper, in {column.units!r:.40}")
    low, high = check_number("lower", lower), check_number("upper", upper)
    if not low < high or not math.isfinite(high - low):
        raise InputError(f"upper: {high:g}: must lie above lower, {low:g}")
    zero = None if zero_point is None else check_number("zero_point", zero_point)
    if zero is not None and not zero < low:
        raise InputError(f"zero_point: {zero:g}: must lie below lower, {low:g}; leave it out of a linear scale")
    switches = check_switch("open_lower", open_lower), check_switch("open_upper", open_upper)
    return Range(
        low, high, zero, *switches, check_whole("inbound_outcome_count", inbound_outcome_count, 1, MOST_OUTCOMES)
    )


def _check_range(raw: Floats, scale: Range, units: str) -> None:
    """Raise if the range is hardly that of the draws."""
    left_out = raw[0] * (not scale.open_lower_bound) + (1 - raw[-1]) * (not scale.open_upper_bound)
    if left_out <= MOST_LEFT_OUT and raw[-1] - raw[0] >= LEAST_INSIDE:
        return
    raise InputError(
        f"lower, upper: {scale.range_min:g} to {scale.range_max:g}: {raw[0]:.3g} of the draws lie below, "
        f"{1 - raw[-1]:.3g} above; give the question's range in {units!r:.40}, and open_lower or open_upper as it is"
    )


def empirical_cdf(values: Floats, locations: Floats) -> Floats:
    """Return the share of draws up to each location; at the first one, that strictly below it."""
    ordered = np.sort(values)
    counts = np.searchsorted(ordered, locations, side="right")
    counts[0] = np.searchsorted(ordered, locations[0], side="left")
    return np.asarray(counts / ordered.size)


def admissible_cdf(raw: Floats, scale: Range) -> Floats:
    """Return a CDF near to `raw` that the server takes, rounded as it rounds.

    Probability beyond a closed bound is left out. Steps that are too large are spread to both sides, by as little as
    can be in the largest difference of the CDF. Then 1 % is spread evenly, and 0.1 % put beyond each open bound.

    Raises
    ------
    InputError
        If no draw lies in the range.
    """
    n = scale.inbound_outcome_count
    low, high = (0.0 if scale.open_lower_bound else raw[0]), (1.0 if scale.open_upper_bound else raw[-1])
    if high <= low:
        raise InputError("lower, upper: no draw lies between the question's closed bounds; check the unit")
    beyond = OUTSIDE * scale.open_lower_bound, OUTSIDE * scale.open_upper_bound
    left = 1 - UNIFORM - sum(beyond)
    inside = np.clip((raw - low) / (high - low), 0, 1)
    steepest = (MOST_MASS - UNIFORM) / n / left
    found = beyond[0] + left * _limit_steps(inside, steepest, scale) + UNIFORM * np.arange(n + 1) / n
    found = np.round(found, DIGITS)
    if not scale.open_lower_bound:
        found[0] = 0.0
    if not scale.open_upper_bound:
        found[-1] = 1.0
    return found


def _limit_steps(cdf: Floats, most: float, scale: Range) -> Floats:
    """Return the nearest CDF without a step above `most`, that ends at 0 and 1 where the bounds are closed.

    The largest such CDF that lies below the given one and the smallest that lies above it have the nearest ones
    between them; their mean is one.
    """
    ramp = most * np.arange(cdf.size)
    below = np.minimum.accumulate(cdf - ramp) + ramp
    above = np.maximum.accumulate((cdf - ramp)[::-1])[::-1] + ramp
    found: Floats = (below + above) / 2
    if not scale.open_lower_bound:
        found = np.minimum(found, ramp)
    if not scale.open_upper_bound:
        found = np.maximum(found, 1 - ramp[::-1])
    return np.asarray(np.clip(found, 0, 1))


def _notes(raw: Floats, cdf: Floats, scale: Range) -> Iterator[str]:
    yield "Draws are left out, and with them the dependence on other outputs and years: the format is one CDF."
    yield (
        "The server wants some probability everywhere, and no large steps: the CDF is moved by up to "
        f"{np.abs(cdf - raw).max():.2g}."
    )
    for is_open, share, where in (
        (scale.open_lower_bound, raw[0], "below"),
        (scale.open_upper_bound, 1 - raw[-1], "above"),
    ):
        if share > NOTED_SHARE:
            kept = "open: they count there" if is_open else "closed: they are left out"
            yield f"{share:.2%} of the draws lie {where} the range, which the question has {kept}."


EXPORTER = Exporter(
    name="metaculus",
    title="continuous CDF of one output in one year, for a Metaculus question",
    suffixes=(".json",),
    keeps="marginals",
    write=write,
    states_quantiles=True,
    options={
        "lower": None,
        "upper": None,
        "open_lower": True,
        "open_upper": True,
        "zero_point": None,
        "inbound_outcome_count": MOST_OUTCOMES,
        "question": None,
    },
    meanings={
        "lower": "the question's lower bound, in the output's unit; needed",
        "upper": "the upper one; needed",
        "open_lower": "whether the answer may lie below",
        "open_upper": "whether it may lie above",
        "zero_point": "of a logarithmic scale, as the question has it",
        "inbound_outcome_count": "steps of the question's scale",
        "question": "the question's number, for the file",
    },
)
