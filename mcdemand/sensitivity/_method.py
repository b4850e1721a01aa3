"""What a method of sensitivity analysis is: the root of the family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from mcdemand.kernels.arrays import Floats

type DesignKind = Literal["given_data", "pick_freeze", "points"]


@dataclass(frozen=True)
class Index:
    """A number that a method returns.

    Attributes
    ----------
    long_name
        What it is, in words that fit on an axis.
    dims
        Dimensions before that of the rows (a row is an output in a year); new ones have the names that the method
        gives in `labels`.
    unit
        "1", or "output": that of the output it belongs to.
    has_error
        Whether it is an estimate that replicates give an error to; a p-value is none.
    neutral
        What it is of a parameter that an output does not depend on; one for each of the first dimension, or for all.
    """

    long_name: str
    dims: tuple[str, ...] = ("parameter",)
    unit: Literal["1", "output"] = "1"
    has_error: bool = True
    neutral: float | tuple[float, ...] = 0.0


class Estimate(NamedTuple):
    """An index with its standard error, both (*dims, row), and the degrees of freedom of that error."""

    value: Floats
    mcse: Floats
    freedom: float


class Experiment(Protocol):
    """The model as a method of design "points" sees it.

    Attributes
    ----------
    parameters
        Names of the parameters, those that vary by year included; its order is that of `levels`.
    seed
        What chance belongs to.
    freedom
        Degrees of freedom of its errors.
    """

    parameters: tuple[str, ...]
    seed: int
    freedom: float

    def at(self, levels: Floats) -> Floats:
        """Return (row, point) outputs where parameters lie at (parameter, point) levels of their priors, in (0, 1)."""

    def given(self, parameter: int, level: float) -> Floats:
        """Return (row, draw) outputs where one parameter lies at a level and the others are drawn given that.

        Draws are the same for every parameter and level: chains one after the other.
        """

    def base(self) -> Floats:
        """Return (row, draw) outputs where all parameters are drawn."""

    def error(self, statistic: Callable[..., Floats], *draws: Floats) -> Floats:
        """Return the standard error of a statistic of (row, draw) arrays that `given` and `base` made, from chains."""


@dataclass(frozen=True)
class Method:
    """A method: what it needs, and an estimator on arrays.

    Attributes
    ----------
    title
        A phrase for help, tables and figures.
    design
        What the estimator is given. "given_data": `estimate(x, y, **options)`, with x (parameter, draw) and y (row,
        draw), no row constant; it returns arrays (*dims, row) by index, and errors come from calling it on every chain.
        "points": `estimate(experiment, **options)`, which returns an `Estimate` by index. "pick_freeze": see
        `mcdemand.pick_freeze`.
    indices
        What it returns; tables sort by the first one.
    dependence
        What the numbers mean where priors are correlated: "respected", "ignored" (said so), or "refused" unless the
        reader asks for them as if the priors were independent.
    groups
        Whether parameters can be grouped; x is then a sequence of (column, draw) arrays, one for each group.
    scale
        "any": positive outputs are looked at on the logarithmic scale unless the reader says otherwise; "raw": always
        in the output's own unit.
    options
        Names and default values of the method's own options.
    estimate_with_errors
        `estimate_with_errors(x, y, chains, threads, **options)` of a "given_data" method with indices that need more
        than replicates: an `Estimate` of each of these, from independent chains of draws one after the other.
    notice
        What its readers should know, a sentence.
    labels
        Coordinates of the dimensions that only this method has; a callable gets the options.
    """

    name: str
    title: str
    design: DesignKind
    indices: Mapping[str, Index]
    estimate: Callable[..., Mapping[str, Any]]
    dependence: Literal["respected", "ignored", "refused"]
    groups: bool = False
    scale: Literal["any", "raw"] = "any"
    estimate_with_errors: Callable[..., Mapping[str, Estimate]] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    notice: str = ""
    labels: Mapping[str, Any] = field(default_factory=dict)
