"""What `mcdemand sensitivity` is asked for: which analysis it is, how it is computed, printed and drawn."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcdemand.commands import arguments
from mcdemand.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure
    from rich.console import Console

    from mcdemand.engine import Progress
    from mcdemand.model import Model
    from mcdemand.prior_set import PriorSet

DEFAULT, WATERFALL, REWEIGHT, VALUE = "default", "waterfall", "reweight", "value_of_information"
SPECIAL = (WATERFALL, REWEIGHT, VALUE)
PRIOR_SET_SUFFIXES = ("", ".toml")
"""Endings of what is a prior set, without a look at the formats that results are in."""
GROUPINGS = ("driver", "correlated")
INDICES = "indices"
GOES_WITH = {
    "groups": (INDICES, VALUE),
    "scale": (INDICES,),
    "as_if_independent": (INDICES,),
    "to": (WATERFALL,),
    "decision": (VALUE,),
    "above": ("prim",),
    "accept_unreliable": (REWEIGHT,),
}
"""Which methods an option goes with; the methods that return indices by parameter share some."""


@dataclass(frozen=True)
class StudyRequest:
    """What was typed, parsed.

    Attributes
    ----------
    source
        A prior set, or a result.
    simulation
        Draws, chains, seed and design, as far as they are given.
    overrides
        Changes of the prior set.
    options
        The method's own.
    own
        Options that go with some methods only; None where they are not given.
    """

    source: str
    method: str
    outputs: tuple[str, ...] | None
    years: tuple[int, ...] | None
    simulation: Mapping[str, Any]
    overrides: Mapping[str, Any]
    options: Mapping[str, Any]
    own: Mapping[str, Any]
    threads: int | None
    model_file: Path | None

    @property
    def is_result(self) -> bool:
        """Whether the source is a result."""
        return names_result(self.source)

    @property
    def needs_priors(self) -> bool:
        """Whether it takes what draws were drawn from, not the draws alone."""
        return check_method(self.method) != VALUE or self.own["groups"] in GROUPINGS


@dataclass(frozen=True)
class Study:
    """An analysis that can be run.

    Attributes
    ----------
    name
        What its figure is called, without ending.
    words
        What the progress bar says.
    run
        Computes it.
    show, draw
        Print it, and return its figure.
    """

    name: str
    words: str
    run: Callable[[Progress], xr.Dataset]
    show: Callable[[Console, xr.Dataset], None]
    draw: Callable[[xr.Dataset], Figure]


@dataclass(frozen=True)
class Source:
    """Where the draws come from: a prior set with its model, or a result.

    Attributes
    ----------
    name
        Of the prior set, or the result's file.
    model
        None for a result, unless a file of it is given.
    """

    name: str
    priors: PriorSet | None
    result: xr.DataTree | None
    model: Model | None

    @property
    def draws_from(self) -> PriorSet | xr.DataTree:
        """What the draws are made from, or taken from."""
        if self.result is not None:
            return self.result
        assert self.priors is not None
        return self.priors


def names_result(source: str) -> bool:
    """Return whether what was typed is a result: a file, or a folder, in a format that draws can be read from."""
    if Path(source).suffix.lower() in PRIOR_SET_SUFFIXES:
        return False
    from mcdemand.result_files import is_result

    return is_result(source)


def prepare_study(request: StudyRequest) -> Study:
    """Return the analysis that is asked for; nothing is simulated yet.

    Raises
    ------
    InputError
        If there is no such method, or an option does not go with it.
    FileError, IntegrityError
        If a prior set or result cannot be read.
    """
    from mcdemand.commands import study_kinds

    method = check_method(request.method)
    _check_options(request, method)
    if request.is_result:
        _check_result_request(request, method)
    makers = {WATERFALL: study_kinds.waterfall, REWEIGHT: study_kinds.reweight, VALUE: study_kinds.value_of_information}
    return makers.get(method, study_kinds.indices)(request, method)


def check_method(typed: str) -> str:
    """Return the name of a method, whichever way its words are joined.

    Raises
    ------
    InputError
        If there is no such method; the message says which was probably meant.
    """
    from mcdemand.sensitivity import methods

    known = (DEFAULT, *methods(), *SPECIAL)
    name = typed.strip().casefold().replace("-", "_")
    if name not in known:
        written = sorted(one.replace("_", "-") for one in known)
        close = difflib.get_close_matches(name.replace("_", "-"), written, n=1)
        remedy = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(written)}"
        raise InputError(f"--method: {typed!r}: unknown; {remedy}")
    return name


def _check_options(request: StudyRequest, method: str) -> None:
    """Raise if an option was given that the method has no use for."""
    kinds = {method} if method in SPECIAL else {method, INDICES}
    for name, value in request.own.items():
        if value is not None and kinds.isdisjoint(GOES_WITH[name]):
            wanted = ", ".join(one.replace("_", "-") for one in GOES_WITH[name] if one != INDICES)
            rule = f"goes with --method {wanted}" if wanted else f"means nothing to --method {method.replace('_', '-')}"
            raise InputError(f"--{name.replace('_', '-')}: {rule}; leave it out")


def _check_result_request(request: StudyRequest, method: str) -> None:
    """Raise if a result is to be what only a prior set can be: simulated anew."""
    if method == WATERFALL:
        raise InputError(f"{request.source}: a result; --method waterfall walks between prior sets, so name those")
    if request.overrides and method != REWEIGHT:
        raise InputError("--set: the draws of a result are made; use --method reweight, or name the prior set")
    for option in request.simulation:
        raise InputError(f"--{option}: the draws of a result are made; name the prior set to make others")


def load_source(request: StudyRequest, overrides: Mapping[str, Any]) -> Source:
    """Return the prior set and its model, or the result.

    Raises
    ------
    InputError
        If the prior set is not valid, there is no model, or the result lacks what the analysis needs.
    FileError, IntegrityError
        If a file cannot be read, or is not what it claims to be.
    """
    from mcdemand.own_model import choose_model, read_model
    from mcdemand.prior_set import load_prior_set
    from mcdemand.result_files import read_draws

    if request.is_result:
        own = None if request.model_file is None else read_model(request.model_file)
        result = read_draws(request.source, with_priors=request.needs_priors)
        return Source(Path(request.source).stem, None, result, own)
    priors = load_prior_set(request.source, dict(overrides))
    return Source(priors.name, priors, None, choose_model(priors, request.model_file))


def main_output(source: Source) -> str:
    """Return the output to show if none is named: the model's first, or the first main one that a result holds."""
    from mcdemand.draw_choice import GROUPS, dataset_of
    from mcdemand.report.figures import PANELS
    from mcdemand.stated_run import stated_outputs

    if source.result is None:
        assert source.model is not None
        return source.model.default_outputs[0]
    stored = [str(name) for group in GROUPS for name in dataset_of(source.result, group).data_vars]
    # A folder has no order of its own.
    known = [name for name in stated_outputs(source.result.attrs) if name in stored] or stored
    if not known:
        raise InputError(f"{source.name}: holds no output; simulate it again")
    return next((name for name in PANELS if name in known), known[0])


def given(**arguments_: Any) -> dict[str, Any]:
    """Return the arguments that are not None."""
    return {key: value for key, value in arguments_.items() if value is not None}


def parse_groups(text: str | None) -> Any:
    """Return a word such as "driver", or the table of groups that is written as in TOML; None if none is given.

    Raises
    ------
    InputError
        If it is neither.
    """
    if text is None or text.strip() in GROUPINGS:
        return text and text.strip()
    try:
        found = arguments.parse_overrides([f"groups={text}"])["groups"]
    except InputError:
        found = None
    if not isinstance(found, dict):
        raise InputError(
            f"--groups: {text!r}: must be driver, correlated, or a TOML table such as {{ chips = ['a', 'b'] }}"
        )
    return found
