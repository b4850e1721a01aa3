"""What a quantity calls besides itself, compiled with it from its Python and never as numba has left it.

numba freezes a function's globals when it compiles it. A helper under `numba.njit` or `numba.vectorize`, or one that is
called through its module, would so go on with the values of its first call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any

from numba.core.ccallback import CFunc
from numba.core.dispatcher import Dispatcher
from numba.experimental.jitclass.base import JitClassType
from numba.np.ufunc.dufunc import DUFunc
from numba.np.ufunc.gufunc import GUFunc

import mcdemand.math
from mcdemand.kernels.digest import LIBRARIES, python_function

OURS = "mcdemand"
FROZEN = {GUFunc: "numba.guvectorize", CFunc: "numba.cfunc", JitClassType: "numba.experimental.jitclass"}


def helper_of(value: Any) -> FunctionType | None:
    """Return the Python function to compile in a value's place; None if the value stays as it is."""
    if not isinstance(value, FunctionType | Dispatcher | DUFunc):
        return None
    function: FunctionType = python_function(value)
    home = function.__module__ or ""
    stays = home == mcdemand.math.__name__ if value is function else home.split(".")[0] == OURS
    return None if stays else function


def frozen_helper(values: Iterable[Any]) -> str | None:
    """Return what is wrong with the first value that numba has compiled for good; None if there is none."""
    for value in values:
        for kind, maker in FROZEN.items():
            if isinstance(value, kind):
                return f"uses {getattr(value, '__name__', 'a function')}, made by {maker}; write it as a plain function"
    return None


def stand_in(
    module: ModuleType, names: Iterable[str], compiled: Callable[[FunctionType], Any], seen: dict[int, ModuleType]
) -> ModuleType:
    """Return a module whose helpers of these names are compiled anew; the module itself if it has none.

    Parameters
    ----------
    compiled
        Returns the compiled function, or None where it cannot be used: the name may mean another thing's attribute.
    """
    if id(module) in seen or module.__name__.split(".")[0] in LIBRARIES | {OURS}:
        return seen.get(id(module), module)
    seen[id(module)] = module
    renewed = {}
    for name in sorted(set(names) & set(vars(module))):
        value = vars(module)[name]
        if isinstance(value, ModuleType):
            new: Any = stand_in(value, names, compiled, seen)
        else:
            helper = helper_of(value)
            new = helper and compiled(helper)
        if new is not None and new is not value:
            renewed[name] = new
    if renewed:
        seen[id(module)] = ModuleType(module.__name__)
        vars(seen[id(module)]).update({**vars(module), **renewed})
    return seen[id(module)]
