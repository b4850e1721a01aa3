"""What is exported of a result: outputs, years and draws, with what they are in and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from mcdemand.content import DIGEST, content_digest, has_content_of
from mcdemand.draw_choice import GROUPS, dataset_of
from mcdemand.errors import InputError, NumericalError
from mcdemand.kernels.arrays import Floats
from mcdemand.registry import nearest
from mcdemand.summary import summarize
from mcdemand.summary_request import check_probabilities

QUANTITIES, PARAMETERS = GROUPS
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
STATED = ("title", "source", "contract", "prior_set", "model", "design", "seed", "chains", "draws", "notices")
KEPT_DRAWS = "draws_kept"
"""Attribute of a part of a result: how many of its draws are in it, the first ones of every chain."""


class Column(NamedTuple):
    """One variable in one year.

    Attributes
    ----------
    year
        None of a variable that has none.
    values
        One for each draw, chain after chain.
    """

    name: str
    year: int | None
    values: Floats
    units: str
    long_name: str

    @property
    def label(self) -> str:
        """The name, and the year if there is one, as `power_2030`."""
        return self.name if self.year is None else f"{self.name}_{self.year}"


@dataclass(frozen=True)
class Selection:
    """A result, or a part of one.

    Attributes
    ----------
    tree
        In the shape of a result, with its attributes; of a part, those say what is left.
    whole
        The result.
    probabilities
        Levels of the quantiles that are wanted.
    """

    tree: xr.DataTree
    whole: xr.DataTree
    probabilities: tuple[float, ...]

    @property
    def quantities(self) -> xr.Dataset:
        """The outputs, dims (chain, draw, year)."""
        return dataset_of(self.tree, QUANTITIES)

    @property
    def parameters(self) -> xr.Dataset:
        """The parameters, dims (chain, draw) or (chain, draw, year)."""
        return dataset_of(self.tree, PARAMETERS)

    @property
    def chains(self) -> int:
        """Number of chains."""
        return int(next(one.sizes["chain"] for one in (self.quantities, self.parameters) if one.data_vars))

    @property
    def draws(self) -> int:
        """Number of draws over all chains."""
        return self.chains * int(next(one.sizes["draw"] for one in (self.quantities, self.parameters) if one.data_vars))

    def columns(self, most: int | None = None) -> list[Column]:
        """Return every output in every year, then every parameter.

        Parameters
        ----------
        most
            At most so many draws, taken from the chains in turn; None: all, chain after chain.
        """
        return [column for one in (self.quantities, self.parameters) for column in _columns(one, most)]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole result's content, as its own file states it."""
        return str(self.whole.attrs.get(DIGEST) or content_digest(self.whole))

    def digest_of(self, part: xr.DataTree) -> str:
        """Return the SHA-256 of the content of a part that is written; of the whole it is known already."""
        return self.digest if has_content_of(part, self.whole) else content_digest(part)

    def about(self) -> dict[str, Any]:
        """Return where the numbers come from, for any file that has room: text and numbers only."""
        attributes = self.whole.attrs
        stated = {key: _plain(attributes[key]) for key in STATED if attributes.get(key) not in (None, "")}
        return {**stated, "draws_exported": self.draws, "result_sha256": self.digest}

    def summaries(self, **request: Any) -> Iterator[xr.Dataset]:
        """Yield the summary of the outputs and that of the parameters, of those that there are.

        Parameters
        ----------
        request
            More arguments of `summarize`.
        """
        for group in (QUANTITIES, PARAMETERS):
            if dataset_of(self.tree, group).data_vars:
                yield summarize(self.tree, group=group, probabilities=self.probabilities, **request)


def select(
    result: xr.DataTree,
    *,
    outputs: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    draws: int | None = None,
    probabilities: Sequence[float] | None = None,
    with_parameters: bool = True,
) -> Selection:
    """Return a part of a result.

    Parameters
    ----------
    outputs
        Quantities and parameters; None: all quantities, and `with_parameters` all parameters.
    years
        Years of what has years; None: all.
    draws
        So many draws over all chains, the first of each: rounded down to equally many, at least one; None: all.
    probabilities
        Levels of quantiles in (0, 1); None: 0.05, 0.25, 0.5, 0.75 and 0.95.

    Raises
    ------
    InputError
        If a name, a year or a number is not one of the result's.
    NumericalError
        If a draw is NaN or infinite.
    """
    chains, per_chain = _size(result)
    levels = check_probabilities("probabilities", PROBABILITIES if probabilities is None else probabilities)
    names = _names(result, outputs, with_parameters=with_parameters)
    kept = None if draws is None else _draws(draws, chains, per_chain)
    chosen = None if years is None else [int(year) for year in np.ravel(np.asarray(years))]
    groups = {group: _part(dataset_of(result, group), names, chosen, kept) for group in GROUPS}
    groups = {group: one for group, one in groups.items() if one.data_vars}
    _check_finite(groups.values())
    attributes: dict[Any, Any] = dict(result.attrs)
    if outputs is None and years is None and kept is None and with_parameters:
        # A result without parameters has their group all the same.
        groups = {group: dataset_of(result, group) for group in GROUPS if group in result.children}
    else:
        attributes = _attributes_of_part(result, groups.get(QUANTITIES), chains * (kept or per_chain))
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs=attributes), **groups})
    return Selection(tree, result, levels)


