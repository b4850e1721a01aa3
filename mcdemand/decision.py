"""A decision: options, and what each of them pays at every draw, as a table of payoffs or a Python function."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from mcdemand.errors import FileError, InputError
from mcdemand.kernels.arrays import Floats
from mcdemand.registry import nearest
from mcdemand.toml_file import read_toml

MOST_OPTIONS, MOST_OUTSIDE, LARGEST = 50, 0.05, 1e100
LONGEST_TEXT, LONGEST_NAME, LONGEST_UNIT = 4000, 200, 64
DECISION, OPTIONS = "decision", "options"
NEEDED_KEYS = ("output", "unit", "levels")
KEYS = (*NEEDED_KEYS, "title", "year", "source", "note")

type Payoff = Callable[[str, Mapping[str, Floats]], Any]


@dataclass(frozen=True)
class PayoffTable:
    """Payoffs at rising levels of one output: straight lines between levels, which go on beyond the first and last.

    Attributes
    ----------
    levels
        (level), in the output's unit.
    payoffs
        For each option (level), in the decision's unit.
    """

    output: str
    levels: Floats
    payoffs: Mapping[str, Floats]

    def __call__(self, option: str, draws: Mapping[str, Floats]) -> Floats:
        """Return the payoff (draw) of an option."""
        x, payoffs = draws[self.output], self.payoffs[option]
        place = np.clip(np.searchsorted(self.levels, x, side="right") - 1, 0, self.levels.size - 2)
        # What is not finite is refused where all payoffs are, those of functions too.
        with np.errstate(all="ignore"):
            slopes = np.diff(payoffs) / np.diff(self.levels)
            found: Floats = payoffs[place] + (x - self.levels[place]) * slopes[place]
        return found

    def is_outside(self, draws: Mapping[str, Floats]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return which draws lie below the first level or above the last.

        Raises
        ------
        InputError
            If more than 5 % do: their payoffs would rest on a line that nobody has stated.
        """
        x = draws[self.output]
        outside: np.ndarray[Any, np.dtype[np.bool_]] = (x < self.levels[0]) | (x > self.levels[-1])
        if outside.mean() > MOST_OUTSIDE:
            raise InputError(
                f"levels: {self.levels[0]:g} to {self.levels[-1]:g}: {100 * outside.mean():.3g} % of the draws of "
                f"{self.output} lie outside, at most {100 * MOST_OUTSIDE:g} % may; state payoffs from "
                f"{np.quantile(x, 0.01):.3g} to {np.quantile(x, 0.99):.3g}"
            )
        return outside


@dataclass(frozen=True)
class Decision:
    """A choice between options, and what each pays.

    Attributes
    ----------
    options
        Their names, at least two.
    payoff
        `payoff(option, draws)`: (draw) payoffs in `unit`. `draws` maps each output to (draw); to (year, draw) where
        `years` are several or None and the output has years.
    unit
        The unit of the payoffs, such as "GUSD".
    outputs
        Quantities or parameters that the payoff reads.
    years
        A year, years, or None: all of the result.
    label
        Where the decision was written, for messages.
    """

    options: tuple[str, ...]
    payoff: Payoff
    unit: str
    outputs: tuple[str, ...]
    years: int | tuple[int, ...] | None = None
    title: str = ""
    label: str = DECISION

    @classmethod
    def from_function(
        cls,
        options: Iterable[str],
        payoff: Payoff,
        *,
        unit: str,
        outputs: str | Iterable[str],
        years: int | Iterable[int] | None = None,
        title: str = "",
    ) -> Decision:
        """Return the decision whose payoffs a function computes.

        Parameters
        ----------
        options
            Names of the options.
        payoff
            `payoff(option, draws)` -> (draw) payoffs; it is run as it is.
        unit
            The unit of the payoffs.
        outputs, years
            What `draws` holds: quantities or parameters, as (draw) where there is one year, else (year, draw).

        Raises
        ------
        InputError
            If there are fewer than two options, or anything is not of its kind.

        Examples
        --------
        >>> def profit(option, draws):
        ...     built = {"small": 50.0, "large": 100.0}[option]
        ...     return 20 * np.minimum(draws["capacity_needed"], built) - 15 * built
        >>> Decision.from_function(["small", "large"], profit, unit="GUSD", outputs="capacity_needed", years=2030).years
        2030
        """
        if not callable(payoff):
            raise InputError(f"payoff: {payoff!r:.80}: must be a function of an option and the draws")
        names = (outputs,) if isinstance(outputs, str) else _listed("outputs", outputs)
        names = tuple(_text("outputs", name, LONGEST_NAME) for name in names)
        about = {"unit": _text("unit", unit, LONGEST_UNIT), "title": _text("title", title, empty=True)}
        return cls(
            _options("options", _listed("options", options)), payoff, outputs=names, years=_years(years), **about
        )

    @property
    def table(self) -> PayoffTable | None:
        """The table of payoffs; None if a function computes them."""
        return self.payoff if isinstance(self.payoff, PayoffTable) else None

    def payoffs(self, draws: Mapping[str, Floats], count: int) -> Floats:
        """Return the payoffs (option, draw).

        Raises
        ------
        InputError
            If the function returns another shape, or a number that is not finite.
        """
        return np.stack([self._payoffs_of(option, draws, count) for option in self.options])

    def _payoffs_of(self, option: str, draws: Mapping[str, Floats], count: int) -> Floats:
        try:
            found = np.asarray(self.payoff(option, draws), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"payoff: {option!r:.80}: no array of numbers: {error}") from error
        if found.shape not in {(), (count,)}:
            raise InputError(f"payoff: {option!r:.80}: shape {found.shape}; must be a number for each of {count} draws")
        if not np.isfinite(found).all():
            raise InputError(f"payoff: {option!r:.80}: not finite at some draws; must be a number at every draw")
        return np.broadcast_to(found, count)


