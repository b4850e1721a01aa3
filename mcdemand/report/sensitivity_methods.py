"""Tables of methods that say more than an index of each parameter: tornado, regional sensitivity, boxes."""

from __future__ import annotations

import math

import xarray as xr
from rich.console import Console

from mcdemand.digits import format_value
from mcdemand.report.layout import Column, print_notes, print_text
from mcdemand.report.numbers import level_text, number_text
from mcdemand.report.sensitivity_boxes import restricted
from mcdemand.report.sensitivity_columns import fit, fitting, name_column, number_columns, p_value_column
from mcdemand.report.sensitivity_text import output_line, p_value_text, zero_note
from mcdemand.report.sensitivity_view import (
    AT_MEDIANS,
    DRAWN,
    ERROR,
    OTHERS,
    PARAMETER,
    Number,
    numbers,
    plain,
    ranked,
    unit_of_index,
)
from mcdemand.report.sensitivity_words import method_options
from mcdemand.report.text import literal

MOSTLY = 0.5
ROUNDING = 1e-12
BAD_LEVELS = "level_worst"


def print_tornado(console: Console, one: xr.Dataset) -> None:
    """Print low, high and swing of each parameter, the others drawn, and held at their medians."""
    print_text(console, output_line(one))
    unit = unit_of_index(one, "swing")
    for others, words in ((DRAWN, "the others are drawn"), (AT_MEDIANS, "the others lie at their medians")):
        base = one.sel({OTHERS: others})
        value = format_value(float(base["baseline"]), float(base[f"{ERROR}baseline"]))
        head = f"{others.replace('_', ' ')}: {words}"
        print_text(console, f"{head}; where no parameter is moved, the output is {value} {unit}".rstrip())
    shown, zeros = ranked(plain(one))
    if shown.sizes[PARAMETER]:
        order = {PARAMETER: shown[PARAMETER]}
        drawn = [(f"low\n{DRAWN}", "low"), (f"high\n{DRAWN}", "high"), (f"swing\n{DRAWN}", "swing")]
        columns = [number_columns(header, numbers(shown, name)) for header, name in drawn]
        still = one.sel({OTHERS: AT_MEDIANS, **order})
        ends = ("low", "high", "swing")
        held = [number_columns(f"{name} at\nmedians", _without_rounding(still, name))[0] for name in ends]
        swing = [column for column in columns[2] if column[0] != "interval"]
        bare = [columns[0][0], columns[1][0]]
        candidates: list[list[Column]] = [[*bare, *swing, *held], [*bare, swing[0], *held], [*swing, held[2]]]
        console.print(fit(console, [[name_column(shown), *each] for each in candidates]))
    print_notes(console, list(zero_note(zeros)))


def _without_rounding(still: xr.Dataset, name: str) -> list[Number]:
    """Return numbers at the medians; a swing that is a rounding of the baseline is 0."""
    least = ROUNDING * abs(float(still["baseline"]))
    return [one._replace(value=0.0) if abs(one.value) <= least else one for one in numbers(still, name)]


def print_regional(console: Console, one: xr.Dataset) -> None:
    """Print how the values among the worst draws differ, and at which levels of its prior each parameter lies there."""
    print_text(console, output_line(one))
    shown, zeros = ranked(one)
    if shown.sizes[PARAMETER]:
        distance = number_columns("ks_distance", numbers(shown, "ks_distance"))
        p_values = p_value_column("p_value", numbers(shown, "p_value"))
        levels = [
            (f"worst\n{level_text(quantile)}", [*map(level_text, shown[BAD_LEVELS].sel(quantile=quantile).values)])
            for quantile in shown["quantile"].values.tolist()
        ]
        console.print(fitting(console, name_column(shown), [distance, [p_values, *levels]]))
        print_text(
            console,
            "worst p5, p50, p95: where those quantiles of the parameter among the worst draws lie in its whole "
            "sample; p5, p50 and p95 if it does not matter.",
        )
    print_notes(console, list(zero_note(zeros)))


def print_boxes(console: Console, one: xr.Dataset) -> None:
    """Print each box as a sentence, with its coverage, density and mass, and its limits as levels of the priors."""
    print_text(console, output_line(one))
    for number in one["box"].values.tolist():
        box = one.sel(box=number)
        console.print()
        print_text(console, _box_sentence(box, number))
        print_text(console, _box_quality(box))
        names = restricted(box)
        if names:
            limits = box.sel({PARAMETER: names})
            p_values = [p_value_text(float(value)) for value in limits["quasi_p_value"]]
            console.print(
                fit(console, [[(PARAMETER, [*map(literal, names)]), *_limits(limits), ("quasi-p-value", p_values)]])
            )


def _limits(limits: xr.Dataset) -> list[Column]:
    found = []
    for key, nothing in (("lower", 0.0), ("upper", 1.0)):
        values = limits[key].values.tolist()
        found.append((key, [level_text(value) if value != nothing else "none" for value in values]))
    return found


def _box_sentence(box: xr.Dataset, number: int) -> str:
    names = restricted(box)
    case = _case(box)
    if not names:
        return f"Box {number}: no restriction makes {case} more likely."
    mostly = "mostly" if float(box["density"]) > MOSTLY else "more often than elsewhere"
    happens = f"happens {mostly} when"
    return f"Box {number}: {case} {happens} {' and '.join(_range(box.sel({PARAMETER: name})) for name in names)}."


def _range(row: xr.Dataset) -> str:
    """Return between which levels a parameter lies, in words."""
    low, high = (level_text(float(row[key])) for key in ("lower", "upper"))
    name = literal(row[PARAMETER].values)
    if float(row["upper"]) == 1:
        return f"{name} is above its {low}"
    return f"{name} is below its {high}" if float(row["lower"]) == 0 else f"{name} is between its {low} and {high}"


def _case(box: xr.Dataset) -> str:
    """Return what a case is: an output beyond a stated number, or among the worst draws."""
    options = method_options(box.attrs)
    output = literal(box["output"].values)
    side = "below" if options.get("tail") == "lower" else "above"
    if options.get("above") is not None:
        unit = literal(box["units"].values)
        return f"{output} {side} {number_text(float(options['above']))}{'' if unit == '1' else f' {unit}'}"
    extreme = "smallest" if side == "below" else "largest"
    share = f"{100 * float(options['share']):g} % of " if "share" in options else ""
    return f"{output} among the {extreme} {share}draws"


def _box_quality(box: xr.Dataset) -> str:
    coverage, density = (_percent(box, key) for key in ("coverage", "density"))
    mass = format_value(100 * float(box["mass"]), math.nan)
    return (
        f"The box holds {coverage} of these cases and {mass} % of all draws; {density} of the draws in it are cases "
        f"(coverage, mass, density)."
    )


def _percent(box: xr.Dataset, key: str) -> str:
    """Return a share in per cent with its standard error."""
    value, error = 100 * float(box[key]), 100 * float(box[f"{key}_error"])
    return f"{format_value(value, error)} % (MCSE {format_value(error, error)} %)"
