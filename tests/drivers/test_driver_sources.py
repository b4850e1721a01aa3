"""What a driver file may contain: only operations with the same bits on every machine, and the grammar of names."""

import ast
from inspect import Parameter, getsource, signature
from typing import get_args, get_type_hints

import pytest
from evaluate import arguments, driver_modules, shipped_functions

from mcdemand.drivers import _constants, _growth
from mcdemand.units import Unit

MODULES = (*driver_modules(), _constants, _growth)
BANNED = (
    ast.Pow, ast.Raise, ast.While, ast.For, ast.Try, ast.Lambda, ast.Import, ast.ListComp, ast.GeneratorExp, ast.Mod,
    ast.FloorDiv, ast.MatMult,
)  # fmt: skip
SOURCES = {"mcdemand.math", "mcdemand.units", "mcdemand.drivers._growth", "mcdemand.drivers._constants"}


def nodes(module) -> list[ast.AST]:
    return list(ast.walk(ast.parse(getsource(module))))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_only_portable_operations(module):
    assert [type(node).__name__ for node in nodes(module) if isinstance(node, BANNED)] == []
    assert {node.module for node in nodes(module) if isinstance(node, ast.ImportFrom)} <= SOURCES
    called = [node.func for node in nodes(module) if isinstance(node, ast.Call)]
    assert all(isinstance(function, ast.Name) for function in called)
    assert not {function.id for function in called} & {"pow", "sum", "float", "int", "round", "min", "max", "abs"}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_only_pure_numbers_are_literals_inside_a_function(module):
    functions = [node for node in nodes(module) if isinstance(node, ast.FunctionDef)]
    literals = [n.value for f in functions for n in ast.walk(f) if isinstance(n, ast.Constant)]
    assert {value for value in literals if not isinstance(value, str)} <= {0.0, 1.0, 2.0}


@pytest.mark.parametrize("name", shipped_functions())
def test_every_function_is_documented_and_annotated_with_units(name):
    function = shipped_functions()[name]
    hints = get_type_hints(function, include_extras=True)
    assert set(hints) == {*signature(function).parameters, "return"}
    assert all(isinstance(get_args(hint)[1], Unit) for hint in hints.values())
    assert (function.__doc__ or "").splitlines()[0].endswith(".")


def test_quantities_that_look_back_have_a_start():
    functions = shipped_functions()
    looks_back = {n for n, f in functions.items() if any(a.startswith("previous_") for a in arguments(f))}
    started = {name.removeprefix("initial_") for name in functions if name.startswith("initial_")}
    assert looks_back == started == {"capacity_added", "capacity", "energy_supply"}


def test_constants_are_module_constants():
    for module in driver_modules():
        constants = {value for name, value in vars(module).items() if name.isupper()}
        functions = [f for f in vars(module).values() if getattr(f, "__module__", None) == module.__name__]
        defaults = {p.default for f in functions for p in signature(f).parameters.values()} - {Parameter.empty}
        assert defaults <= constants