def _size(result: xr.DataTree) -> tuple[int, int]:
    """Return chains and draws of each, the same in all variables."""
    if not isinstance(result, xr.DataTree):
        raise InputError("result: must be what simulate, read_result or read returned")
    arrays = [array for group in GROUPS for array in dataset_of(result, group).data_vars.values()]
    sizes = {tuple(array.sizes.get(dim, 0) for dim in ("chain", "draw")) for array in arrays}
    if len(sizes) != 1 or 0 in (found := next(iter(sizes))):
        raise InputError("result: its variables must have the same chains and draws, at least one of each")
    return found[0], found[1]


def _columns(dataset: xr.Dataset, most: int | None) -> Iterator[Column]:
    for name, array in dataset.data_vars.items():
        about = str(array.attrs.get("units", "")), str(array.attrs.get("long_name", ""))
        for year in array["year"].values.tolist() if "year" in array.dims else [None]:
            one = array if year is None else array.sel(year=year)
            dims = ("chain", "draw") if most is None else ("draw", "chain")
            yield Column(str(name), year, one.transpose(*dims).values.reshape(-1)[:most], *about)


def _names(result: xr.DataTree, outputs: str | Iterable[str] | None, *, with_parameters: bool) -> list[str]:
    known = {group: [str(name) for name in dataset_of(result, group).data_vars] for group in GROUPS}
    if outputs is None:
        names = known[QUANTITIES] + (known[PARAMETERS] if with_parameters or not known[QUANTITIES] else [])
    else:
        names = [outputs] if isinstance(outputs, str) else list(outputs)
    for name in names:
        if name not in known[QUANTITIES] and name not in known[PARAMETERS]:
            stored = [*known[QUANTITIES], *known[PARAMETERS]]
            raise InputError(f"outputs: {name!r:.80}: not kept in this result; {nearest(str(name), stored)}")
    if not names:
        raise InputError("outputs: the result keeps none; simulate with outputs")
    return names


def _draws(draws: int, chains: int, per_chain: int) -> int:
    """Return the draws of each chain."""
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or not 1 <= draws <= chains * per_chain:
        raise InputError(f"draws: {draws!r:.40}: must be a whole number from 1 to {chains * per_chain}, as there are")
    return max(1, int(draws) // chains)


def _part(dataset: xr.Dataset, names: Sequence[str], years: list[int] | None, draws: int | None) -> xr.Dataset:
    found = dataset[[name for name in names if name in dataset.data_vars]]
    if draws is not None and "draw" in found.dims:
        found = found.isel(draw=slice(draws))
    if years is None or "year" not in found.dims:
        return found
    known = found["year"].values.tolist()
    for year in years:
        if year not in known:
            raise InputError(f"years: {year}: not in this result, which has {known[0]} to {known[-1]}")
    return found if years == known else found.sel(year=years)


def _attributes_of_part(result: xr.DataTree, quantities: xr.Dataset | None, draws: int) -> dict[Any, Any]:
    """Return a result's attributes with the outputs, the years and the number of draws that are left."""
    found = {key: value for key, value in result.attrs.items() if key != DIGEST}
    found["outputs"] = [] if quantities is None else [str(name) for name in quantities.data_vars]
    if quantities is not None and "year" in quantities.dims:
        found["years"] = quantities["year"].values.tolist()
    return found | {KEPT_DRAWS: draws}


def _check_finite(datasets: Iterable[xr.Dataset]) -> None:
    for dataset in datasets:
        for name, array in dataset.data_vars.items():
            if not np.isfinite(array.values).all():
                raise NumericalError(f"{name}: has draws that are NaN or infinite; an export holds numbers only")


def _plain(value: Any) -> Any:
    """Return an attribute as what JSON has."""
    return value.item() if isinstance(value, np.generic) else value
