"""The options of `mcdemand elicit`, as its help shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from mcdemand.commands.options import numbers, option

ElicitedQuantiles = Annotated[str | None, option("LEVEL=NUMBER,...", "Quantiles: p5=60,p50=120,p95=300, or 0.05=60.")]
ElicitedInterval = Annotated[str | None, numbers("LOW,HIGH", "The number lies between these with probability --level.")]
ElicitedLevel = Annotated[str | None, option("P", "Probability of --interval: 0.9, or '90 %'. Default: 0.9.")]
ElicitedMode = Annotated[float | None, option("NUMBER", "The likeliest value; goes with --lower and --upper.")]
ElicitedLower = Annotated[float | None, option("NUMBER", "The number cannot lie below.")]
ElicitedUpper = Annotated[float | None, option("NUMBER", "The number cannot lie above.")]
ElicitedEdges = Annotated[str | None, numbers("NUMBERS", "Roulette: edges of the bins, 0,10,20,30.")]
ElicitedChips = Annotated[str | None, option("NUMBERS", "Roulette: chips in each bin, 2,5,1.")]
ElicitedFamilies = Annotated[
    list[str] | None, option("NAMES", "Families to try, separated by commas. Default: all whose support allows it.")
]
ElicitedThresholds = Annotated[
    str | None, numbers("NUMBERS", "Values whose probability of being exceeded is read back: 100,200.")
]
ElicitedName = Annotated[str, option("NAME", "Name of the parameter, for the row to paste.")]
ElicitedUnit = Annotated[str, option("UNIT", "Its unit.")]
ElicitedFigure = Annotated[
    Path | None, option("FILE.png", "Draw densities and distribution functions, .png, .svg or .pdf.")
]
