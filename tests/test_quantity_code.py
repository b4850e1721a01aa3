"""A person's function made ready for the kernel: helpers compiled with it, what it must not do, its portability."""

import math
from types import ModuleType

import numba
import numpy as np
import pytest

import mcdemand.math as mm
from mcdemand.errors import InputError
from mcdemand.quantity_code import compile_quantity, is_portable


def define(source, name="f", **scope):
    exec(source, scope)
    return scope[name]


def test_helpers_closures_and_module_constants_are_compiled():
    settings = ModuleType("settings")
    settings.RATE = 3.0
    helper = define("def helper(x, power=2.0):\n    return inner(x) ** power", "helper", inner=lambda x: x + 1.0)

    def make(shift):
        def f(x, y):
            return helper(x) + shift * settings.RATE + scale(y)

        def scale(y):
            return 10.0 * y

        return f

    assert compile_quantity(make(0.5))(1.0, 2.0) == 4.0 + 1.5 + 20.0
    assert compile_quantity(make(1.5))(1.0, 2.0) == 4.0 + 4.5 + 20.0


def test_a_users_own_compiled_helper_is_used_as_it_is():
    twice = numba.njit(lambda x: 2.0 * x)
    assert compile_quantity(define("def f(x):\n    return twice(x)", twice=twice))(4.0) == 8.0


def test_the_callers_globals_are_left_alone():
    def helper(x):
        return x + 1.0

    function = define("def f(x):\n    return helper(x)", helper=helper)
    before = dict(function.__globals__)
    assert compile_quantity(function)(1.0) == 2.0
    assert function.__globals__ == before
    assert function.__globals__["helper"] is helper
    assert function(1.0) == 2.0


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (
            "def f(x):\n    return np.where(x > 1, x, 1.0)",
            "quantity f: np.where is for arrays, a quantity has one number at a time; write `a if",
        ),
        ("def f(x):\n    return where(x > 1, x, 1.0)", "quantity f: np.where is for arrays"),
        ("def f(x):\n    raise ValueError(x)", "quantity f: raises an error; return a number for every input"),
        ("def f(x):\n    assert x > 0\n    return x", "quantity f: asserts; return a number"),
        (
            "def f(x):\n    return f(x - 1.0) if x > 0 else x",
            "quantity f: calls itself; write the recursion over years as previous_",
        ),
        ("def g(x):\n    return f(x)\ndef f(x):\n    return g(x)", "calls itself"),
        ("def g(x):\n    raise ValueError(x)\ndef f(x):\n    return g(x)", "quantity f: its helper g: raises an error"),
        ("def g(x):\n    return np.where(x, x, 1.0)\ndef f(x):\n    return g(x)", "quantity f: its helper g: np.where"),
    ],
)
def test_what_would_stop_the_kernel_from_vectorising_is_refused(source, problem):
    function = define(source, np=np, where=np.where)
    with pytest.raises(InputError) as error:
        compile_quantity(function)
    assert problem in str(error.value)


def test_our_own_where_is_no_numpy_where():
    function = define(
        "def f(x):\n    return mm.where(x > 1, np.sqrt(x), 0.0) + where(x > 1, 1.0, 0.0)", np=np, mm=mm, where=mm.where
    )
    assert compile_quantity(function)(4.0) == 3.0
    assert compile_quantity(function)(1.0) == 0.0


@pytest.mark.parametrize(
    ("body", "portable"),
    [
        ("mm.exp(x) * mm.power(x, 2.0) / (1.0 + x)", True),
        ("exp(x) if x > 1.0 else -x", True),
        ("plain(x) + 1.0", True),
        ("x ** 2", False),
        ("np.exp(x)", False),
        ("math.exp(x)", False),
        ("sin(x)", False),
        ("squared(x) + 1.0", False),
    ],
)
def test_portable_functions_use_our_own_mathematics(body, portable):
    helpers = {"plain": define("def f(x):\n    return x"), "squared": define("def f(x):\n    return x ** 2.0")}
    function = define(f"def f(x):\n    return {body}", mm=mm, np=np, math=math, exp=mm.exp, sin=np.sin, **helpers)
    assert is_portable(function) is portable


def test_the_function_is_the_kernel():
    """Compiled and called from Python, a quantity gives the same bits."""

    def growth(t, rate, ceiling):
        return mm.exp(mm.log(ceiling) * -mm.expm1(-rate * t / mm.log(ceiling)))

    compiled = compile_quantity(growth)
    for t, rate, ceiling in np.random.default_rng(3).uniform(1.1, 9.0, (20, 3)):
        with np.errstate(all="ignore"):
            assert compiled(t, rate, ceiling) == growth(t, rate, ceiling)
