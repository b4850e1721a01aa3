"""Parameters grouped into factors: by themselves, by driver, by dependence, or as the reader says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mcdemand.dependence import Group
from mcdemand.errors import InputError
from mcdemand.model import Model
from mcdemand.registry import nearest

DRIVER, CORRELATED = "driver", "correlated"

type Grouping = str | Mapping[str, Iterable[str]] | None


def group_factors(
    grouping: Grouping, names: Sequence[str], model: Model, groups: Sequence[Group]
) -> dict[str, tuple[str, ...]]:
    """Return the parameters of each factor, by the factor's name.

    Parameters
    ----------
    grouping
        None: each parameter is a factor. "driver": those of a driver file, where the first quantity that reads them
        stands, are one. "correlated": those that depend on each other are one. A mapping: the named ones; the
        parameters that it does not name stay by themselves.
    names
        The parameters, sorted.

    Raises
    ------
    InputError
        If the grouping is unknown, names what is no parameter, or names a parameter twice.
    """
    chosen = _chosen(grouping, names, model, groups)
    known = {*names, *model.parameters}
    if grouping is not None and not (chosen and all(chosen.values())):
        raise InputError(f"groups: {grouping!r:.80}: an empty group; name its parameters, or leave it out")
    owner: dict[str, str] = {}
    for factor, members in chosen.items():
        for name in members:
            if name not in known:
                raise InputError(f"groups: {factor}: {name!r}: no parameter of the model; {nearest(str(name), known)}")
            if owner.setdefault(name, factor) != factor:
                raise InputError(f"groups: {name}: belongs to {owner[name]} and to {factor}; name it once")
    clash = sorted(chosen.keys() & set(names) - owner.keys())
    if clash:
        raise InputError(f"groups: {clash[0]}: the name of a parameter outside the group; choose another")
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(owner.get(name, name), []).append(name)
    return {factor: tuple(found[factor]) for factor in sorted(found)}


def _chosen(grouping: Any, names: Sequence[str], model: Model, groups: Sequence[Group]) -> Mapping[str, Sequence[str]]:
    """Return the factors that are stated, each with its parameters."""
    if grouping is None:
        return {}
    if grouping == DRIVER:
        return _by_driver(names, model)
    if grouping == CORRELATED:
        return {f"{group.names[0]} and others": group.names for group in groups}
    if isinstance(grouping, Mapping) and all(isinstance(members, list | tuple) for members in grouping.values()):
        return {str(factor): tuple(members) for factor, members in grouping.items()}
    raise InputError(
        f"groups: {grouping!r:.80}: must be 'driver', 'correlated', or lists of parameters by name, such as "
        "{'growth': ['request_growth', 'additions_growth']}"
    )


def _by_driver(names: Sequence[str], model: Model) -> dict[str, list[str]]:
    """Return the parameters of each driver: that of the first quantity that reads them."""
    found: dict[str, list[str]] = {}
    for name in names:
        readers = [quantity for quantity in model.quantities.values() if name in quantity.all_arguments()]
        found.setdefault(readers[0].driver if readers else name, []).append(name)
    if len(found) == 1 and len(names) > 1:
        raise InputError("groups: 'driver': all quantities stand in one file; name the groups yourself")
    return found