def load_decision(source: str | Path | Mapping[str, Any] | Decision) -> Decision:
    """Return the decision of a TOML file, a mapping of the same shape, or a `Decision` as it is.

    Raises
    ------
    InputError
        If anything is not valid; the message names file, key, value, rule and remedy.
    FileError
        If the file cannot be read.

    Examples
    --------
    >>> table = {"output": "demand", "unit": "USD", "levels": [0, 10]}
    >>> load_decision({"decision": table, "options": {"sell": [5, 5], "keep": [0, 20]}}).options
    ('sell', 'keep')
    """
    if isinstance(source, Decision):
        return source
    if isinstance(source, Mapping):
        return _decision(source, "")
    if isinstance(source, str | Path):
        if not os.path.isfile(source):
            raise FileError(f"{source!s:.200}: no such file; give the path of a decision's TOML file")
        return _decision(read_toml(Path(source), str(source)), f"{source}: ")
    remedy = "wrap a function in Decision.from_function" if callable(source) else "give a path, a mapping or a Decision"
    raise InputError(f"decision: {source!r:.80}: is none; {remedy}")


def _decision(content: Mapping[str, Any], at: str) -> Decision:
    """Return the decision that a mapping states; `at` begins the messages."""
    _known_keys(content, (DECISION, OPTIONS), at)
    stated, rows = (_section(content, name, at) for name in (DECISION, OPTIONS))
    where = f"{at}{DECISION}."
    _known_keys(stated, KEYS, where)
    for key in (key for key in NEEDED_KEYS if key not in stated):
        raise InputError(f"{where}{key}: missing; a decision needs {', '.join(NEEDED_KEYS)}")
    for key in ("title", "source", "note"):
        _text(where + key, stated.get(key, ""), empty=True)
    output = _text(f"{where}output", stated["output"], LONGEST_NAME)
    levels = _levels(f"{where}levels", stated["levels"])
    options = _options(f"{at}{OPTIONS}", tuple(rows))
    payoffs = {name: _row(f"{at}{OPTIONS}.{name!r:.80}", rows[name], levels.size) for name in options}
    return Decision(
        options,
        PayoffTable(output, levels, payoffs),
        _text(f"{where}unit", stated["unit"], LONGEST_UNIT),
        (output,),
        _year(f"{where}year", stated["year"]) if "year" in stated else None,
        stated.get("title", ""),
        at.removesuffix(": ") or DECISION,
    )


def _section(content: Mapping[str, Any], name: str, at: str) -> Mapping[str, Any]:
    section = content.get(name)
    if not isinstance(section, Mapping):
        raise InputError(f"{at}{name}: {section!r:.80}: must be a table; write [{name}]")
    return section


def _known_keys(content: Mapping[str, Any], known: Iterable[str], at: str) -> None:
    for key in content:
        if key not in known:
            raise InputError(f"{at}{key!r:.80}: unknown key; {nearest(str(key), known)}")


def _text(key: str, value: Any, longest: int = LONGEST_TEXT, *, empty: bool = False) -> str:
    if not isinstance(value, str) or len(value) > longest or not (empty or value.strip()):
        raise InputError(f"{key}: {value!r:.80}: must be text of at most {longest} characters")
    return value


def _year(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(f"{key}: {value!r:.80}: must be a year, such as 2030")
    return int(value)


def _years(values: Any) -> int | tuple[int, ...] | None:
    if values is None or not isinstance(values, Iterable):
        return None if values is None else _year("years", values)
    return tuple(_year("years", year) for year in _listed("years", values))


def _listed(key: str, values: Any) -> tuple[Any, ...]:
    found = tuple(values) if isinstance(values, Iterable) and not isinstance(values, str) else ()
    if not found:
        raise InputError(f"{key}: {values!r:.80}: must be a list that is not empty")
    return found


def _options(key: str, names: Sequence[Any]) -> tuple[str, ...]:
    if not 2 <= len(names) <= MOST_OPTIONS:
        raise InputError(f"{key}: {len(names)}: must be 2 to {MOST_OPTIONS}; state what else could be done")
    if len({*map(str, names)}) < len(names):
        raise InputError(f"{key}: two have one name; give each a name of its own")
    return tuple(_text(key, name, LONGEST_NAME) for name in names)


def _numbers(key: str, values: Any) -> Floats:
    if not isinstance(values, Sequence | np.ndarray) or isinstance(values, str):
        raise InputError(f"{key}: {values!r:.80}: must be a list of numbers")
    for value in values:
        size = value.item() if isinstance(value, np.generic) else value
        if not isinstance(size, int | float) or isinstance(size, bool) or not abs(size) <= LARGEST:
            raise InputError(f"{key}: {value!r:.80}: must be a number, at most {LARGEST:g} in size")
    return np.array([float(value) for value in values])


def _levels(key: str, values: Any) -> Floats:
    levels = _numbers(key, values)
    if levels.size < 2:
        raise InputError(f"{key}: {levels.size} of them: must be at least two; state where the payoffs bend")
    for low, high in pairwise(levels.tolist()):
        if low >= high:
            raise InputError(f"{key}: {low:g}, then {high:g}: must rise; sort them and the payoffs with them")
    return levels


def _row(key: str, values: Any, count: int) -> Floats:
    payoffs = _numbers(key, values)
    if payoffs.size != count:
        raise InputError(f"{key}: {payoffs.size} payoffs for {count} levels; give one for each level")
    return payoffs
