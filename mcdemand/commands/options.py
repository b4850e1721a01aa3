"""The options of `mcdemand run`, as its help shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def option(metavar: str, text: str) -> Parameter:
    """Return an option whose value is called `metavar` in the help."""
    return Parameter(metavar=metavar, help=text)


def numbers(metavar: str, text: str) -> Parameter:
    """Return an option whose value may begin with a minus."""
    return Parameter(metavar=metavar, help=text, allow_leading_hyphen=True)


Draws = Annotated[str, option("N", "Draws over all chains; 1e6 and 1_000_000 are both fine.")]
RunDraws = Annotated[str | None, option("N", "Draws over all chains; 1e6 and 1_000_000 are both fine. Default: 16384.")]
Chains = Annotated[str, option("N", "Independent randomisations; under sobol the errors come from them.")]
Design = Annotated[
    str, option("NAME", "sobol (smallest errors; draws become a power of two), latin_hypercube, or random.")
]
Pool = Annotated[
    list[str] | None,
    option("SET=WEIGHT", "Pool prior sets: consensus=0.5,liftoff=0.5. A draw belongs to one set. Instead of a set."),
]
Precision = Annotated[
    list[str] | None,
    option(
        "ERROR",
        "Double the draws until medians and interval ends are this precise in every year: 1%, or OUTPUT=1%, or "
        "OUTPUT=5 in its unit. Repeatable.",
    ),
]
Budget = Annotated[
    list[str] | None,
    option("LIMIT", "Where --precision stops even so: 60s, 5min, 2h, or draws such as 1e7. Repeatable."),
]
Seed = Annotated[str, option("N", "Seed; the same seed gives the same bits.")]
Outputs = Annotated[
    list[str] | None,
    option("NAMES", "Outputs to keep, separated by commas or repeated. Default: the main outputs of the model."),
]
Years = Annotated[str | None, option("YEARS", "Years to keep: 2025,2030 or 2025:2035. Default: those of the set.")]
CiProb = Annotated[str, option("P", "Probability of the credible intervals in the table.")]
CiKind = Annotated[str, option("KIND", "Credible intervals: eti (equal-tailed) or hdi (shortest).")]
Above = Annotated[
    list[str] | None,
    option("OUTPUT=NUMBER", "Add the probability that an output lies above a number: ENERGY=945. Repeatable."),
]
Overrides = Annotated[
    list[str] | None,
    Parameter(
        name="--set",
        metavar="KEY=VALUE",
        help="Change the prior set: reasoning_multiplier.p50=10. Values as in TOML. Repeatable.",
    ),
]
ResultFile = Annotated[
    Path | None,
    Parameter(
        name=["--output", "-o"],
        metavar="FILE.nc",
        help="Result file, .nc or another format that keeps draws, such as .parquet. Default: the set's name in "
        "this folder, replaced if it exists.",
    ),
]
Repeated = Annotated[
    Path | None,
    Parameter(name="--from", metavar="RESULT", help="Repeat a result from its own file, and compare it bit for bit."),
]
FigureFile = Annotated[
    Path | None,
    option("FILE.png", "Fan charts, .png, .svg or .pdf. Default: as for the result file."),
]
Stream = Annotated[
    bool, Parameter(help="Keep no draws: any number of them in the same memory, quantiles exact to the last bit.")
]
OnePass = Annotated[
    bool, Parameter(help="With --stream: half the time; quantiles to within 0.1 %, and how far off they can be.")
]
StreamLevels = Annotated[
    str | None, option("LEVELS", "With --stream: quantiles to print, such as 0.5,0.99,0.999. Default: the median.")
]
CheckpointFolder = Annotated[
    Path | None,
    option(
        "FOLDER",
        "With --stream: keep progress here, for --resume. Default: named after the set, if the run takes over a "
        "minute, and removed at its end.",
    ),
]
ResumedFolder = Annotated[
    Path | None,
    option("FOLDER", "Go on with a streamed run that was stopped; with --draws, with more draws than it had."),
]
ClusterAddress = Annotated[
    str | None,
    option("ADDRESS", "With --stream: compute on a Dask cluster, tcp://host:8786, or local:4 for four processes here."),
]
PlanOnly = Annotated[bool, Parameter(help="Print draws, tiles, memory, disk and time, and run nothing.")]
ModelFile = Annotated[
    Path | None, option("FILE.py", "Public functions of this file are the model. It is your own code and is run.")
]
Threads = Annotated[int | None, option("N", "Threads. Default: all processors; the numbers do not depend on it.")]
Quiet = Annotated[bool, Parameter(help="Print nothing but errors.")]
CheckDeterminism = Annotated[
    bool, Parameter(help="First compute some draws twice and compare the bits: for a model of one's own.")
]
Overwrite = Annotated[bool, Parameter(help="Replace the files that --output and --plot name.")]
Chain = Annotated[int | None, option("N", "Chain of the draw, from 0.")]
Draw = Annotated[int | None, option("N", "Number of the draw in its chain, from 0.")]
Near = Annotated[
    str | None,
    option("QUANTILE", "Instead of --chain and --draw: the draw nearest to p95, p50, ... or median of --output."),
]
ExplainedOutput = Annotated[
    str | None, option("NAME", "Output that is explained, and that --near goes by. Default: all, by the first.")
]
NearYear = Annotated[int | None, option("YEAR", "Year that --near goes by. Default: the last.")]
ExplainedYears = Annotated[
    str | None,
    option("YEARS", "Years to print: 2025,2030 or 2025:2035; up to five fit on a line each. Default: all."),
]
ComparedOutputs = Annotated[
    list[str] | None,
    option("NAMES", "Outputs to compare, separated by commas or repeated. Default: the main outputs of the model."),
]
ComparedYears = Annotated[
    str | None,
    option("YEARS", "Years to compare: 2025,2030 or 2025:2035. Default: those that the sets have in common."),
]
ComparedOverrides = Annotated[
    list[str] | None,
    Parameter(
        name="--set",
        metavar="KEY=VALUE",
        help="Change every set, or the copy that a single one stands against: reasoning_multiplier.p50=10. Values as "
        "in TOML. Repeatable.",
    ),
]
ComparisonFigure = Annotated[
    Path | None,
    option("FILE.png", "Figure, .png, .svg or .pdf. Default: named after the sets, replaced if it exists."),
]
Attribute = Annotated[
    bool, Parameter(help="Walk from the first set to the second: how much of the move each changed row explains.")
]
AttributedOutput = Annotated[
    str | None, option("NAME", "With --attribute, the output. Default: the first main output of the model.")
]
AttributedYear = Annotated[int | None, option("YEAR", "With --attribute, the year. Default: the last of both sets.")]
Statistic = Annotated[
    str | None, option("NAME", "With --attribute: median, mean, or a quantile such as p95. Default: median.")
]
Permutations = Annotated[
    str | None,
    option("N", "With --attribute, orders of the rows to walk in, an even number. Default: 16; up to 4 rows: all."),
]
DiagramOutputs = Annotated[
    list[str] | None,
    option("NAMES", "Show only what these outputs need, separated by commas or repeated. Default: everything."),
]
DiagramFile = Annotated[
    Path | None,
    Parameter(
        name=["--plot", "-o"],
        metavar="FILE.png",
        help="Diagram, .png, .svg or .pdf. Default: the model's name in this folder, replaced if it exists.",
    ),
]
OverwriteFigure = Annotated[bool, Parameter(help="Replace the file that --plot names.")]
# One file a method; their names are read off the folder, as importing them would take longer than all of --help.
_METHODS = sorted(file.stem.replace("_", "-") for file in (Path(__file__).parents[1] / "sensitivity").glob("[!_]*.py"))
StudyMethod = Annotated[
    str,
    option(
        "NAME",
        f"default, which suits dependent priors; a method: {', '.join(_METHODS)}; or waterfall, reweight, "
        "value-of-information.",
    ),
]
StudyOutputs = Annotated[
    list[str] | None,
    Parameter(
        name=["--output", "--outputs"],
        metavar="NAMES",
        help="Outputs, separated by commas or repeated. Default: the first main output of the model.",
    ),
]
StudyYears = Annotated[
    str | None,
    Parameter(
        name=["--year", "--years"],
        metavar="YEARS",
        help="Years: 2035, or 2028,2030 or 2025:2035. Tables and bars show the last one. Default: all.",
    ),
]
StudyGroups = Annotated[
    str | None,
    option("GROUPS", "Group parameters: driver, correlated, or a TOML table such as { chips = ['a', 'b'] }."),
]
StudyScale = Annotated[
    str | None,
    option("SCALE", "log or raw. Default: log for outputs that are always positive, where indices are shares."),
]
AsIfIndependent = Annotated[
    bool, Parameter(help="Where a method needs independent priors: leave correlations out, and say so everywhere.")
]
StudyDraws = Annotated[str | None, option("N", "Draws over all chains: 1e5 or 100_000. Default: the method's.")]
StudyChains = Annotated[str | None, option("N", "Independent randomisations, which errors come from. Default: 16.")]
StudySeed = Annotated[str | None, option("N", "Seed; the same seed gives the same bits. Default: 0.")]
StudyDesign = Annotated[str | None, option("NAME", "sobol, latin_hypercube or random. Default: the method's.")]
StudyOverrides = Annotated[
    list[str] | None,
    Parameter(
        name="--set",
        metavar="KEY=VALUE",
        help="Change the prior set: reasoning_multiplier.p50=10. With reweight: the change to show. Repeatable.",
    ),
]
MethodOption = Annotated[
    list[str] | None,
    option(
        "KEY=VALUE",
        "Option of the method, the value as in TOML: boxes=2, statistic='mean'. Repeatable. An unknown one, such as "
        "list=1, is answered with those that the method has.",
    ),
]
WalkTo = Annotated[str | None, option("PRIOR_SET", "With waterfall: where it ends. Default: the set changed by --set.")]
DecisionFile = Annotated[
    Path | None, option("FILE.toml", "With value-of-information: the decision, as a table of payoffs.")
]
Cases = Annotated[
    list[str] | None,
    option("OUTPUT=NUMBER", "With prim: what the box is to hold. Default: the largest 10 % of draws."),
]
AcceptUnreliable = Annotated[
    bool, Parameter(help="Where draws are weighted and the weights cannot be trusted: show numbers even so.")
]
StudyFigure = Annotated[
    Path | None,
    option("FILE.png", "Figure, .png, .svg or .pdf. Default: named after set and method, replaced if it exists."),
]
StudyFile = Annotated[
    Path | None, option("FILE", "Save the numbers: .nc with everything, .csv with a row for each parameter and year.")
]
OverwriteStudy = Annotated[bool, Parameter(help="Replace the files that --plot and --save name.")]
# One file a format, as for the methods of sensitivity.
_FORMATS = sorted(file.stem.replace("_", "-") for file in (Path(__file__).parents[1] / "exporters").glob("[!_]*.py"))
ExportFormat = Annotated[
    str | None, option("FORMAT", f"{', '.join(_FORMATS)}. Default: the one that the ending of -o belongs to.")
]
ExportOutputs = Annotated[
    list[str] | None,
    option(
        "NAMES",
        "Outputs and parameters, separated by commas or repeated. Default: all outputs; in formats of arrays all "
        "parameters too.",
    ),
]
ExportYears = Annotated[str | None, option("YEARS", "Years: 2025,2030 or 2025:2035. Default: all of the result.")]
ExportLevels = Annotated[
    str | None, option("LEVELS", "Levels of quantiles: 0.05,0.5,0.95. Default: 0.05,0.25,0.5,0.75,0.95.")
]
ExportDraws = Annotated[
    str | None, option("N", "So many draws, equally many from every chain. Default: as many as the format takes.")
]
ExportOption = Annotated[
    list[str] | None,
    option(
        "KEY=VALUE", "Option of the format: layout=tidy. Repeatable. mcdemand export alone lists formats and options."
    ),
]
ExportFile = Annotated[
    Path | None,
    Parameter(
        name=["--output", "-o"], metavar="FILE", help="File to write. Default: the result's name with the usual ending."
    ),
]
OverwriteExport = Annotated[bool, Parameter(help="Replace the file if it exists.")]
ImportOption = Annotated[
    list[str] | None,
    option(
        "KEY=VALUE",
        "Option of the format: draws=1000. Repeatable. mcdemand priors import alone lists formats and options.",
    ),
]
ImportFile = Annotated[
    Path | None,
    Parameter(
        name=["--output", "-o"], metavar="FILE.toml", help="Prior set to write. Default: print it, ready to paste."
    ),
]
VerifiedTiles = Annotated[str, option("N", "Tiles of 8192 draws that are computed again.")]
TileChoice = Annotated[str | None, option("N", "Seed that tiles are chosen by. Default: another one each time.")]
