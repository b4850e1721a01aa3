"""The options of `mcdemand condition`, as its help shows them; those that it shares are in `options`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mcdemand.commands.options import option

ConditionedOutputs = Annotated[
    list[str] | None,
    option("NAMES", "Outputs to show, separated by commas or repeated. Default: the main outputs of the model."),
]
ConditionedYears = Annotated[
    str | None, option("YEARS", "Years to show: 2025,2030 or 2025:2035. Default: those of the set.")
]
ConditionedDraws = Annotated[
    str | None, option("N", "Draws over all chains, of a prior set; weights leave a part of them. Default: 65536.")
]
ConditionedDesign = Annotated[str | None, option("NAME", "sobol, latin_hypercube or random. Default: sobol.")]
ConditionedFile = Annotated[
    Path | None,
    Parameter(
        name=["--output", "-o"],
        metavar="FILE.nc",
        help="Result file with the draws before and after. Default: SET-conditioned.nc, replaced if it exists.",
    ),
]
ConditionedFigure = Annotated[
    Path | None,
    option("FILE.png", "Figure, .png, .svg or .pdf. Default: as for the result file."),
]
