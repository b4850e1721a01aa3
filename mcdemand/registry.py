"""A folder of members becomes a table of them: to add a member is to add a file."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from mcdemand.errors import InputError

MAX_LISTED = 12


def members(package: ModuleType) -> list[ModuleType]:
    """Return the public modules of a package, by name; those that start with `_` support the others."""
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def collect[T](package: ModuleType, constant: str, kind: type[T]) -> dict[str, T]:
    """Return `{name: spec}` from the constant that each member of a package defines.

    Raises
    ------
    TypeError
        If a member lacks the constant, holds something else in it, or repeats a name.
    """
    found: dict[str, T] = {}
    for module in members(package):
        spec = getattr(module, constant, None)
        if not isinstance(spec, kind):
            raise TypeError(f"{module.__name__}: must define {constant}, a {kind.__name__}")
        name: str = spec.name  # type: ignore[attr-defined]
        if name in found:
            raise TypeError(f"{module.__name__}: the name {name!r} is taken")
        found[name] = spec
    return found


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a remedy that names what was probably meant, or all there is."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    more = ", ..." if len(known) > MAX_LISTED else ""
    return f"known: {', '.join(known[:MAX_LISTED])}{more}"


def look_up[T](name: str, table: dict[str, T], what: str) -> T:
    """Return `table[name]`, or say which name was probably meant.

    Raises
    ------
    InputError
        If there is no such name.
    """
    if not isinstance(name, str) or name not in table:
        raise InputError(f"{what}: {name!r:.80}: unknown; {nearest(str(name), table)}")
    return table[name]
